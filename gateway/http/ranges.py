"""One range of an answer's bytes (RFC 9110, section 14)."""

import re
from typing import Final

_ONE_RANGE: Final = re.compile(r"bytes[ \t]*=[ \t]*(\d{0,18})[ \t]*-[ \t]*(\d{0,18})[ \t]*", re.IGNORECASE)


class Unsatisfiable(Exception):
    """The range lies behind the end."""


def parse_range(field: str | None, size: int) -> tuple[int, int] | None:
    """The range that a field `Range` asks for, from its first byte to behind its last; None for the whole answer.

    What is malformed, in other units, or several ranges is passed over, as the RFC allows: the answer is whole.

    Args:
        size: of the whole, in bytes.

    Raises:
        Unsatisfiable: none of these bytes is there.
    """
    found = _ONE_RANGE.fullmatch(field.strip(" \t")) if field else None
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        length = min(int(found[2]), size)
        if not length:
            raise Unsatisfiable
        return size - length, size
    start = int(found[1])
    if found[2] and int(found[2]) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, min(int(found[2]) + 1, size) if found[2] else size
