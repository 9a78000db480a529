"""Reads are measured while their rows arrive: texts can have any length, and no read may fill the memory."""

import random
from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeGuard

SAMPLED: Final = 50
"""Records from which on some of them stand for all, unless they are long."""

LONG: Final = 500
"""Characters of a record that is long."""

_STEPS: Final = (7, 9, 11)  # with no common divisor: what is long in one rhythm does not fall between them


class Meter(Protocol):
    """What one caller has read, and may read.

    Attributes:
        bytes_read: so far, about.
    """

    bytes_read: int

    @property
    def bytes_allowed(self) -> float:
        """Once more are read, `charge_read` is called."""

    @property
    def bytes_enforced(self) -> float:
        """Once more are read, reading ends; infinity where the limit is observed alone."""

    @property
    def rows_left(self) -> float:
        """How many rows more are of use: whoever reads more is refused."""

    @property
    def has_read_much(self) -> bool:
        """Whether so many rows were read that short ones, too, are to be measured."""

    async def charge_read(self) -> None:
        """Have what reads wait, end it, or say that it has read too much."""


def is_beyond(meter: Meter | None) -> TypeGuard[Meter]:
    """Whether the meter's owner is to be told of what was read."""
    return meter is not None and meter.bytes_read > meter.bytes_allowed


def is_cut_short(meter: Meter | None) -> TypeGuard[Meter]:
    """Whether a read has ended before its end."""
    return meter is not None and meter.bytes_read > meter.bytes_enforced


def weight(records: Sequence[Sequence[Any]], texts: Sequence[int]) -> int:
    """About how many characters the texts of records have.

    To look at each would cost a page of a thousand rows three hundredths of its time.

    Args:
        records: of a driver.
        texts: places of texts, or of nulls, in each.
    """
    if len(records) < SAMPLED:
        return _characters(records, texts)
    step = random.choice(_STEPS)
    some = records[random.randrange(step) :: step]
    characters = _characters(some, texts)
    if characters > LONG * len(some):
        return _characters(records, texts)
    return characters * len(records) // len(some)


def _characters(records: Sequence[Sequence[Any]], texts: Sequence[int]) -> int:
    columns = list(zip(*records, strict=True))
    return sum(sum(map(len, filter(None, columns[index]))) for index in texts) if columns else 0
