"""Messages sent to PostgreSQL ahead of asyncpg's own, so that they cost no round trip of their own.

The server answers messages in order, and what fails takes all behind it with it, up to the next Sync. asyncpg sends one
statement with a Sync, and knows nothing of what goes ahead: that is kept out of the answers that it is given.

https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

_HEAD: Final = 5  # bytes: a message's kind, and its length with that of the length
_NULL: Final = (-1).to_bytes(4, signed=True)
_COMPLETE, _ERROR, _READY = b"CEZ"
_SILENT: Final = b"12C"  # that a statement was parsed, was bound, is complete
_ASIDE: Final = b"ANS"  # notifications, notices and the session's settings, which come at any time


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4) + body


_EXECUTE: Final = _message(b"E", bytes(5))  # of the unnamed portal, all rows
_OF_TEXTS: Final = bytes(2)  # no formats are named: texts

SYNC: Final = _message(b"S", b"")
BEGIN: Final = _message(b"P", b"\0BEGIN\0" + bytes(2)) + _message(b"B", bytes(2) + bytes(6)) + _EXECUTE


def execution(name: str, arguments: Sequence[Any]) -> bytes | None:
    """The messages that run a prepared statement which returns no rows; None where an argument is none of a few kinds.

    Args:
        name: of the prepared statement.
        arguments: texts, numbers, truth values, instants, and None for null.
    """
    parts = [b"\0", name.encode(), b"\0", _OF_TEXTS, len(arguments).to_bytes(2)]
    for each in arguments:
        if each is None:
            parts.append(_NULL)
            continue
        if isinstance(each, str):
            text = each.encode()
        elif isinstance(each, datetime):
            text = each.isoformat().encode()
        elif isinstance(each, int):
            text = str(int(each)).encode()
        else:
            return None
        parts += (len(text).to_bytes(4), text)
    parts.append(_OF_TEXTS)
    return _message(b"B", b"".join(parts)) + _EXECUTE


class OtherAnswers:
    """Takes out of what a server sends the answers to what went ahead of asyncpg's message.

    Args:
        ahead: how many statements.

    Attributes:
        is_over: whether nothing more is to be taken out.
        has_failed: whether any of them has failed.
    """

    __slots__ = ("_ahead", "_is_all", "_rest", "has_failed", "is_over")

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead
        self._is_all = False
        self._rest = b""
        self.is_over = False
        self.has_failed = False

    def expect_no_more(self) -> None:
        """Nothing of asyncpg's follows what went ahead but a Sync, whose answer is taken out, too."""
        self._is_all = True

    def kept(self, data: bytes) -> bytes:
        """What is left of some bytes as they come."""
        if self._rest:
            data = self._rest + data
        left, at, end = [], 0, len(data)
        while not self.is_over and end - at >= _HEAD:
            size = 1 + int.from_bytes(data[at + 1 : at + _HEAD])
            if end - at < size:
                break
            if self._is_kept(data[at]):
                left.append(data[at : at + size])
            at += size
        if self.is_over:
            left.append(data[at:])
            self._rest = b""
        else:
            self._rest = data[at:]
        return b"".join(left)

    def _is_kept(self, kind: int) -> bool:
        if self._is_all:
            self.is_over = kind == _READY
            return kind in _ASIDE
        if kind == _ERROR:  # the answer to all, asyncpg's statement included
            self.has_failed = self.is_over = True
        elif kind in _SILENT:
            self._ahead -= kind == _COMPLETE
            self.is_over = self._ahead == 0
            return False
        return True
