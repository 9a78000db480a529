"""Drawing: choices, chances, numbers and ids, the same ones for the same seed.

Nothing here reads a clock or the operating system's randomness.
"""

import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any


class Draws:
    """What comes out of one seed, call by call.

    Args:
        seed: any text.
    """

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def new_id(self, at: datetime) -> str:
        """A UUID version 7 (RFC 9562, section 5.7) of that instant whose random bits are drawn here."""
        milliseconds = int(at.timestamp() * 1000)
        bits = self.random.getrandbits(74)
        high = milliseconds << 16 | 0x7000 | bits >> 62
        return str(uuid.UUID(int=high << 64 | 0x2 << 62 | bits & (1 << 62) - 1))

    def pick(self, choices: Sequence[Any]) -> Any:
        """One of them."""
        return choices[int(self.random.random() * len(choices))]

    def some(self, choices: Sequence[Any], count: int) -> list[Any]:
        """So many of them, each once, in any order."""
        left = list(choices)
        return [left.pop(int(self.random.random() * len(left))) for _ in range(count)]

    def chance(self, share: float) -> bool:
        """True in that share of all calls."""
        return self.random.random() < share

    def number(self, digits: int) -> str:
        """A number of so many digits."""
        return str(int(self.random.random() * 9 * 10 ** (digits - 1)) + 10 ** (digits - 1))

    def later(self, at: datetime, days: float) -> datetime:
        """An instant at most so many days later."""
        return at + timedelta(milliseconds=int(self.random.random() * days * 86_400_000))
