"""What a caller says to go on with: W3C Trace Context (https://www.w3.org/TR/trace-context/), read strictly.

The SDK reads it, too, but says in the log what it cannot read, as it came.
"""

import re
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    TraceState,
    set_span_in_context,
)
from starlette.types import Scope

NO_PARENT: Final = Context()

_PARENT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]*)?")
_KEY: Final = r"[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13}"
_VALUE: Final = r"[ -+\--<>-~]{0,255}[!-+\--<>-~]"
_MEMBER: Final = re.compile(rf"[ \t]*({_KEY})=({_VALUE})[ \t]*")
_FIRST: Final = "00"
_NO_VERSION: Final = "ff"
_NOTHING: Final = 0
_KNOWN_FLAGS: Final = 0x03  # sampled, random
_LONGEST: Final = 512  # characters, of both
_MOST_MEMBERS: Final = 32


def parent_of(scope: Scope) -> Context:
    """The span that a request is part of; none where the caller says none, or what cannot be read."""
    parents: list[str] = []
    states: list[str] = []
    for name, value in scope["headers"]:
        if name == b"traceparent":
            parents.append(value.decode("latin-1"))
        elif name == b"tracestate":
            states.append(value.decode("latin-1"))
    if len(parents) != 1 or (found := _span_context(parents[0], ",".join(states))) is None:
        return NO_PARENT
    return set_span_in_context(NonRecordingSpan(found), NO_PARENT)


def _span_context(parent: str, state: str) -> SpanContext | None:
    found = _PARENT.fullmatch(parent) if len(parent) <= _LONGEST else None
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if version == _NO_VERSION or (version == _FIRST and rest is not None):
        return None
    ids = int(trace_id, 16), int(span_id, 16)
    if _NOTHING in ids:
        return None
    known = TraceFlags(int(flags, 16) & _KNOWN_FLAGS)
    return SpanContext(*ids, is_remote=True, trace_flags=known, trace_state=_state(state))


def _state(text: str) -> TraceState:
    """What other systems note along a trace; all of it is dropped where a part cannot be read (section 3.3.1)."""
    if not text or len(text) > _LONGEST:
        return TraceState()
    members: dict[str, str] = {}
    for each in text.split(","):
        if not each.strip(" \t"):
            continue
        found = _MEMBER.fullmatch(each)
        if found is None or found[1] in members:
            return TraceState()
        members[found[1]] = found[2]
    return TraceState(list(members.items())) if len(members) <= _MOST_MEMBERS else TraceState()
