"""What the methods of HTTP are for: GET and QUERY ask, POST changes too (RFC 9110, section 9; RFC 10008 for QUERY)."""

from typing import Final

from graphql import OperationType

from gateway.http.headers import encoded
from gateway.transport.errors import RequestError
from gateway.transport.requests import ACCEPT_QUERY

_OTHER: Final = (
    "Send GraphQL by POST, GET or QUERY; subscriptions too, as graphql-sse does with distinct connections."
)
"""A client of graphql-sse that is told `singleConnection` begins with PUT."""


def check_for_post(operation_type: OperationType) -> None:
    """Every type of operation may be posted."""


def check_for_get(operation_type: OperationType) -> None:
    """Refuse a mutation by GET.

    Raises:
        RequestError: BAD_REQUEST, with the status 405.
    """
    _check_is_safe(operation_type, "GET")


def check_for_query(operation_type: OperationType) -> None:
    """Refuse a mutation by QUERY.

    Raises:
        RequestError: BAD_REQUEST, with the status 405.
    """
    _check_is_safe(operation_type, "QUERY")


def other_method() -> RequestError:
    """What is told of any other method."""
    headers = ((b"allow", b"GET, HEAD, POST, QUERY"), *encoded(ACCEPT_QUERY))
    return RequestError(405, "BAD_REQUEST", _OTHER, headers=headers)


def _check_is_safe(operation_type: OperationType, method: str) -> None:
    if operation_type is OperationType.MUTATION:
        message = f"A {method} request can only run queries: send a mutation by POST."
        raise RequestError(405, "BAD_REQUEST", message, headers=[(b"allow", b"POST")])
