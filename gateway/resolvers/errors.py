"""Everything that can be wrong with a request, each with its stable code.

GatewayError
├── Unauthenticated   UNAUTHENTICATED   no credential, or one that is unknown, expired or revoked
│   └── WrongCredentials  a user name and a password that are nobody's
├── Forbidden         FORBIDDEN         the credential is good, its scopes do not reach this far
├── NotFound          NOT_FOUND         absent, or another organization's: the caller cannot tell which
├── Invalid           BAD_USER_INPUT    an argument that no state of the store could satisfy
│   └── LimitExceeded the limit's own   more is asked for, taken or held than is allowed
│       └── TooManyAttempts TOO_MANY_REQUESTS  too many attempts to log in have failed
├── FileTooLarge      BODY_TOO_LARGE    more bytes are sent than a file may have
├── Conflict          CONFLICT          the state of the store forbids it
├── KeyInUse          IDEMPOTENCY_KEY_IN_USE  another request with the same idempotency key is under way
├── KeyReused         IDEMPOTENCY_KEY_REUSED  an idempotency key came with something else before
├── PreconditionFailed  PRECONDITION_FAILED  the object is not as the request's `If-Match` says
├── CursorTooOld      CURSOR_TOO_OLD    events behind a cursor are gone, or it belongs to another history of the store
├── PersonRequired    PERSON_REQUIRED   the credential speaks for nobody, and the change has to be somebody's
├── Rejected          its first one's   a change that has problems, all of which it says
├── ShownOnce         SHOWN_ONCE        what is asked for is kept nowhere, and was shown when it was made
├── Overloaded        TOO_MANY_REQUESTS  the caller's own share is taken; the same request may succeed later
└── Unavailable       SERVICE_UNAVAILABLE  the store does not answer or is busy; the same request may succeed later
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from gateway.db.failures import Busy, Refused, Rule, TooSlow, Unreachable
from gateway.db.filters import BadText
from gateway.limits import Limit
from gateway.storage.objects import StorageFailure

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Controls, ends of lines, and bytes of an argument that are no UTF-8, which come as lone surrogates."""


def printable(text: str) -> str:
    """What somebody wrote, as one line of a message may quote it."""
    return UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


class GatewayError(Exception):
    """What the caller is told; its message is public.

    graphql-core copies ``extensions`` of an original error into the response's error.

    Attributes:
        argument_path: the argument that is wrong, and the members and indexes that lead to the place in it; empty where
            no argument is.
    """

    code: str
    argument_path: tuple[str | int, ...] = ()

    @property
    def extensions(self) -> dict[str, Any]:
        return {
            "code": self.code,
            **({"argumentPath": list(self.argument_path)} if self.argument_path else {}),
        }

    def at(self, *path: str | int) -> Self:
        """The error itself, about a place further inside than was known."""
        self.argument_path = (*path, *self.argument_path)
        return self


class Unauthenticated(GatewayError):
    code = "UNAUTHENTICATED"


class WrongCredentials(Unauthenticated):
    """A user name and a password that are nobody's; which of them is wrong is not told."""


class Forbidden(GatewayError):
    code = "FORBIDDEN"


class NotFound(GatewayError):
    code = "NOT_FOUND"


class Invalid(GatewayError):
    code = "BAD_USER_INPUT"


class LimitExceeded(Invalid):
    """More is asked for, taken or held than a limit allows.

    Args:
        limit: that refuses it.
        price: what was counted.
    """

    def __init__(self, limit: Limit, price: float) -> None:
        super().__init__(limit.refusal(price))
        self._extensions = limit.extensions(price)
        self.code = limit.code

    @property
    def extensions(self) -> dict[str, Any]:
        return self._extensions


class TooManyAttempts(LimitExceeded):
    """Too many attempts to log in have failed.

    Attributes:
        seconds: after which another one is let through.
    """

    def __init__(self, limit: Limit, price: float, seconds: int) -> None:
        super().__init__(limit, price)
        self.seconds = seconds


class FileTooLarge(GatewayError):
    """More bytes are sent than a file may have.

    Args:
        limit: that refuses it.
        size: how many came, or were announced.
        is_all: whether there are no more of them.
    """

    code = "BODY_TOO_LARGE"

    def __init__(self, limit: Limit, size: int, *, is_all: bool = True) -> None:
        super().__init__(limit.refusal(size, is_all=is_all))
        self._extensions = limit.extensions(size)

    @property
    def extensions(self) -> dict[str, Any]:
        return self._extensions


class Conflict(GatewayError):
    code = "CONFLICT"


class KeyInUse(GatewayError):
    code = "IDEMPOTENCY_KEY_IN_USE"

    def __init__(self) -> None:
        super().__init__("A request with this idempotency key is still under way. Try again later.")


class KeyReused(GatewayError):
    code = "IDEMPOTENCY_KEY_REUSED"

    def __init__(self) -> None:
        super().__init__(
            "This idempotency key came with another request before. Another request needs another key."
        )


class PreconditionFailed(GatewayError):
    code = "PRECONDITION_FAILED"

    def __init__(self) -> None:
        super().__init__("The object is not as If-Match says. Read it again.")


class CursorTooOld(GatewayError):
    code = "CURSOR_TOO_OLD"


class ShownOnce(GatewayError):
    code = "SHOWN_ONCE"


class PersonRequired(GatewayError):
    code = "PERSON_REQUIRED"


class ErrorCode(StrEnum):
    """What can be wrong with a change that the caller may make as such; each is the code of an error above."""

    BAD_USER_INPUT = Invalid.code
    NOT_FOUND = NotFound.code
    FORBIDDEN = Forbidden.code
    CONFLICT = Conflict.code
    PERSON_REQUIRED = PersonRequired.code


@dataclass(frozen=True, slots=True)
class ChangeProblem:
    """One thing that is wrong with a change.

    Attributes:
        code: what sort of thing.
        message: a sentence for the caller.
        path: the members and indexes that lead to it in the rule's input, by their Python names; empty where it is the
            whole. A door writes them as its callers do.
    """

    code: ErrorCode
    message: str
    path: tuple[str, ...] = ()


class Rejected(GatewayError):
    """A change that has problems, of which nothing was written.

    Attributes:
        problems: one or more.
        object_id: of the object as it is now, where the caller has to see it: somebody else has changed it.
    """

    def __init__(self, problems: Sequence[ChangeProblem], object_id: str | None = None) -> None:
        super().__init__(" ".join(each.message for each in problems))
        self.problems = tuple(problems)
        self.object_id = object_id
        self.code = problems[0].code.value


class Unavailable(GatewayError):
    """The store does not answer, or is busy; the same request may succeed later.

    Attributes:
        reason: for the operator, without secrets; None where the message says it all.
    """

    code = "SERVICE_UNAVAILABLE"

    def __init__(self, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason


class Overloaded(GatewayError):
    """Others of the caller's organization, token or address are served at the moment, and as many wait as may.

    The same request may succeed later.

    Args:
        limit: that refuses it.
        price: what was counted.
    """

    code = "TOO_MANY_REQUESTS"

    def __init__(self, limit: Limit, price: float) -> None:
        super().__init__(f"{limit.refusal(price)} Try again later.")
        self._extensions = limit.extensions(price)

    @property
    def extensions(self) -> dict[str, Any]:
        return self._extensions


RETRIED: Final = (Unavailable, Overloaded)
"""What the same request may have better a while later."""


def reason_of(error: GatewayError) -> str | None:
    """What the operator is told of a refusal, beside its code."""
    return error.reason if isinstance(error, Unavailable) else None


UNAVAILABLE: Final[dict[type[Exception], str]] = {
    StorageFailure: "The storage of files is unavailable or full. Try again later.",
    Unreachable: "The store cannot be reached. Try again later.",
    TooSlow: "The store did not answer in time. Try again later.",
    Busy: "The store is busy with other writes. Try again later.",
    TimeoutError: "The store did not answer in time. Try again later.",
}


def public(error: Exception) -> Exception:
    """What to tell the caller of a failure of the store, or of what it cannot hold; any other error is itself."""
    for kind, message in UNAVAILABLE.items():
        if isinstance(error, kind):
            return Unavailable(message, str(error))
    if isinstance(error, BadText):
        return Invalid(str(error))
    if isinstance(error, Refused) and error.rule is Rule.NOT_NULL and error.column is not None:
        return Invalid(f"{error.column} must not be null.")
    if isinstance(error, Refused):
        return Conflict(f"The store refuses this: it breaks a {error.rule} rule.")
    return error
