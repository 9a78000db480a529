"""What Schemathesis has to know of the graph; it loads this module itself, in an environment without the gateway.

It generates no custom scalars, does not know `@oneOf`, and takes every error of GraphQL for a failure.
"""

from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.graphql import nodes

INVALID = "GRAPHQL_VALIDATION_FAILED"
CODES = {INVALID, "BAD_USER_INPUT", "FORBIDDEN", "OPERATION_TOO_COMPLEX"}
REFUSED = ("OneOf", "the character NUL")

schemathesis.graphql.scalar("JSON", st.sampled_from(["", "x", "***"]).map(nodes.String))
schemathesis.graphql.scalar("BigInt", st.integers(-(2**63), 2**63 - 1).map(nodes.Int))


@schemathesis.check
def graph_answers(ctx: Any, response: Any, case: Any) -> None:
    """What the schema forbids is refused, what it allows is answered: with errors of documented codes at most."""
    assert response.status_code in (200, 400), response.text
    errors = response.json().get("errors", ())
    is_wrong = case.meta is not None and case.meta.generation.mode.is_negative
    assert errors or not is_wrong, response.text
    assert {error["extensions"]["code"] for error in errors} <= CODES, response.text
    invalid = " ".join(error["message"] for error in errors if error["extensions"]["code"] == INVALID)
    assert is_wrong or not invalid or any(each in invalid for each in REFUSED), response.text
