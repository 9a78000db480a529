"""JSON from outside: read strictly, and kept to what a store, a schema and our own answers can hold."""

import codecs
from typing import Any, Final

import orjson

from gateway.transport.errors import Defect, RequestError

MAX_NESTING: Final = 128  # orjson reads 1,024 levels and writes 254, and an answer wraps what was stored

_NUL_ESCAPE: Final = b"\\u0000"


def load_json(text: bytes, what: str) -> Any:
    """The value of a JSON text.

    Args:
        text: as it was sent.
        what: names the text in an error's message.

    Raises:
        RequestError: BAD_REQUEST; BAD_USER_INPUT for half of a surrogate pair.
    """
    try:
        # Programs on Windows write a byte order mark, which readers may pass over (RFC 8259, section 8.1).
        return orjson.loads(text.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        if "low surrogate" in error.msg or "high surrogate" in error.msg:
            message = f"{what} holds half of a surrogate pair, which is not a character."
            raise RequestError(Defect.UNREADABLE, "BAD_USER_INPUT", message) from None
        problem = _encoding_problem(text) or f"is not valid JSON: {error.msg}"
        raise RequestError(Defect.UNREADABLE, "BAD_REQUEST", f"{what} {problem}.") from None


def _encoding_problem(text: bytes) -> str | None:
    """Why a text cannot be JSON as it is sent between systems (RFC 8259, section 8.1); None if it can be."""
    # The first character of JSON is ASCII: in UTF-16 and UTF-32, beside a NUL or behind a byte order mark.
    if b"\0" in text[:4] or text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "is written in UTF-16 or UTF-32; JSON must be UTF-8"
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return f"is not UTF-8, as JSON must be: the byte 0x{text[error.start]:02x} at position {error.start}"
    return None


def is_suspicious(text: bytes) -> bool:
    """Whether the values of a JSON text need check_values(): a glance at the bytes clears nearly all."""
    return _NUL_ESCAPE in text or text.count(b"[") + text.count(b"{") > MAX_NESTING


def check_values(variables: dict[str, Any]) -> None:
    """Refuse the character NUL in names and strings, and values that nest deeper than MAX_NESTING.

    Raises:
        RequestError: BAD_USER_INPUT.
    """
    # Walked without recursion: JSON may nest deeper than Python's stack bears.
    level: list[Any] = [variables]
    for _ in range(MAX_NESTING):
        inside: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inside.extend(value)
                inside.extend(value.values())
            elif isinstance(value, list):
                inside.extend(value)
            elif isinstance(value, str) and "\0" in value:
                raise _unfit("A variable holds the character NUL, which can't be stored.")
        if not inside:
            return
        level = inside
    raise _unfit(f"The variables nest more than {MAX_NESTING} levels.")


def _unfit(message: str) -> RequestError:
    return RequestError(Defect.UNFIT, "BAD_USER_INPUT", message)
