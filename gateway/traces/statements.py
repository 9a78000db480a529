"""What statements of SQL are called in traces."""

import re
from functools import lru_cache
from typing import Final

from gateway.db.tables import metadata

_DOES: Final = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE)\b")
_TARGET: Final = re.compile(r"\b(?:FROM|INTO|UPDATE|JOIN) (\w+)")
_INNER: Final = re.compile(r"\([^()]*\)")
_FIRST_WORD: Final = re.compile(r"\w+")
_KEPT: Final = 2_000


@lru_cache(_KEPT)
def summary_of(sql: str) -> str:
    """What a statement does and to which table, `db.query.summary` of the semantic conventions for databases.

    Args:
        sql: its text, of which a process has a few hundred.
    """
    outer = sql
    while _INNER.search(outer):
        outer = _INNER.sub("", outer)
    does = _DOES.search(outer) or _FIRST_WORD.search(sql)
    # A table of its own counts before those of its parts; rows by arrays of keys come of a part alone.
    table = next((name for name in _TARGET.findall(f"{outer} {sql}") if name in metadata.tables), "")
    return f"{does[0] if does else ''} {table}".strip() or "SQL"
