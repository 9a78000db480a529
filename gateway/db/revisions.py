"""Revisions drafted from a difference: what brings a migrated database to the tables, in Alembic's words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op_text
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table
from sqlalchemy.sql.functions import FunctionElement, coalesce
from sqlalchemy.types import TypeEngine

from gateway.db.folding import leading
from gateway.db.schemas import Piece
from gateway.db.tables import metadata
from gateway.db.types import ColumnType, nulls_first

TEMPLATE = '''"""{sentence}"""

{imports}

revision = "{revision}"
down_revision = "{down_revision}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    {body}
'''


class Place(NamedTuple):
    """Where a piece of a schema stands."""

    kind: str
    table: str
    name: str


Sides = tuple[str | None, str | None]
"""The definitions of a piece in the migrated database and in the tables; None where there is none."""


def differences(
    migrated: Sequence[frozenset[Piece]], wanted: Sequence[frozenset[Piece]]
) -> dict[Place, Sides]:
    """The pieces in which databases differ from what the tables make on the same systems, in the tables' order."""
    found: dict[Place, Sides] = {}
    for there, here in zip(migrated, wanted, strict=True):
        before = {Place(*piece[:3]): piece.definition for piece in there - here}
        after = {Place(*piece[:3]): piece.definition for piece in here - there}
        found.update({place: (before.get(place), after.get(place)) for place in before.keys() | after.keys()})
    return dict(sorted(found.items(), key=_in_order))


def _in_order(difference: tuple[Place, Sides]) -> tuple[int, int, Place]:
    place = difference[0]
    tables = [table.name for table in metadata.sorted_tables]
    columns = list(metadata.tables[place.table].c.keys()) if place.table in tables else []
    return (
        tables.index(place.table) if place.table in tables else len(tables),
        columns.index(place.name) if place.name in columns else len(columns),
        place,
    )


def draft(sentence: str, revision: str, down_revision: str, changes: Mapping[Place, Sides]) -> str:
    """The text of a revision that makes these changes."""
    steps = _steps({**changes, **dict(_indexes_to_make_anew(changes))})
    body = "\n    ".join(line for step in steps for line in step.splitlines())
    imports = ["import sqlalchemy as sa"] if "sa." in body else []
    imports.append("from alembic import op")
    if ours := [name for name in ("folding", "types") if f"{name}." in body]:
        imports += ["", f"from gateway.db import {', '.join(ours)}"]
    return TEMPLATE.format(
        sentence=sentence,
        imports="\n".join(imports),
        revision=revision,
        down_revision=down_revision,
        body=body,
    )


def _steps(changes: Mapping[Place, Sides]) -> Iterator[str]:
    """Indexes go first and come last, since the tables that they are of may be made anew between."""
    new = [table for table in metadata.sorted_tables if _is_whole(changes, table.name, 0)]
    gone = {place.table for place in changes if place.table not in metadata.tables}
    of_tables = {
        place: sides
        for place, sides in changes.items()
        if place.table not in gone and metadata.tables[place.table] not in new
    }
    for place, (before, _) in of_tables.items():
        if place.kind == "index" and before is not None:
            yield f'op.drop_index("{place.name}", "{place.table}")'
    for table in new:
        yield _rendered(ops.CreateTableOp.from_table(table))
    for name in dict.fromkeys(place.table for place in of_tables if place.kind != "index"):
        yield from _altered(
            metadata.tables[name],
            {
                place: sides
                for place, sides in of_tables.items()
                if place.table == name and place.kind != "index"
            },
        )
    for place, (_, after) in changes.items():
        if place.kind == "index" and after is not None:
            yield _index(metadata.tables[place.table], place.name)
    for name in sorted(gone):
        yield f'op.drop_table("{name}")'


def _is_whole(changes: Mapping[Place, Sides], table: str, side: int) -> bool:
    """Whether every column of the table is new, so that the table is."""
    return all(
        (sides := changes.get(Place("column", table, column.name))) is not None and sides[side] is None
        for column in metadata.tables[table].c
    )


def _indexes_to_make_anew(changes: Mapping[Place, Sides]) -> Iterator[tuple[Place, Sides]]:
    """Indexes of expressions are lost where SQLite has to make their table anew: Alembic cannot read them."""
    for table in metadata.sorted_tables:
        altered = {
            place: sides
            for place, sides in changes.items()
            if place.table == table.name and place.kind != "index"
        }
        if not altered or _only_adds_columns(altered) or _is_whole(changes, table.name, 0):
            continue
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            place = Place("index", table.name, str(index.name))
            if place not in changes and any(isinstance(each, FunctionElement) for each in index.expressions):
                yield place, (place.name, place.name)


def _only_adds_columns(changes: Mapping[Place, Sides]) -> bool:
    return all(place.kind == "column" and before is None for place, (before, _) in changes.items())


def _altered(table: Table, changes: Mapping[Place, Sides]) -> Iterator[str]:
    """New columns alone are added where they are; for anything else SQLite has to make the table anew."""
    if _only_adds_columns(changes):
        yield from (_rendered(ops.AddColumnOp.from_column(table.c[place.name])) for place in changes)
        return
    yield f"with op.batch_alter_table('{table.name}') as batch_op:"
    steps = [step for place, sides in changes.items() for step in _in_batch(table, place, *sides)]
    yield from (f"    {line}" for _, line in sorted(steps, key=lambda step: step[0]))


def _in_batch(table: Table, place: Place, before: str | None, after: str | None) -> Iterator[tuple[int, str]]:
    """Lines with their turns: old constraints go before the columns change, new ones come after."""
    if place.kind == "constraint":
        if before is not None:
            yield 0, f"batch_op.drop_constraint('{place.name}')"
        if after is not None:
            [constraint] = [each for each in table.constraints if each.name == place.name]
            yield 2, _batched(table, ops.AddConstraintOp.from_constraint(constraint))
    elif after is None:
        yield 1, f"batch_op.drop_column('{place.name}')"
    elif before is None:
        yield 1, _batched(table, ops.AddColumnOp.from_column(table.c[place.name]))
    else:
        column = table.c[place.name]
        changed = f"type_={_type(column.type)}, nullable={column.nullable}"
        yield 1, f"batch_op.alter_column('{place.name}', {changed})"


def _batched(table: Table, operation: ops.MigrateOperation) -> str:
    """An operation inside of a batch."""
    whole = _rendered(ops.ModifyTableOps(table.name, [operation]))
    return " ".join(line.strip() for line in whole.splitlines()[1:])


def _rendered(operation: ops.MigrateOperation) -> str:
    if isinstance(operation, ops.CreateTableOp):
        operation.info = {}  # marks of ours, of which a migration knows nothing
    context = MigrationContext.configure(dialect_name="postgresql")
    options = {
        "sqlalchemy_module_prefix": "sa.",
        "alembic_module_prefix": "op.",
        "user_module_prefix": None,
        "render_item": _type_of_ours,
        "render_as_batch": True,
    }
    return render_op_text(AutogenContext(context, metadata, options), operation)


def _type_of_ours(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    return _type(item) if kind == "type" and isinstance(item, ColumnType) else False


def _type(type_: TypeEngine[Any]) -> str:
    return f"types.{type(type_).__name__}()"


def _index(table: Table, name: str) -> str:
    [index] = [each for each in table.indexes if each.name == name]
    expressions: list[Any] = list(index.expressions)
    columns = ", ".join(map(_expression, expressions))
    return f"op.create_index('{name}', '{table.name}', [{columns}], unique={index.unique})"


def _expression(expression: Any) -> str:
    if isinstance(expression, nulls_first):
        return f"types.nulls_first('{expression.name}')"
    if isinstance(expression, leading):
        [column] = expression.clauses
        return f"folding.leading(sa.column('{column.key}'), {expression.length})"
    if isinstance(expression, coalesce):
        names = ", ".join(f"sa.column('{column.key}')" for column in expression.clauses)
        return f"sa.func.coalesce({names})"
    return f"'{expression.name}'"
