"""Media types: which one a request is written in, and which one its answer may have."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

RESPONSE_JSON: Final = "application/graphql-response+json"
JSON: Final = "application/json"

_PARAMETER = re.compile(r';\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*)\s*')
_TYPE = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)/([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*")
_QUALITY = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_UTF8_NAMES = frozenset({"utf-8", "utf8"})


class MediaRange(NamedTuple):
    """One element of an Accept field, or a Content-Type; the type is in lower case, parameter names too."""

    type: str
    parameters: tuple[tuple[str, str], ...]

    @property
    def quality(self) -> float:
        """The weight ``q`` (RFC 9110, 12.4.2), 1 when absent."""
        return float(dict(self.parameters).get("q", "1"))

    @property
    def is_utf8(self) -> bool:
        """Whether nothing, or UTF-8, is said of the character encoding."""
        return dict(self.parameters).get("charset", "utf-8").lower() in _UTF8_NAMES


class Accepted(NamedTuple):
    """What the caller's Accept field allows.

    ``media_type`` is the answer's type, None when no type of ours is acceptable; ``prefers_html`` tells a
    browser that navigates from a program.
    """

    media_type: str | None
    prefers_html: bool


def parse_media_type(text: str) -> MediaRange | None:
    """Read one ``type/subtype; name=value`` (RFC 9110, 8.3.1); None if malformed or a name comes twice."""
    head = _TYPE.match(text)
    if head is None:
        return None
    position, parameters = head.end(), {}
    while position < len(text):
        found = _PARAMETER.match(text, position)
        if found is None:
            return None
        name, value = found[1].lower(), found[2]
        if name in parameters:
            return None
        parameters[name] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        position = found.end()
    return MediaRange(f"{head[1]}/{head[2]}".lower(), tuple(parameters.items()))


@lru_cache(maxsize=256)
def negotiate(accept: str | None, default: str) -> Accepted:
    """Choose the answer's media type (RFC 9110, 12.5.1).

    ``accept`` is the whole field, None when absent; ``default`` is the type for callers that leave the
    choice to us. Elements that can't be read are passed over.
    """
    if accept is None or not accept.strip():
        return Accepted(default, prefers_html=False)
    ranges = [found for part in _split(accept) if (found := parse_media_type(part)) and _has_weight(found)]
    html = _weigh(ranges, "text/html")
    best_rank, best = (0.0, 0, False), None
    for media_type in (JSON, RESPONSE_JSON):
        quality, precision = _weigh(ranges, media_type)
        # Named outright, the newer type is the better answer; met only by a wildcard, the default is safer.
        rank = (quality, precision, media_type == (RESPONSE_JSON if precision == 2 else default))
        if quality and rank > best_rank:
            best_rank, best = rank, media_type
    return Accepted(best, prefers_html=html[1] == 2 and html[0] > 0 and html > best_rank[:2])


@lru_cache(maxsize=64)
def is_json_request(content_type: str) -> bool:
    """Whether a request's body is said to be JSON in UTF-8."""
    found = parse_media_type(content_type)
    return found is not None and found.type == JSON and found.is_utf8


def _split(accept: str) -> list[str]:
    return re.findall(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+', accept)


def _has_weight(found: MediaRange) -> bool:
    return _QUALITY.fullmatch(dict(found.parameters).get("q", "1")) is not None


def _weigh(ranges: list[MediaRange], media_type: str) -> tuple[float, int]:
    """Quality and precision (2 exact, 1 ``type/*``, 0 ``*/*``) of the most precise range that matches."""
    precisions = {"*/*": 0, media_type.partition("/")[0] + "/*": 1, media_type: 2}
    matches = [(precisions[found.type], found.quality) for found in ranges if _matches(found, precisions)]
    precision, quality = max(matches, default=(0, 0.0))
    return quality, precision


def _matches(found: MediaRange, precisions: dict[str, int]) -> bool:
    return found.type in precisions and found.is_utf8
