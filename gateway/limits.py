"""Limits: what callers may ask for, take and hold, each declared once, as a number that the operator may change.

Settings, the table in docs/settings.md, the refusal and what the observer is told derive from the declaration.
"""

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from math import inf
from typing import Any, Final


class Mode(StrEnum):
    """What happens to a request that goes beyond a limit."""

    OFF = "off"
    """Nothing: it is not even looked at."""
    OBSERVE = "observe"
    """It is counted and logged, and goes on."""
    ENFORCE = "enforce"
    """It is counted, logged and refused."""


class LimitError(ValueError):
    """A limit's setting that cannot be read; the message says what is wanted instead."""


WANTED: Final = "a number above 0, off, observe, or observe:NUMBER"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Attributes:
        number: the most that is let through.
        counts: what is counted, as the table in docs/settings.md has it.
        says: the refusal's words, ``{}`` for what was counted.
        code: of the refusal (`extensions.code`).
        mode: what happens beyond it.
        name: the attribute of `Limits`, and in capitals a part of the variable's name.
        cap: what a price is compared with: the number, or infinity where the limit is off.
    """

    number: float
    counts: str
    says: str
    code: str
    mode: Mode = Mode.ENFORCE
    name: str = ""
    cap: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cap", inf if self.mode is Mode.OFF else self.number)

    @property
    def enforced(self) -> float:
        """The most that is let through; infinity where the limit is off or observed alone."""
        return self.number if self.mode is Mode.ENFORCE else inf

    def refusal(self, price: float, *, is_all: bool = True) -> str:
        """The sentence that refuses what was counted.

        Args:
            is_all: whether all of it was, and not only as much as was needed to refuse it.
        """
        counted = f"{price:.12g}" if is_all else f"at least {price:.12g}"
        return f"{self.says.format(counted)}, {self.number:.12g} are allowed."

    def extensions(self, price: float) -> dict[str, Any]:
        """The refusal's `extensions`, for programs."""
        return {"code": self.code, "limit": self.name, "price": price, "cap": self.number}

    def read(self, text: str) -> "Limit":
        """The limit as an operator writes it: ``off``, ``observe``, a number, or ``MODE:NUMBER``.

        Raises:
            LimitError: the text is none of these.
        """
        mode, colon, number = text.strip().lower().partition(":")
        if not colon and mode not in list(Mode):
            mode, colon, number = Mode.ENFORCE, ":", mode
        try:
            decided = replace(self, mode=Mode(mode), number=_number(number) if colon else self.number)
        except ValueError:
            raise LimitError(f"must be {WANTED}, not {text!r}.") from None
        return decided


def _number(text: str) -> float:
    number = float(text) if "." in text else int(text)
    if not 0 < number < inf:
        raise ValueError(text)
    return number


_UNFIT: Final = "BAD_USER_INPUT"
_COMPLEX: Final = "OPERATION_TOO_COMPLEX"
_BUSY: Final = "SERVICE_UNAVAILABLE"
_MANY: Final = "TOO_MANY_REQUESTS"


@dataclass(frozen=True)
class Limits:
    """Every limit. Each attribute is the variable GATEWAY_LIMIT_<NAME IN CAPITALS>.

    Our own documents, the trusted ones, are exempt from what concerns documents.
    """

    body: Limit = Limit(1 << 20, "bytes of a request's body", "The body has {} bytes", "BAD_REQUEST")
    batch: Limit = Limit(10, "operations in one request", "The batch has {} operations", "BAD_REQUEST")
    characters: Limit = Limit(
        200_000, "characters of a document", "The document has {} characters", "OPERATION_TOO_LARGE"
    )
    tokens: Limit = Limit(5_000, "tokens of a document", "The document has {} tokens", "OPERATION_TOO_LARGE")
    depth: Limit = Limit(
        20,
        "levels of nested fields, not counting introspection",
        "The document nests {} fields",
        "OPERATION_TOO_DEEP",
    )
    fields: Limit = Limit(
        1_000,
        "fields of a document, counting each spread of a fragment",
        "The document selects {} fields",
        _COMPLEX,
    )
    complexity: Limit = Limit(
        1_000_000,
        "objects and values that an operation may return, computed from its page sizes",
        "The operation may return {} objects and values",
        _COMPLEX,
    )
    variable_values: Limit = Limit(
        100_000, "values in an operation's variables", "The variables hold at least {} values", _UNFIT
    )
    variable_objects: Limit = Limit(
        6_000, "objects among these values", "The variables hold at least {} objects", _UNFIT
    )
    variable_items: Limit = Limit(
        5_000, "items of each list among them", "A list in the variables has {} items", _UNFIT
    )
    variable_depth: Limit = Limit(
        200,
        "levels of nested lists and objects in the variables",
        "The variables nest at least {} lists and objects inside each other",
        _UNFIT,
    )
    rows: Limit = Limit(
        60_000,
        "rows that an operation or a legacy call may read",
        "The answer takes at least {} rows",
        _COMPLEX,
    )
    read_bytes: Limit = Limit(
        32_000_000,
        "bytes that it may read from the store",
        "The answer takes at least {} bytes of the store",
        _COMPLEX,
    )
    bytes: Limit = Limit(24_000_000, "bytes of an answer", "The answer has at least {} bytes", _COMPLEX)
    organization_requests: Limit = Limit(
        6,
        "requests of an organization that are served at once",
        "The organization has {} requests under way",
        _MANY,
    )
    token_requests: Limit = Limit(
        5, "requests of a token that are served at once", "The token has {} requests under way", _MANY
    )
    address_requests: Limit = Limit(
        50, "requests of an address that are served at once", "The address has {} requests under way", _MANY
    )
    dear_operations: Limit = Limit(
        1,
        "expensive operations of an organization that are served at once",
        "The organization has {} dear operations under way",
        _MANY,
    )
    waiting: Limit = Limit(
        500,
        "requests of an organization that wait to be served",
        "{} requests of the organization wait",
        _MANY,
    )
    waiting_seconds: Limit = Limit(
        5, "seconds that a request may wait to be served", "The request has waited for {} seconds", _MANY
    )
    seconds: Limit = Limit(
        15,
        "seconds that an operation or a legacy call may take, not counting the transfer of its body",
        "The answer took {} seconds",
        _BUSY,
    )
    transfer_seconds: Limit = Limit(
        30,
        "seconds without a byte of a body or of an answer; also the time over which 1 kB a second must pass",
        "Nothing came for {} seconds",
        "BAD_REQUEST",
    )
    login_attempts: Limit = Limit(
        10,
        "failed logins with one user name within 15 minutes",
        "There are {} attempts to log in by this name",
        _MANY,
    )
    address_logins: Limit = Limit(
        100,
        "failed logins from one address within 15 minutes",
        "There are {} attempts to log in from this address",
        _MANY,
    )
    file_bytes: Limit = Limit(100 << 20, "bytes of a file", "The file has {} bytes", "BODY_TOO_LARGE")
    files: Limit = Limit(10, "files in one request", "The request has {} files", "BAD_REQUEST")
    file_transfers: Limit = Limit(
        8,
        "files of an organization that are sent or fetched at once",
        "The organization has {} transfers of files under way",
        _MANY,
    )
    connections: Limit = Limit(
        1_000,
        "connections of a process; beyond it idle ones are closed, and new ones get 503 if all are busy",
        "There are {} connections",
        _BUSY,
    )
    address_connections: Limit = Limit(
        200,
        "connections of one address that is no trusted proxy; beyond it the same, with 429",
        "There are {} connections of the address",
        _MANY,
    )
    organization_subscriptions: Limit = Limit(
        2_000,
        "subscriptions of an organization that a process serves",
        "The organization has {} subscriptions",
        _MANY,
    )
    socket_operations: Limit = Limit(
        100, "running operations on one WebSocket", "The socket has {} operations under way", _MANY
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            limit: Limit = getattr(self, each.name)
            object.__setattr__(self, each.name, replace(limit, name=each.name))

    @classmethod
    def variables(cls) -> dict[str, str]:
        """The names of the variables, and of the attributes that they set."""
        return {f"GATEWAY_LIMIT_{each.name.upper()}": each.name for each in fields(cls)}

    def decided(self, **limits: str | float) -> "Limits":
        """These limits, with some replaced by what an operator writes.

        Raises:
            LimitError: one cannot be read.
        """
        return replace(self, **{name: getattr(self, name).read(str(text)) for name, text in limits.items()})
