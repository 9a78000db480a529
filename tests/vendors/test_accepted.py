"""The OpenAPI document says what is accepted: of every query parameter, the same texts are taken and described."""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from gateway.resolvers.errors import GatewayError
from gateway.rest.calls import Call
from gateway.rest.refusals import Refusal
from gateway.vendors import VENDORS

TEXTS = [
    *("", " ", "x", "żółw 🚀", "null", "true", "false", "yes", "a,b", "\0"),
    *("0", "1", "-1", "1.5", "100", "101", "1000", "1001", "3000", "3001", "99999999999999999999"),
    *("2021-11-01", "2021-02-30", "2021-11-01T00:00:00Z", "2021-11-01T00:00:00+02:00", "yesterday"),
    *(
        "ASC",
        "desc",
        "DOWN",
        "pending",
        "CANCELED",
        "open",
        "none",
        "force",
        "connector",
        "schemas",
        "connector,x",
    ),
    *("conn_a", "ccfg_a"),
]
IDS = {"connections": "1", "connection": "conn_1", "connector-config": "ccfg_1"}
"""Of what may have an id, by the path's first segment: one that it can have."""

# Only what an answer returned is taken, and no schema can say so.
OPAQUE = {"cursor", "after", "before"}

FORMATS = FormatChecker(["date"])


@FORMATS.checks("date-time")
def is_rfc_3339(text: object) -> bool:
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    try:
        return bool(re.fullmatch(form, str(text)) and datetime.fromisoformat(str(text)))
    except ValueError:
        return False


def meanings(text: str) -> Iterator[object]:
    """What a text of a query string may stand for."""
    yield text
    yield text.split(",")
    if re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
        yield int(text)
    if text in ("true", "false"):
        yield text == "true"


def is_described(schema: dict, text: str) -> bool:
    validator = Draft202012Validator(schema, format_checker=FORMATS)
    return any(validator.is_valid(each) for each in meanings(text))


def is_taken(endpoint, name: str, text: str) -> bool:
    query = f"{quote(name)}={quote(text)}".encode()
    path = {"id": IDS.get(endpoint.path.split("/")[1], "x"), "record_uuid": "x"}
    scope = {"type": "http", "method": "GET", "headers": [], "query_string": query, "path_params": path}
    try:
        endpoint.arguments(Call(scope))
    except (GatewayError, Refusal):
        return False
    return True


PARAMETERS = [
    (endpoint, parameter)
    for vendor in VENDORS
    for endpoint in vendor.served
    for parameter in endpoint.parameters
    if parameter.place == "query" and parameter.name not in OPAQUE
]


@pytest.mark.parametrize(
    ("endpoint", "parameter"),
    PARAMETERS,
    ids=[f"{endpoint.operation_id}-{parameter.name}" for endpoint, parameter in PARAMETERS],
)
def test_what_is_taken_of_a_parameter_is_what_is_described(endpoint, parameter) -> None:
    described = {text: is_described(dict(parameter.schema), text) for text in TEXTS}
    assert {text: is_taken(endpoint, parameter.name, text) for text in TEXTS} == described
