"""Requests whose head came before on their connection: it need not be parsed again."""

from typing import Any, Final

from gateway.http.heads import Field, Head

_LONGEST_HEAD: Final = 8 * 1024  # bytes, since every connection keeps one
_LENGTH: Final = b"content-length"
_LENGTH_LINE: Final = b"\r\ncontent-length: "
_FRAMED_OTHERWISE: Final = frozenset({b"transfer-encoding", b"upgrade", b"expect"})
_DIGITS: Final = 8  # of a length, at most


class KnownHead:
    """A request that came whole, in a packet of its own, and how it was read.

    A packet with the same head, but for the length, and as many bytes behind it as its own length says, is a request
    that is read alike, whole again, with nothing behind it (RFC 9112, section 6.3).

    Args:
        before: the head up to the digits of its length; all of it where it has none.
        after: the rest of it; empty where it has no length.
        scope: ASGI's, without the state and the fields.
        fields: those before and behind the length.
    """

    __slots__ = ("_after", "_before", "_fields", "_found", "_latest", "_length", "_scope")

    def __init__(self, before: bytes, after: bytes, scope: dict[str, Any], *fields: list[Field]) -> None:
        self._before = before
        self._after = after
        self._scope = scope
        self._fields = fields
        self._found: dict[Any, Any] = {}
        self._length = b""
        self._latest = Head(fields[0], self._found)  # that with the length which came last

    def read(self, data: bytes) -> tuple[dict[str, Any], bytes] | None:
        """The scope and the body of the request that a packet is; None where it is not such a one.

        Args:
            data: bytes with which a request begins, if any does.
        """
        if not data.startswith(self._before):
            return None
        start = len(self._before)
        if not self._after:
            return ({**self._scope, "headers": self._latest}, b"") if len(data) == start else None
        end = data.find(b"\r", start, start + _DIGITS)
        length, body = data[start:end], end + len(self._after)
        if end < 0 or not data.startswith(self._after, end) or length != b"%d" % (len(data) - body):
            return None
        if length != self._length:
            before, behind = self._fields
            self._length = length
            self._latest = Head([*before, (_LENGTH, length), *behind], self._found, length.decode())
        return {**self._scope, "headers": self._latest}, data[body:]


def known_head_of(data: bytes, scope: Any, body_size: int) -> KnownHead | None:
    """How a packet was read; None where it is not one request alone, or has what is looked at each time.

    Args:
        data: the packet, with which a request begins that has come whole.
        scope: of that request.
        body_size: bytes of its body.
    """
    end = data.find(b"\r\n\r\n") + 4
    head, fields = data[:end], scope["headers"]
    if end > _LONGEST_HEAD or len(data) - end != body_size or head.count(b"\n") != head.count(b"\r\n"):
        return None
    names = [name for name, _ in fields]
    if head.startswith(b"\r") or not _FRAMED_OTHERWISE.isdisjoint(names):
        return None
    known = {name: value for name, value in scope.items() if name not in ("state", "headers")}
    if _LENGTH not in names:
        return None if body_size else KnownHead(head, b"", known, fields)
    at, digits = names.index(_LENGTH), b"%d" % body_size
    line = head.lower().find(_LENGTH_LINE)
    start = line + len(_LENGTH_LINE)
    if line < 0 or names.count(_LENGTH) > 1 or not head.startswith(digits + b"\r", start):
        return None
    behind = start + len(digits)
    return KnownHead(head[:start], head[behind:], known, fields[:at], fields[at + 1 :])
