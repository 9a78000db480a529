"""Several forms of one object: which forms a file must have, and how often, so that all are restored.

Each form keeps data in `extra` that no column holds. Reading one form after another into an empty store can undo a
column that both forms have in different spellings. The forms are then read again: the first reading only settles the
spelling of the columns, and after a few turns every form renders as before.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.db.statements import Row, row_class
from gateway.exchange.differences import changed, new_row
from gateway.exchange.formats import Export, Format
from gateway.exchange.places import RecordPlace
from gateway.exchange.records import Shapes, Taken
from gateway.resolvers.context import Context
from gateway.shapes.json_text import dumps, parse
from gateway.shapes.shape import ASIDE, Shape

MOST_TURNS = 4
NOWHERE = RecordPlace(1)
# Of an import, which no document states: what comes back must not depend on when it is read.
NO_TIME = datetime(1900, 1, 1, tzinfo=UTC)


class Forms:
    """The additional forms of an export's rows, as lines that import can read.

    Args:
        organization: the row of the exported organization.
    """

    def __init__(self, format: Format, exported: Export, organization: Row) -> None:
        self._layout = format.layout
        self._first = exported.shape
        self._also = [(each, each.shape.without_extra()) for each in exported.also]
        every = (exported.shape, *(each.shape for each in exported.also))
        self._shapes = Shapes(every, NO_TIME, organization)
        self._row_class: Any = row_class(tuple(exported.shape.table.c.keys()))

    async def lines(self, context: Context, rows: Sequence[Row], firsts: Sequence[str]) -> list[str]:
        """The lines that follow the lines of some rows' first form.

        Args:
            rows: the rows with the columns of all shapes.
            firsts: the objects of the rows in their first form, as JSON text.
        """
        kept: dict[int, list[tuple[Shape, str, str]]] = {}
        for form, plain in self._also:
            indexes = [index for index, row in enumerate(rows) if _may_keep(form.shape, row)]
            some = [rows[index] for index in indexes]
            shown = await form.shape.render(context, some)
            bare = await plain.render(context, some)
            for index, members, without in zip(indexes, shown, bare, strict=True):
                if (text := dumps(members)) != dumps(without):
                    line = self._layout.wrapped(form.member, text)
                    kept.setdefault(index, []).append((form.shape, text, line))
        turns = {index: self._turns(firsts[index], others) for index, others in kept.items()}
        return list(self._in_turn(firsts, kept, turns))

    def _in_turn(
        self,
        firsts: Sequence[str],
        kept: dict[int, list[tuple[Shape, str, str]]],
        turns: dict[int, int],
    ) -> Iterator[str]:
        for turn in range(max(turns.values(), default=0)):
            again = [index for index in kept if turns[index] > turn]
            if turn:
                for index in again:
                    yield self._layout.line(self._first, parse(firsts[index]), firsts[index])
            for index in again:
                yield from (line for _, _, line in kept[index])

    def _turns(self, first: str, others: Sequence[tuple[Shape, str, str]]) -> int:
        """How often the forms must be read in turn until a new row renders all of them."""
        taken = [self._take(self._first, first), *(self._take(shape, text) for shape, text, _ in others)]
        row = self._row_class(**self._new_row(taken[0]))
        # What is nested in them is not followed: each form may say something else of that, too.
        fewest = 2 if any(_has_rows_of_its_own(shape) for shape, _, _ in others) else 1
        for turn in range(1, MOST_TURNS):
            for each in taken[1:] if turn == 1 else taken:
                row = row._replace(**changed(self._shapes, each.items[0], row))
            if all(self._is_shown(each, row) for each in taken):
                return max(turn, fewest)
        return MOST_TURNS

    def _take(self, shape: Shape, text: str) -> Taken:
        return self._shapes.take(shape, parse(text), NOWHERE)

    def _new_row(self, taken: Taken) -> dict[str, Any]:
        return {
            **dict.fromkeys(self._row_class._fields),
            **new_row(self._shapes, taken.items[0]),
        }

    def _is_shown(self, taken: Taken, row: Row) -> bool:
        item = taken.items[0]
        return dumps(self._shapes.shown(item, row._asdict())) == item.own


def _may_keep(shape: Shape, row: Row) -> bool:
    """Whether a row may have more data in this shape than its columns have, as far as the row alone tells."""
    return _has_rows_of_its_own(shape) or (row.extra is not None and f'"{shape.name}"' in row.extra)


def _has_rows_of_its_own(shape: Shape) -> bool:
    return any(not isinstance(each, ASIDE) for each in shape.nested)
