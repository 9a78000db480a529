"""Which media type an answer may have, by what its caller accepts."""

import re
from typing import Final, NamedTuple

from gateway.caches import Cache
from gateway.http.media_types import JSON, MediaType, elements, parse_media_type

RESPONSE_JSON: Final = "application/graphql-response+json"
EVENT_STREAM: Final = "text/event-stream"

_QUALITY = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


class Accepted(NamedTuple):
    """What the caller's Accept field allows.

    Attributes:
        media_type: the type of JSON that a single answer has; None where none of ours is acceptable.
        prefers_html: whether a browser navigates here, and not a program.
        takes_events: whether the answer may be a stream of events, as a subscription's is. A single answer is one only
            where no JSON is acceptable: urql accepts both and means the stream for subscriptions alone.
    """

    media_type: str | None
    prefers_html: bool
    takes_events: bool = False


_remembered: Final[Cache[tuple[str | None, str], Accepted]] = Cache(entries=256, size=256 * 1024)


def negotiate(accept: str | None, default: str) -> Accepted:
    """Choose the answer's media type (RFC 9110, section 12.5.1); elements that cannot be read are passed over.

    Args:
        accept: the value of the whole field; None where it is absent.
        default: the type for callers that leave the choice to us.
    """
    key = (accept, default)
    found = _remembered.get(key)
    if found is None:
        found = _negotiate(accept, default)
        _remembered.put(key, found, 300 + len(accept or ""))
    return found


def is_json_request(content_type: str) -> bool:
    """Whether a request's body is said to be JSON in UTF-8."""
    if content_type == JSON:  # as nearly everybody writes it
        return True
    found = parse_media_type(content_type)
    return found is not None and found.type == JSON and found.is_utf8


def _negotiate(accept: str | None, default: str) -> Accepted:
    if accept is None or not accept.strip():
        return Accepted(default, prefers_html=False, takes_events=True)
    ranges = [
        (found, weight)
        for element in elements(accept)
        if (found := parse_media_type(element)) and (weight := _weight(found)) is not None
    ]
    html = _weigh(ranges, "text/html")
    best_rank, best = (0.0, 0, False), None
    for media_type in (JSON, RESPONSE_JSON):
        quality, precision = _weigh(ranges, media_type)
        # Named outright, the newer type is the better answer; met only by a wildcard, the default is safer.
        rank = (quality, precision, media_type == (RESPONSE_JSON if precision == 2 else default))
        if quality and rank > best_rank:
            best_rank, best = rank, media_type
    prefers_html = html[1] == 2 and html[0] > 0 and html > best_rank[:2]
    return Accepted(best, prefers_html, takes_events=_weigh(ranges, EVENT_STREAM)[0] > 0)


def _weight(found: MediaType) -> float | None:
    """The weight ``q`` (RFC 9110, 12.4.2), 1 where it is absent; None if the parameters can't be read."""
    if found.parameters is None:
        return None
    weight = found.parameters.get("q", "1")
    return float(weight) if _QUALITY.fullmatch(weight) else None


def _weigh(ranges: list[tuple[MediaType, float]], media_type: str) -> tuple[float, int]:
    """Quality and precision (2 exact, 1 ``type/*``, 0 ``*/*``) of the most precise range that matches."""
    precisions = {"*/*": 0, media_type.partition("/")[0] + "/*": 1, media_type: 2}
    matches = [
        (precisions[found.type], quality)
        for found, quality in ranges
        if found.type in precisions and found.is_utf8
    ]
    precision, quality = max(matches, default=(0, 0.0))
    return quality, precision
