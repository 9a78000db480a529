"""What goes wrong before or while a request is answered, as the caller reads it."""

import logging
import traceback
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, Final

from graphql import GraphQLError

from gateway.resolvers.errors import GatewayError, public

logger = logging.getLogger(__name__)

MASKED_MESSAGE: Final = "Internal server error"

_STATUS_OF_CODE: Final = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "NOT_FOUND": 404,
    "CONFLICT": 409,
    "SERVICE_UNAVAILABLE": 503,
}
_HEADERS_OF_CODE: Final = {
    "UNAUTHENTICATED": [(b"www-authenticate", b"Bearer")],
    "SERVICE_UNAVAILABLE": [(b"retry-after", b"1")],
}


class Failure(Enum):
    """How far a request came that was never executed; the profile makes a status of it."""

    UNREADABLE = "unreadable"  # the body is no JSON
    MALFORMED = "malformed"  # JSON, but no GraphQL request
    UNPARSABLE = "unparsable"  # a request, but its text is no GraphQL document
    UNFIT = "unfit"  # a document, but not one that this schema, these limits or these variables allow


class RequestError(Exception):
    """A request that is not executed; its message is public.

    ``status`` is a Failure, or the HTTP status itself; ``headers`` go with the answer.
    """

    def __init__(
        self,
        status: Failure | int,
        code: str,
        message: str,
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = tuple(headers)
        self.errors: list[dict[str, Any]] = [{"message": message, "extensions": {"code": code}}]

    @classmethod
    def of_document(cls, status: Failure, code: str, errors: Sequence[GraphQLError]) -> "RequestError":
        """The errors that graphql-core found in a document or in its variables."""
        failure = cls(status, code, errors[0].message)
        failure.errors = [_formatted(error, error.message, {"code": code}) for error in errors]
        return failure


def refusal(error: Exception) -> RequestError:
    """What a caller is told whom authentication turned away, or whose request ran into a fault of ours."""
    error = public(error)
    if not isinstance(error, GatewayError):
        _log("request", error)
        return RequestError(500, "INTERNAL_SERVER_ERROR", MASKED_MESSAGE)
    headers = _HEADERS_OF_CODE.get(error.code, [])
    answer = RequestError(_STATUS_OF_CODE.get(error.code, 400), error.code, str(error), headers=headers)
    answer.errors[0]["extensions"] = error.extensions
    return answer


def format_field_errors(errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
    """Errors of an execution, faults of ours masked and each logged once, however many places it hit."""
    logged: set[int] = set()
    formatted = []
    for error in errors:
        cause = _root_cause(error)
        if isinstance(cause, GatewayError):
            formatted.append(_formatted(error, str(cause), cause.extensions))
        elif isinstance(cause, GraphQLError) and cause.message.startswith("Argument "):
            # Of all that graphql-core itself finds wrong during an execution (results that it can't
            # serialize, types that it can't resolve), arguments alone are the caller's doing.
            formatted.append(_formatted(error, cause.message, {"code": "BAD_USER_INPUT"}))
        else:
            if id(cause) not in logged:
                logged.add(id(cause))
                _log(".".join(str(key) for key in error.path or ()), cause)
            formatted.append(_formatted(error, MASKED_MESSAGE, {"code": "INTERNAL_SERVER_ERROR"}))
    return formatted


def _root_cause(error: GraphQLError) -> Exception:
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return public(cause)


def _formatted(error: GraphQLError, message: str, extensions: dict[str, Any]) -> dict[str, Any]:
    formatted: dict[str, Any] = {"message": message}
    if error.locations:
        formatted["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        formatted["path"] = error.path
    return {**formatted, "extensions": extensions}


def _log(place: str, error: BaseException) -> None:
    # Messages of drivers and of validators quote the values they met: types and frames alone are safe.
    logger.error("%s failed with %s\n%s", place, type(error).__qualname__, _stack(error))


def _stack(error: BaseException | None) -> str:
    parts: list[str] = []
    while error is not None and len(parts) < 10:
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        parts.append("".join(traceback.format_tb(error.__traceback__)) + name)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\ncaused by\n".join(parts)
