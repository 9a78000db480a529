"""What goes wrong before or while a request is answered, as the caller reads it."""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Final

from graphql import DocumentNode, GraphQLError, GraphQLSchema

from gateway.execution.direct import Prepared
from gateway.http.headers import RETRY_LATER, encoded
from gateway.http.statuses import status_of
from gateway.observe.failures import report
from gateway.observe.records import current
from gateway.resolvers.errors import (
    GatewayError,
    KeyInUse,
    KeyReused,
    LimitExceeded,
    Overloaded,
    Unavailable,
    public,
    reason_of,
)
from gateway.transport import argument_paths, wording
from gateway.transport.meanings import with_meaning

MASKED_MESSAGE: Final = "Internal server error"

RETRIED: Final = (503, 429)
"""Statuses of what the same request may have better a while later, which the answer says."""

_HEADERS_OF_CODE: Final[dict[str, Sequence[tuple[bytes, bytes]]]] = {
    "UNAUTHENTICATED": [(b"www-authenticate", b"Bearer")],
    Unavailable.code: encoded(RETRY_LATER),
    Overloaded.code: encoded(RETRY_LATER),
}


class Defect(Enum):
    """Why a request was never executed, in the order in which it is looked at; the profile makes a status of it."""

    UNREADABLE = "unreadable"  # the body is not JSON
    MALFORMED = "malformed"  # JSON, but no GraphQL request
    UNPARSABLE = "unparsable"  # a request, but its text is no GraphQL document
    UNFIT = "unfit"  # a document, but not one that this schema, these limits or these variables allow


class RequestError(Exception):
    """A request that is not executed; its message is public.

    Args:
        status: what is wrong with the request, or the HTTP status itself.
        code: the stable code that the answer has in `extensions`.
        message: a sentence for the caller.
        headers: that go with the answer.
        reason: for the log, why it is so.
    """

    def __init__(
        self,
        status: Defect | int,
        code: str,
        message: str,
        *,
        headers: Sequence[tuple[bytes, bytes]] = (),
        reason: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.headers = tuple(headers)
        self.errors: list[dict[str, Any]] = [{"message": message, "extensions": {"code": code}}]

    @property
    def code(self) -> str:
        """Of the first error."""
        code: str = self.errors[0]["extensions"]["code"]
        return code

    def hide_suggestions(self) -> None:
        """Remove the suggestions of similar names of the schema from the messages."""
        for error in self.errors:
            error["message"] = wording.without_suggestions(error["message"])

    @classmethod
    def of_document(
        cls,
        status: Defect,
        code: str,
        errors: Sequence[GraphQLError],
        document: DocumentNode | None = None,
        schema: GraphQLSchema | None = None,
    ) -> "RequestError":
        """The errors that graphql-core found in a document.

        Args:
            status: what is wrong with the request.
            code: that each has.
            errors: one or more.
            document: where it could be read.
            schema: that it was to fit, where that was looked at.
        """
        messages = [(error, wording.of_document(error.message)) for error in errors]
        if schema is not None:
            messages = [(error, with_meaning(message, schema)) for error, message in messages]
        places = argument_paths.of_document(document, errors) if document else [{}] * len(errors)
        return cls._of(status, code, messages, places)

    @classmethod
    def of_variables(
        cls, errors: Sequence[GraphQLError], variables: Mapping[str, Any], prepared: Prepared
    ) -> "RequestError":
        """The errors that graphql-core found in a request's variables, so that it was not executed."""
        messages = [
            (error, with_meaning(wording.of_variables(error.message, variables), prepared.core))
            for error in errors
        ]
        places = argument_paths.of_variables(prepared.document, errors)
        return cls._of(Defect.UNFIT, "BAD_USER_INPUT", messages, places)

    @classmethod
    def _of(
        cls,
        status: Defect,
        code: str,
        messages: Sequence[tuple[GraphQLError, str]],
        places: Sequence[Mapping[str, Any]],
    ) -> "RequestError":
        failure = cls(status, code, messages[0][1])
        failure.errors = [
            _formatted(error, message, {"code": code, **place})
            for (error, message), place in zip(messages, places, strict=True)
        ]
        return failure


def refusal(error: Exception) -> RequestError:
    """What a caller is told whom authentication turned away, or whose request ran into a fault of ours."""
    error = public(error)
    if not isinstance(error, GatewayError):
        failure = RequestError(500, "INTERNAL_SERVER_ERROR", MASKED_MESSAGE)
        failure.errors[0]["extensions"]["errorId"] = report("request", error)
        return failure
    headers = _HEADERS_OF_CODE.get(error.code, [])
    status = Defect.UNFIT if isinstance(error, LimitExceeded) else status_of(error.code)
    answer = RequestError(
        status,
        error.code,
        str(error),
        headers=headers,
        reason=reason_of(error),
    )
    answer.errors[0]["extensions"] = error.extensions
    return answer


def code_of(error: BaseException) -> str:
    """The code of what ends an operation; of what is none of our errors, a cancellation say, its type."""
    told = public(error) if isinstance(error, Exception) else error
    return told.code if isinstance(told, GatewayError) else type(error).__qualname__


def format_field_errors(errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
    """Errors of an execution; faults of ours are masked, and told once however many places they hit."""
    reported: dict[int, str] = {}
    record = current()
    formatted = []
    for error in errors:
        cause = _root_cause(error)
        if isinstance(cause, GatewayError):
            formatted.append(_formatted(error, str(cause), cause.extensions))
            record.refused(cause.code, reason_of(cause))
        elif isinstance(cause, GraphQLError) and cause.message.startswith("Argument "):
            # Of all that graphql-core itself finds wrong during an execution (results that it can't
            # serialize, types that it can't resolve), arguments alone are the caller's doing.
            message = wording.of_document(cause.message)
            extensions = {"code": "BAD_USER_INPUT", **argument_paths.of_message(cause.message)}
            formatted.append(_formatted(error, message, extensions))
            record.refused("BAD_USER_INPUT")
        else:
            if (error_id := reported.get(id(cause))) is None:
                place = ".".join(str(key) for key in error.path or ())
                error_id = reported[id(cause)] = report(place, cause)
            extensions = {"code": "INTERNAL_SERVER_ERROR", "errorId": error_id}
            formatted.append(_formatted(error, MASKED_MESSAGE, extensions))
    return formatted


_TELLING: Final = (Unavailable.code, Overloaded.code, KeyInUse.code, KeyReused.code)


def telling_status(payload: Mapping[str, Any]) -> int | None:
    """The HTTP status of a response without data, if it tells the caller what to do; otherwise None.

    503: the store was unavailable; 429: the caller's own requests take all that is theirs; 409: a request with the same
    idempotency key is under way; these are worth asking again. 422: the key came with something else before. A field
    beside those that failed is something to show; the errors then say which of the others to ask for again.
    """
    codes = {error["extensions"]["code"] for error in payload.get("errors", ())}
    code = next((each for each in _TELLING if each in codes), None)
    if code is None:
        return None
    data = payload.get("data")
    return status_of(code) if data is None or all(value is None for value in data.values()) else None


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
