"""Sort keys: what names are ordered by as people expect, on both databases alike.

Databases order text by code point here, so that both have one order: capitals ahead of small letters, accents behind
`z`. A name's sort key is the name without case and accents, so that its code points are in the order of an address
book. It is stored beside the name by whatever writes that, and has the index.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Table

from gateway.db.filters import EVERYTHING, Where, eq, is_in
from gateway.db.folding import fold_text
from gateway.db.stored_rows import rewrite_rows
from gateway.db.tables.columns import SORT_KEY_OF, sorted_by
from gateway.db.types import OrderedText
from gateway.db.values import check_changes

LONGEST: Final = 300
"""Characters of a key: an entry of an index takes 2,704 bytes on PostgreSQL, and nobody looks further."""

_SPELLED: Final[dict[int, str]] = {
    **{ord(letter): plain for letter, plain in zip("øłđðħŧŋ\u0131", "olddhtni", strict=True)},
    ord("þ"): "th",
    ord("æ"): "ae",
    ord("œ"): "oe",
}
"""Letters that stand beside others for people although Unicode takes them for letters of their own."""


def sort_key(text: str | None) -> str | None:
    """What a text is ordered by; texts that are equal but for their case have the same.

    Case, accents and other marks are left out, ligatures and the like written out, spaces are single.
    """
    if text is None:
        return None
    return " ".join(without_marks(text).split())[:LONGEST]


def without_marks(text: str) -> str:
    """The text without case and marks: by `fold_text`, then Unicode's compatibility decomposition (UAX 15)."""
    if text.isascii():
        return text.lower()
    folded = (fold_text(text) or "").translate(_SPELLED)
    decomposed = unicodedata.normalize("NFKD", folded)
    return "".join([each for each in decomposed if not unicodedata.combining(each)]).casefold()


@cache
def sort_columns(table: Table) -> tuple[tuple[str, str], ...]:
    """The columns of sort keys, each with that of the names whose keys it holds."""
    return tuple((column.name, column.info[SORT_KEY_OF]) for column in table.c if SORT_KEY_OF in column.info)


def fill_sort_keys(table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Put into new rows, which are whole, the keys of their names."""
    for key, name in sort_columns(table):
        for row in rows:
            row[key] = sort_key(row[name])


def whole_changes(table: Table, changes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Changes of a row's columns, if these can hold them, with those of the keys that follow from them.

    Raises:
        BadColumn: a column is not the table's, or identifies the row.
        BadText: a value that no column can hold.
    """
    check_changes(table, changes)
    keys = {key: sort_key(changes[name]) for key, name in sort_columns(table) if name in changes}
    return {**changes, **keys} if keys else changes


def make_sort_keys(connection: Connection, name: str, columns: Sequence[str]) -> None:
    """Make the sort keys of a table's stored names; for revisions.

    Args:
        name: of the table.
        columns: of names, beside each of which there is one of sort keys.
    """
    kinds: dict[str, OrderedText] = {}
    for each in columns:
        kinds |= {each: OrderedText(), f"{each}_sort": OrderedText()}

    def keys(row: Any) -> dict[str, str | None]:
        made = {f"{each}_sort": sort_key(getattr(row, each)) for each in columns}
        return made if any(made.values()) or "" in made.values() else {}

    rewrite_rows(connection, name, kinds, keys)


def narrowed(table: Table, column: str, values: Sequence[str]) -> Where:
    """What holds of the sort key of a name that is one of some texts, by case or without: an index finds such keys."""
    key = sorted_by(table.c[column])
    if key == column:
        return EVERYTHING
    keys = [sort_key(each) or "" for each in values]
    return eq(key, keys[0]) if len(keys) == 1 else is_in(key, keys)
