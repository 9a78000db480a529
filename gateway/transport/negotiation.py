"""Which media type an answer may have, by what its caller accepts."""

import re
from typing import Final, NamedTuple

from gateway.caches import Cache
from gateway.http.media_types import JSON, MediaType, elements, parse_media_type

RESPONSE_JSON: Final = "application/graphql-response+json"
EVENT_STREAM: Final = "text/event-stream"
MULTIPART: Final = "multipart/mixed"

# Java's HttpURLConnection leaves the zero out, until JDK 17 in each request that names no Accept of its own:
# `text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2`.
_QUALITY = re.compile(r"(?:0?\.[0-9]{1,3}|0\.?|1(?:\.0{0,3})?)")


class PartsForm(NamedTuple):
    """How an answer may come in parts.

    Attributes:
        media_type: `multipart/mixed` or `text/event-stream`.
        parameter: of the media type, by which the caller names the form of the parts; None where it names none.
        is_draft: whether the parts have the form of the specification's current draft, and not that of August 2022.
    """

    media_type: str
    parameter: tuple[str, str] | None
    is_draft: bool


_PARTS_FORMS: Final = {
    # Apollo Client and Apollo Router: https://specs.apollo.dev/incremental/v0.1/
    ("deferspec", "20220824"): (("deferSpec", "20220824"), False),
    # Apollo Client 4: https://specs.apollo.dev/incremental/v0.2/
    ("incrementalspec", "v0.2"): (("incrementalSpec", "v0.2"), True),
    # Apollo Server 5, of graphql 17.0.0-alpha.9
    ("incrementaldeliveryspec", "3283f8a"): (("incrementalDeliverySpec", "3283f8a"), True),
}
"""By a parameter of an accepted media type: how an answer says it, and whether the draft's form is meant."""

_UNNAMED: Final = (None, False)
"""Clients that name no form read that of August 2022: Relay's no other, urql items of lists in no other."""


_EVENTS: Final = PartsForm(EVENT_STREAM, None, is_draft=False)

_SUBSCRIPTION: Final = "subscriptionspec"
_SUBSCRIPTION_VERSION: Final = "1.0"
"""The parameter by which Apollo's clients name the parts that results of subscriptions come as."""

RESULT_PARTS: Final = PartsForm(MULTIPART, ("subscriptionSpec", _SUBSCRIPTION_VERSION), is_draft=False)
"""The form of an answer that comes at once, to a caller who accepts nothing but results of subscriptions."""


class Accepted(NamedTuple):
    """What the caller's Accept field allows.

    Attributes:
        media_type: the type of JSON that a single answer has; None where none of ours is acceptable.
        prefers_html: whether a browser navigates here, and not a program.
        results: as which media type the results of a subscription come, `text/event-stream` or `multipart/mixed`; None
            where neither is acceptable. A single answer is a stream of events only where no JSON is acceptable: urql
            accepts both and means the stream for subscriptions alone.
        parts: how the answer may come in parts; None where it may not. Events are no such way where JSON is acceptable,
            unless the caller names a form with them.
        alone: how an answer comes that comes at once, where no JSON is acceptable: as the only part; None for JSON.
    """

    media_type: str | None
    prefers_html: bool
    results: str | None = None
    parts: PartsForm | None = None
    alone: PartsForm | None = None


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
        return Accepted(default, prefers_html=False, results=EVENT_STREAM)
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
    results = _results(ranges)
    parts = _parts(ranges, best_rank[0])
    alone = None
    if best is None:
        alone = _EVENTS if results == EVENT_STREAM else parts or (RESULT_PARTS if results else None)
    return Accepted(best, prefers_html, results, parts, alone)


def _results(ranges: list[tuple[MediaType, float]]) -> str | None:
    """As which type the results of a subscription come: events where both are wanted alike, since these have ids."""
    events = _weigh(ranges, EVENT_STREAM)
    parts = max((quality for media, quality in ranges if _names_results(media)), default=0.0)
    if parts and (parts, 2) > events:
        return MULTIPART
    return EVENT_STREAM if events[0] else None


def _names_results(media: MediaType) -> bool:
    return media.type == MULTIPART and (media.parameters or {}).get(_SUBSCRIPTION) == _SUBSCRIPTION_VERSION


def _parts(ranges: list[tuple[MediaType, float]], json: float) -> PartsForm | None:
    """The best of the ways to come in parts that are accepted by their names; the first among equals.

    Args:
        json: the quality of JSON, whose equal they have to be.
    """
    found: list[tuple[float, bool, PartsForm]] = []
    for media, quality in ranges:
        if media.type not in (MULTIPART, EVENT_STREAM) or not quality or quality < json:
            continue
        named = [(name, value) for name, value in (media.parameters or {}).items() if name.endswith("spec")]
        if named and not (named := [each for each in named if each[0] != _SUBSCRIPTION]):
            continue
        form = _UNNAMED if not named else _PARTS_FORMS.get(named[0])
        if form is not None and (media.type == MULTIPART or named or not json):
            found.append((-quality, media.type != MULTIPART, PartsForm(media.type, *form)))
    return min(found, key=lambda each: each[:2])[2] if found else None


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
