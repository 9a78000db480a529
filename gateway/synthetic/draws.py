"""Random draws from a seed: choices, chances, numbers and ids. The same seed gives the same draws.

Nothing here reads a clock or the operating system's randomness.
"""

import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any


class Draws:
    """A sequence of draws that one seed determines, call by call.

    Args:
        seed: any text.
    """

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def new_id(self, at: datetime) -> str:
        """A UUID version 7 (RFC 9562, section 5.7) for this instant, with random bits from the seed."""
        milliseconds = int(at.timestamp() * 1000)
        bits = self.random.getrandbits(74)
        high = milliseconds << 16 | 0x7000 | bits >> 62
        return str(uuid.UUID(int=high << 64 | 0x2 << 62 | bits & (1 << 62) - 1))

    def pick(self, choices: Sequence[Any]) -> Any:
        """One of the values."""
        return choices[int(self.random.random() * len(choices))]

    def some(self, choices: Sequence[Any], count: int) -> list[Any]:
        """This many of the values, in any order, each at most once."""
        left = list(choices)
        return [left.pop(int(self.random.random() * len(left))) for _ in range(count)]

    def chance(self, share: float) -> bool:
        """True in this share of all calls."""
        return self.random.random() < share

    def number(self, digits: int) -> str:
        """A number with this many digits."""
        return str(int(self.random.random() * 9 * 10 ** (digits - 1)) + 10 ** (digits - 1))

    def later(self, at: datetime, days: float) -> datetime:
        """An instant that is at most this many days later."""
        return at + timedelta(milliseconds=int(self.random.random() * days * 86_400_000))
