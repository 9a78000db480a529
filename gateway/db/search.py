"""Words that rows are found by: one rule for both databases, kept by whatever writes a row.

The tokenizers of SQLite's FTS5 and of PostgreSQL's full text differ, and so would what they find. Here Python makes the
words, and both databases look up the same rows of `search_words` by the beginnings of words.

A text's words are those of the text as it is shown without the scope `secrets`, so that no credential is among them.
Where the masking learns a form, a revision makes them again, as `gateway.db.marking` says of its notes.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Delete, Table, bindparam

from gateway.db import write_statements
from gateway.db.filters import Where, all_of, check_text
from gateway.db.sort_keys import without_marks
from gateway.db.statements import Row
from gateway.db.stored_rows import in_batches
from gateway.db.tables import search_words
from gateway.db.types import OrderedText, among
from gateway.masking import mask_credentials, may_hold

if TYPE_CHECKING:  # its writes are indexed here
    from gateway.db.writes import Changes

LONGEST: Final = 40
"""Characters of a word; what is beyond them is not looked at."""

MOST: Final = 200
"""Different words of a row, the first ones; names stand ahead of longer texts."""

_WORD: Final = re.compile(r"[^\W_]+")

_LAST: Final = "\U0010ffff"  # no character, and behind every one of them in both databases' order


def words(text: str) -> list[str]:
    """The words of a text, in order: its runs of letters and digits, without case and accents."""
    return [word[:LONGEST] for word in _WORD.findall(without_marks(text))]


def matching(table: Table, text: str) -> Where:
    """The condition that every word of a text begins a word of the row; true where the text has none.

    Raises:
        BadText: a text that no column can hold.
    """
    check_text(text)
    begun = dict.fromkeys(words(text))
    return all_of(*[Where(("word", table.name), (word, word + _LAST)) for word in begun])


@cache
def searched_names(table: Table) -> tuple[str, ...]:
    """The columns of a table whose words are looked for."""
    return tuple(column.name for column in table.c if column.info.get("searched"))


def row_words(texts: Iterable[str | None]) -> set[str]:
    """The words of a row by its texts, credentials masked."""
    found: dict[str, None] = {}
    for text in texts:
        if text and len(found) < MOST:
            found.update(dict.fromkeys(words(mask_credentials(text) if may_hold(text) else text)))
    return set(islice(found, MOST))


async def index_new(write: "Changes", table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note the words of new rows, which are whole."""
    if names := searched_names(table):
        found = [(word, row["id"]) for row in rows for word in row_words([row[name] for name in names])]
        await _add(write, table, found)


async def index_changed(
    write: "Changes",
    table: Table,
    changes: Mapping[str, Mapping[str, Any] | None],
    before: Sequence[Row] | None = None,
) -> None:
    """Note what words rows gain and lose; called before they are changed.

    Args:
        write: the transaction that changes them.
        table: whose rows they are.
        changes: the new values by the names of columns, by the row's id; None for a row that goes.
        before: the rows, whole and locked, where the caller has them.
    """
    names = searched_names(table)
    touched = {
        row_id: columns
        for row_id, columns in changes.items()
        if columns is None or not set(names).isdisjoint(columns)
    }
    if not names or not touched:
        return
    if before is None:
        columns = [table.c[name] for name in ("id", *names)]
        statement = write.prepare(
            ("searched texts", table.name), partial(write_statements.locked_rows, table, columns)
        )
        parameters = {"tenant": write.organization_id, "keys": sorted(touched)}
        before = await write.fetch(statement, parameters)
    gone, come = [], []
    for row in before:
        if row.id not in touched:
            continue
        new = touched[row.id]
        texts = {name: getattr(row, name) for name in names}
        was = row_words(texts.values())
        now = (
            set() if new is None else row_words({name: new.get(name, texts[name]) for name in names}.values())
        )
        gone += [{"gone": row.id, "words": sorted(was - now)}] if was - now else []
        come += [(word, row.id) for word in now - was]
    if gone:
        statement = write.prepare(("forget words",), _forget)
        of = {"tenant": write.organization_id, "table": table.name}
        await write.run_many(statement, [{**of, **each} for each in gone])
    await _add(write, table, come)


async def _add(write: "Changes", table: Table, found: Iterable[tuple[str, str]]) -> None:
    of = {"organization_id": write.organization_id, "table_name": str(table.name)}
    rows = [{**of, "word": word, "row_id": row_id} for word, row_id in sorted(found)]
    if rows:
        await write.insert_rows(search_words, rows)


def _forget() -> Delete:
    columns = search_words.c
    return search_words.delete().where(
        columns.organization_id == bindparam("tenant", type_=OrderedText()),
        columns.table_name == bindparam("table", type_=OrderedText()),
        columns.row_id == bindparam("gone", type_=OrderedText()),
        among(columns.word, "words"),
    )


def make_words(connection: Connection, name: str, columns: Sequence[str]) -> None:
    """Note the words of a table's stored rows; for revisions, which delete what was noted before.

    Args:
        name: of the table.
        columns: whose words are looked for.
    """
    for rows in in_batches(connection, name, dict.fromkeys(columns, OrderedText())):
        found = [
            {"organization_id": row.organization_id, "table_name": name, "word": word, "row_id": row.id}
            for row in rows
            for word in row_words([getattr(row, each) for each in columns])
        ]
        if found:
            connection.execute(search_words.insert(), found)
