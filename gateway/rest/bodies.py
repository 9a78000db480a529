"""The JSON body of a REST call: one object; numbers keep their text."""

from json import JSONDecodeError
from typing import Any

from gateway.http.media_types import JSON, parse_media_type
from gateway.resolvers.errors import Invalid
from gateway.rest.calls import Call
from gateway.rest.refusals import UnsupportedMediaType
from gateway.shapes.given import Given
from gateway.shapes.json_text import Ambiguous, parse

MAX_DEPTH = 128  # levels, as the graph's JSON may have


def check_media_type(call: Call) -> None:
    """Refuse a body whose media type is not JSON. A body without a media type is accepted.

    Raises:
        UnsupportedMediaType: the media type is not JSON.
    """
    declared = call.header(b"content-type")
    if call.body and declared:
        media_type = parse_media_type(declared)
        if media_type is None or media_type.type != JSON:
            raise UnsupportedMediaType(declared)


def json_object(call: Call) -> Given:
    """The object in a body, to be read member by member; empty if there is no body.

    Raises:
        Invalid: the body is not a JSON object, or the store cannot hold it.
    """
    if call.members is None:
        call.members = _members(call) if call.body.strip() else {}
    return Given(call.members, (), [])


def _members(call: Call) -> dict[str, Any]:
    try:
        members = parse(call.body.decode())
    except (UnicodeDecodeError, JSONDecodeError, Ambiguous, RecursionError):
        raise Invalid("The body is not JSON.") from None
    if not isinstance(members, dict):
        raise Invalid("The body is not a JSON object.")
    if _is_deep(members):
        raise Invalid(f"The body is nested more than {MAX_DEPTH} levels deep.")
    return members


def _is_deep(value: Any) -> bool:
    """It walks level by level, because JSON can be nested deeper than Python's stack allows."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            each
            for one in level
            for each in (one.values() if isinstance(one, dict) else one)
            if isinstance(each, dict | list)
        ]
        if not level:
            return False
    return True
