"""Exact JSON: numbers keep their text, members keep their order, and duplicate names are refused.

RFC 8259. Strings are compared and written by value: characters outside ASCII unescaped, lone surrogates escaped.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn

import orjson

MAX_DEPTH = 200  # orjson writes 254 levels; some are the envelope's

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class Number:
    """A number with its original text: 1.10 and 1e400 have no exact float."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Number({self.text!r})"


class NotWritable(ValueError):
    """A value that cannot be written as JSON: nested too deeply, or with a name that has a lone surrogate."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        count = Counter(name for name, _ in pairs)
        raise repeated(next(name for name in members if count[name] > 1))
    return members


class Ambiguous(ValueError):
    """Text that only some parsers accept as JSON: a duplicate name in an object (RFC 8259, section 4), or NaN."""


def repeated(name: str) -> Ambiguous:
    return Ambiguous(f"The member {name!r} comes twice.")


def _refuse(constant: str) -> NoReturn:
    raise Ambiguous(f"{constant} is not JSON.")


_decoder = json.JSONDecoder(
    object_pairs_hook=_members, parse_float=Number, parse_int=Number, parse_constant=_refuse
)

scan: Callable[[str, int], tuple[Any, int]] = _decoder.raw_decode
"""``(text, start) -> (value, end)``; raises JSONDecodeError, Ambiguous, RecursionError."""

skip_space = re.compile(r"[ \t\n\r]*").match
"""``(text, start)`` -> the match of the white space there, which can be empty."""


def parse(text: str) -> Any:
    """The value of a text that has exactly one JSON value.

    Raises:
        JSONDecodeError: the text is not JSON.
        Ambiguous: an object in it has a duplicate name.
        RecursionError: it is nested too deeply.
    """
    return _decoder.decode(text)


def dumps(value: Any) -> str:
    """Compact JSON text; numbers keep their text.

    Raises:
        NotWritable: the value is nested too deeply, or a member's name has a lone surrogate.
    """
    try:
        return orjson.dumps(value, default=_default).decode()
    except TypeError:
        pass
    try:
        return orjson.dumps(_escaped(value, MAX_DEPTH), default=_default).decode()
    except TypeError:
        raise NotWritable("A member's name holds half a surrogate pair, which no store takes.") from None


def _default(value: Any) -> orjson.Fragment:
    if isinstance(value, Number):
        return orjson.Fragment(value.text)
    raise TypeError(f"{type(value).__qualname__} is not JSON")


def _escaped(value: Any, depth: int) -> Any:
    """The value with lone surrogates in texts escaped, because orjson refuses to write them."""
    if depth == 0:
        raise NotWritable(f"It is nested more than {MAX_DEPTH} levels deep.")
    if isinstance(value, dict):
        return {name: _escaped(member, depth - 1) for name, member in value.items()}
    if isinstance(value, list):
        return [_escaped(each, depth - 1) for each in value]
    if isinstance(value, str) and _LONE_SURROGATE.search(value):
        text = json.dumps(value, ensure_ascii=False)
        return orjson.Fragment(_LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
    return value
