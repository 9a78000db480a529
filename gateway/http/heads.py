"""The head of a request, which callers send again and again on a connection, and what was read from it before."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from starlette.types import Scope

T = TypeVar("T")

Field = tuple[bytes, bytes]


class Head(list[Field]):
    """The fields of a request, as ASGI has them, of a head that came before on its connection.

    Args:
        found: what readers found in such heads, by the reader.
        length: as `length_in` has it.
    """

    __slots__ = ("found", "length")

    def __init__(
        self, fields: Iterable[Field], found: dict[Callable[[Scope], Any], Any], length: str = ""
    ) -> None:
        super().__init__(fields)
        self.found = found
        self.length = length


def found_in(scope: Scope, read: Callable[[Scope], T]) -> T:
    """What a reader finds in the head of a request; of a head that came before, what it found then.

    Args:
        read: looks at nothing but the method, the target, the fields except for `Content-Length`, and the ends of the
            connection; what it gives nobody changes.
    """
    head = scope["headers"]
    if head.__class__ is not Head:
        return read(scope)
    found: dict[Callable[[Scope], T], T] = head.found
    try:
        return found[read]
    except KeyError:
        value = found[read] = read(scope)
        return value


def length_in(scope: Scope) -> str:
    """What the head of a request says of its body's length; empty where it says nothing."""
    head = scope["headers"]
    if head.__class__ is Head:
        known: str = head.length
        return known
    return next((value.decode("latin-1") for name, value in head if name == b"content-length"), "")
