"""Context: the viewer, the one tenant filter, the operation's loaders, and write()."""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from itertools import chain, islice
from typing import Any, Self, TypeVar

from aiodataloader import DataLoader
from sqlalchemy import Table

from gateway.db import child_counts, children, counts, filters, groups, lookups, pages
from gateway.db.cursors import Order
from gateway.db.database import Database
from gateway.db.filters import Where
from gateway.db.guards import guarded
from gateway.db.links import Link
from gateway.db.listings import NO_END
from gateway.db.loaders import RowLoader
from gateway.db.pages import Listing, Page, Window
from gateway.db.statements import Row
from gateway.events.log import GRAPH, Actor
from gateway.resolvers.once import Directives, Keys, RootField
from gateway.resolvers.shown import shown, treatment
from gateway.resolvers.sight import visible_to
from gateway.resolvers.viewer import Scope, Viewer
from gateway.resolvers.writes import ViewerWrite, Write, writing_as
from gateway.resolvers.written import Written
from gateway.settings import Settings


class _Undone(Exception):
    """Ends a rehearsal, so that its transaction is rolled back."""


T = TypeVar("T")


class Context:
    """What every resolver is given. All reads pass through it, and so through the viewer's tenant filter.

    Attributes:
        reader: what reads go to: the store, or a write, which also shows what it has written so far.
        viewer: who asks.
        settings: what the operator decided.
        places: the loaders of one operation's relations, kept by the execution.
        columns_by_type: the columns that the operation reads of each public type; of a type that is missing here, whole
            rows are read.
        most_rows: that one read of many lists returns; where they are reached, whoever admitted the viewer has ended
            what reads them.
        keys: the idempotency keys of the request.
        left_open: the rehearsal of a mutation's root field, until the field ends.
        door: by which the caller comes, as the event log names it.
    """

    __slots__ = (
        "_loaders",
        "_made",
        "_operation",
        "_origin",
        "_root_field",
        "_written",
        "columns_by_type",
        "door",
        "keys",
        "left_open",
        "most_rows",
        "places",
        "reader",
        "settings",
        "viewer",
    )

    def __init__(
        self,
        reader: Database | Write,
        viewer: Viewer,
        settings: Settings,
        columns_by_type: Mapping[str, tuple[str, ...]] | None = None,
        most_rows: int = NO_END,
    ) -> None:
        self.reader = reader
        self.viewer = viewer
        self.settings = settings
        self.columns_by_type = columns_by_type or {}
        self.most_rows = most_rows
        self.places: dict[Any, DataLoader[Any, Any]] = {}
        self._origin: Self | None = None
        self._loaders: dict[tuple[str, str], RowLoader] = {}
        self._made: dict[Hashable, Any] | None = None
        self.left_open: AsyncExitStack | None = None
        self.keys = Keys()
        self.door = GRAPH
        self._operation = 0
        self._root_field: RootField | None = None
        self._written: Written | None = None

    def for_operation(self, columns_by_type: Mapping[str, tuple[str, ...]]) -> Self:
        """A copy for one operation, with loaders of its own, so that nothing is remembered beyond it."""
        made = type(self)(self.reader, self.viewer, self.settings, columns_by_type, self.most_rows)
        # Loaders of the copy read through the original. If they held the copy, which holds them, every operation would
        # leave a cycle of all its rows to the garbage collector.
        made._origin = self
        made.keys = self.keys
        made.door = self.door
        made._operation = self.keys.next_operation()
        return made

    # The one tenant filter

    def visible(self, table: Table) -> Where | None:
        """The condition, beside the organization's own, on the rows that the viewer sees; None where they see none.

        Raises:
            Forbidden: the viewer's token may not read at all.
        """
        return visible_to(self.viewer, table)

    def _listing(self, table: Table, order: Order, where: Where, **more: Any) -> Listing | None:
        visible = self.visible(table)
        if visible is None:
            return None
        if not self.viewer.may(Scope.SECRETS):
            where = guarded(table, where, order)
        if visible is not filters.EVERYTHING:
            where = filters.all_of(where, visible)
        return Listing(table, self.viewer.organization_id, order, where=where, **more)

    # Reads

    async def page(
        self,
        table: Table,
        order: Order,
        window: Window,
        *,
        columns: tuple[str, ...],
        where: Where = filters.EVERYTHING,
        next_page: bool = False,
        previous_page: bool = False,
        total_count: bool = False,
    ) -> Page:
        """One page of the viewer's rows of a table; with `total_count` only where that needs no counting of rows."""
        listing = self._listing(table, order, where, columns=columns)
        if listing is None:
            return Page([], order, has_next_page=False, has_previous_page=False)
        page = await pages.page(
            self.reader,
            listing,
            window,
            next_page=next_page,
            previous_page=previous_page,
            total_count=total_count,
        )
        page.rows = shown(self.reader, table, page.rows, self.viewer)
        return page

    async def pages_of_children(
        self,
        table: Table,
        children_of: str | Link,
        parent_ids: Sequence[str],
        order: Order,
        window: Window,
        *,
        columns: tuple[str, ...],
        where: Where = filters.EVERYTHING,
        next_page: bool = False,
        previous_page: bool = False,
    ) -> list[Page]:
        """One page of children for each parent, in the parents' order."""
        listing = self._listing(table, order, where, columns=columns, children_of=children_of)
        if listing is None:
            return [Page([], order, has_next_page=False, has_previous_page=False) for _ in parent_ids]
        known = self._written and self._written.first_children(listing, parent_ids, window)
        found = known or await pages.pages_of_children(
            self.reader,
            listing,
            parent_ids,
            window,
            next_page=next_page,
            previous_page=previous_page,
            most=self.most_rows,
        )
        a_row = next((page.rows[0] for page in found if page.rows), None)
        if a_row is not None and treatment(table, a_row, self.viewer) is not None:
            # Of all pages at once: a few rows of each parent cost as much as many.
            together = list(chain.from_iterable(page.rows for page in found))
            rows = iter(shown(self.reader, table, together, self.viewer))
            for page in found:
                page.rows = list(islice(rows, len(page.rows)))
        return found

    async def children(
        self,
        table: Table,
        children_of: str | Link,
        parent_ids: Sequence[str],
        order: Order,
        *,
        columns: tuple[str, ...],
    ) -> list[Row]:
        """Every child of these parents, ordered within each parent: for lists that a vendor's contract gives whole."""
        listing = self._listing(table, order, filters.EVERYTHING, columns=columns, children_of=children_of)
        if listing is None:
            return []
        rows = await children.children(self.reader, listing, parent_ids, self.most_rows)
        return shown(self.reader, table, rows, self.viewer)

    async def count(self, table: Table, where: Where = filters.EVERYTHING, order: Order | None = None) -> int:
        """How many of a table's rows the viewer sees, in a list of this order."""
        listing = self._listing(table, order or Order.of(table, ()), where)
        return 0 if listing is None else await counts.count(self.reader, listing)

    async def counts_by(self, table: Table, column: str, where: Where = filters.EVERYTHING) -> dict[str, int]:
        """How many of the viewer's rows hold each value of a column; values that none holds may be absent."""
        listing = self._listing(table, Order.of(table, ()), where)
        return {} if listing is None else await counts.counts_by(self.reader, listing, column)

    async def length(self, page: Page, where: Where = filters.EVERYTHING) -> int:
        """How many rows the whole list has that a page belongs to: as the page says, or else counted."""
        known = page.total_count
        return known if isinstance(known, int) else await self.count(page.order.table, where, page.order)

    async def counts_of_children(
        self,
        table: Table,
        children_of: str | Link,
        parent_ids: Sequence[str],
        where: Where = filters.EVERYTHING,
        order: Order | None = None,
    ) -> list[int]:
        """How many children each parent has, in the parents' order, in a list of this order."""
        listing = self._listing(table, order or Order.of(table, ()), where, children_of=children_of)
        if listing is None:
            return [0] * len(parent_ids)
        return await child_counts.counts_of_children(self.reader, listing, parent_ids)

    async def groups(
        self, table: Table, column: str, window: Window, *, where: Where = filters.EVERYTHING
    ) -> list[Row]:
        """The viewer's rows of a table by the values of a column (see `gateway.db.groups`).

        Rows that hold a credential stand in no list that is ordered by such a column, so that none is shown here.
        """
        listing = self._listing(table, Order.of(table, ((column, False),)), where)
        return [] if listing is None else await groups.groups(self.reader, listing, column, window)

    async def distinct(self, table: Table, column: str) -> list[Any]:
        """The distinct values of a column, null left out, among the viewer's rows; read from its index."""
        listing = self._listing(table, Order.of(table, ()), filters.EVERYTHING)
        return [] if listing is None else await lookups.distinct(self.reader, listing, column, self.most_rows)

    def row(self, table: Table, key: str = "id") -> RowLoader:
        """The operation's loader of a table's rows by a unique column: one statement for all keys of a level.

        It reads every column that the operation selects anywhere of the table's type, so that one row is read
        once however many paths lead to it.
        """
        loader = self._loaders.get((table.name, key))
        if loader is None:
            columns = self.columns_by_type.get(table.info["type"]) or tuple(table.c.keys())
            loader = RowLoader(
                partial((self._origin or self).rows, table, columns=columns, key=key, written=self._written)
            )
            self._loaders[table.name, key] = loader
        return loader

    async def rows(
        self,
        table: Table,
        keys: Iterable[Any],
        *,
        columns: tuple[str, ...],
        key: str = "id",
        through_visible_row: bool = False,
        written: Written | None = None,
    ) -> dict[Any, Row]:
        """The visible rows by a unique column; absent and invisible ones are left out.

        Args:
            table: whose rows they are.
            keys: the wanted values of the column.
            columns: to read beside the key.
            key: the unique column.
            through_visible_row: whether the keys come from rows that the viewer sees, and what they name is a part of
                those rows. In this way a customer's token sees the connectors of its accounts, which it cannot list.
            written: what was written a moment ago, if anything was, by whoever asks through another context.
        """
        wanted = list(dict.fromkeys(keys))
        visible = filters.EVERYTHING if through_visible_row else self.visible(table)
        if visible is None:
            return {}
        read = (*columns, "id")  # which opens what is sealed
        written = written or self._written
        found = written.rows(table, wanted, read, key) if written and visible is filters.EVERYTHING else None
        if found is None:
            found = await lookups.rows_by_key(
                self.reader, table, self.viewer.organization_id, read, wanted, key=key, where=visible
            )
        rows = shown(self.reader, table, list(found.values()), self.viewer)
        return {getattr(row, key): row for row in rows}

    # Writes

    @asynccontextmanager
    async def write(self, scope: Scope) -> AsyncIterator[ViewerWrite]:
        """One transaction of the viewer: rows, events and counters commit together or not at all.

        Whether it commits or fails, the operation's loaders then forget what they read, since it may have changed.

        Raises:
            Forbidden: the viewer's token lacks the scope.
        """
        self.viewer.require(scope)
        if isinstance(self.reader, Write):
            raise RuntimeError("A write is under way already: this context reads its transaction.")
        viewer = self.viewer
        try:
            async with writing_as(ViewerWrite, self.reader, viewer.organization_id, self.actor) as write:
                write.context = type(self)(write, viewer, self.settings).for_operation({})
                try:
                    yield write
                finally:
                    del write.context  # it holds the write: a cycle of rows for the garbage collector
        finally:
            self.forget()
        self._written = Written(write.untold)

    @property
    def actor(self) -> Actor:
        """Who makes the changes that the viewer asks for, as events tell it."""
        return Actor(self.viewer.token_id, self.viewer.person_id, self.door)

    async def once(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """What is made once in an operation, and then known by a key."""
        if self._made is None:
            self._made = {}
        if key not in self._made:
            self._made[key] = await make()
        made: T = self._made[key]
        return made

    def close(self) -> None:
        """Cancel what the operation's loaders are still fetching: it was cancelled itself."""
        for loader in self._loaders.values():
            loader.close()

    async def rehearse(self, scope: Scope) -> ViewerWrite:
        """A write of which nothing stays.

        It ends with `end_root_field`. Until then this context reads what the write has written, so that whatever is
        read for the field's answer is what would be there.

        Raises:
            Forbidden: the viewer's token lacks the scope.
        """
        stack = AsyncExitStack()
        write = await stack.enter_async_context(self._rehearsing(scope))
        self.left_open = stack
        return write

    @asynccontextmanager
    async def _rehearsing(self, scope: Scope) -> AsyncIterator[ViewerWrite]:
        with suppress(_Undone):
            async with self.write(scope) as write:
                reader, origin = self.reader, self._origin
                self.reader, self._origin = write, None
                self.forget()
                try:
                    yield write
                finally:
                    self.reader, self._origin = reader, origin
                raise _Undone

    def begin_root_field(self, name: str, directives: Directives) -> None:
        """Note which root field of a mutation is run now; the execution calls it."""
        self._root_field = RootField(name, directives)
        self._written = None

    def idempotency_key(self) -> tuple[str, ...] | None:
        """The key under which the root field that is run now makes its change once; None where it has none.

        Raises:
            Invalid: the field's directive has none that could be one.
        """
        return None if self._root_field is None else self.keys.of(self._root_field, self._operation)

    async def end_root_field(self) -> None:
        """Undo what the last root field of a mutation rehearsed; the execution awaits it when the field is complete."""
        self._root_field = None
        if self.left_open is not None:
            stack, self.left_open = self.left_open, None
            await stack.aclose()

    def forget(self) -> None:
        """Forget what was loaded: rows have changed."""
        self._loaders.clear()
        self.places.clear()
        self._made = self._written = None
