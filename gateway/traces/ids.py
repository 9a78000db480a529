"""Ids of traces and spans, of which one may be drawn before its span begins."""

import random


class DrawnIds:
    """The SDK's own random ids (its `IdGenerator`); the next trace has the id that was drawn for it, if one was."""

    def __init__(self) -> None:
        self._drawn: int | None = None

    def draw(self) -> int:
        """The id of the trace that begins next."""
        self._drawn = drawn = _random_bits(128)
        return drawn

    def forget(self) -> None:
        """No trace has the id that was drawn."""
        self._drawn = None

    def generate_trace_id(self) -> int:
        drawn, self._drawn = self._drawn, None
        return _random_bits(128) if drawn is None else drawn

    def generate_span_id(self) -> int:
        return _random_bits(64)

    def is_trace_id_random(self) -> bool:
        return True


def _random_bits(number: int) -> int:
    """Bits of which one at least is set, for nothing is the id 0 (W3C Trace Context, section 3.2.2)."""
    return random.getrandbits(number) or 1
