"""Media types, as `Content-Type` has one and `Accept` several (RFC 9110, sections 8.3.1 and 12.5.1)."""

import re
from typing import Final, NamedTuple

from gateway.caches import Cache

JSON: Final = "application/json"

# Anybody may send these fields: every repetition is possessive, so that what does not match is left at once.
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_TYPE = re.compile(rf"\s*+({_TOKEN})/({_TOKEN})\s*+")
# A parameter may be left out between its semicolons (RFC 9110, section 5.6.6).
_PARAMETER = re.compile(rf';\s*+(?:({_TOKEN})\s*+=\s*+("(?:[^"\\]|\\.)*+"|[^\s;,"]*+)\s*+)?')
# A string that nothing closes has all the rest: where it ended would be a guess, made anew at each of its quotes.
_ELEMENT = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*+(?:"|\\?\Z))++', re.DOTALL)
_UTF8_NAMES = frozenset({"utf-8", "utf8"})


class MediaType(NamedTuple):
    """One media type, or media range.

    Attributes:
        type: ``type/subtype`` in lower case.
        parameters: by name in lower case; None where they cannot be read, or one comes twice.
        is_utf8: whether nothing, or UTF-8, is said of the character encoding.
    """

    type: str
    parameters: dict[str, str] | None
    is_utf8: bool


_PARAMETER_BYTES: Final = 250  # of a short name and value in a dict
_remembered: Final[Cache[str, MediaType]] = Cache(entries=256, size=64 * 1024)


def parse_media_type(text: str) -> MediaType | None:
    """The media type of a field's value, or of one element of it; None if there is no ``type/subtype``."""
    found = _remembered.get(text)
    if found is None:
        head = _TYPE.match(text)
        if head is None:
            return None
        parameters = _parameters(text, head.end())
        is_utf8 = parameters is not None and parameters.get("charset", "utf-8").lower() in _UTF8_NAMES
        found = MediaType(f"{head[1]}/{head[2]}".lower(), parameters, is_utf8)
        _remembered.put(text, found, 200 + 2 * len(text) + _PARAMETER_BYTES * len(parameters or ()))
    return found


def elements(field: str) -> list[str]:
    """The elements of a field that has a list of media types."""
    return _ELEMENT.findall(field)


def _parameters(text: str, position: int) -> dict[str, str] | None:
    parameters: dict[str, str] = {}
    while position < len(text):
        found = _PARAMETER.match(text, position)
        if found is None:
            return None
        position = found.end()
        if found[1] is None:
            continue
        name, value = found[1].lower(), found[2]
        if name in parameters:
            return None
        parameters[name] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
    return parameters
