"""Context: the viewer, the one tenant filter, the operation's loaders, and write()."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from typing import Any, NamedTuple, Self

from aiodataloader import DataLoader
from sqlalchemy import Table

from gateway import events
from gateway.db import child_counts, children, counts, filters, lookups, pages
from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.database import Database
from gateway.db.filters import Where
from gateway.db.loaders import RowLoader
from gateway.db.pages import Listing, Page, Window
from gateway.db.statements import Row
from gateway.db.writes import Changes, open_sealed
from gateway.events import Event
from gateway.resolvers.secrets import mask_credentials
from gateway.resolvers.viewer import Scope, Viewer
from gateway.settings import Settings


class Context:
    """What every resolver is given. All reads pass through it, and so through the viewer's tenant filter.

    Attributes:
        places: the loaders of one operation's relations, kept by the execution.
        columns_by_type: the columns that the operation reads of each public type; a type that it lacks is read whole.
    """

    __slots__ = ("_loaders", "_origin", "columns_by_type", "database", "places", "settings", "viewer")

    def __init__(
        self,
        database: Database,
        viewer: Viewer,
        settings: Settings,
        columns_by_type: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.database = database
        self.viewer = viewer
        self.settings = settings
        self.columns_by_type = columns_by_type or {}
        self.places: dict[Any, DataLoader[Any, Any]] = {}
        self._origin: Self | None = None
        self._loaders: dict[tuple[str, str], RowLoader] = {}

    def for_operation(self, columns_by_type: Mapping[str, tuple[str, ...]]) -> Self:
        """A copy for one operation, with loaders of its own, so that nothing is remembered beyond it."""
        made = type(self)(self.database, self.viewer, self.settings, columns_by_type)
        # Its loaders read through this one: if they held the context that holds them, every operation would leave
        # a cycle of all its rows to the garbage collector.
        made._origin = self
        return made

    # The one tenant filter

    def visible(self, table: Table) -> Where | None:
        """The condition, beside the organization's own, on the rows that the viewer sees; null where they see none.

        Raises:
            Forbidden: the viewer's token may not read at all.
        """
        self.viewer.require(Scope.READ)
        if self.viewer.customer_id is None:
            return filters.EVERYTHING
        return filters.eq("customer_id", self.viewer.customer_id) if table is db.connected_accounts else None

    def _listing(self, table: Table, order: Order, where: Where, **more: Any) -> Listing | None:
        visible = self.visible(table)
        if visible is None:
            return None
        if visible is not filters.EVERYTHING:
            where = filters.all_of(where, visible)
        return Listing(table, self.viewer.organization_id, order, where=where, **more)

    def _shown(self, table: Table, rows: list[Row]) -> list[Row]:
        """Rows as the viewer may see them: sealed columns opened, secrets taken out and credentials masked."""
        if not rows or (treated := self._treatment(table, rows[0])) is None:
            return rows
        may_see_secrets = self.viewer.may(Scope.SECRETS)
        if treated.secret and not may_see_secrets:
            rows = [row._replace(**dict.fromkeys(treated.secret)) for row in rows]
        if treated.is_sealed:
            rows = open_sealed(self.database, table, self.viewer.organization_id, rows)
        if treated.masked and not may_see_secrets:
            rows = [_masked(row, treated.masked) for row in rows]
        return rows

    def _treatment(self, table: Table, row: Row) -> "_Treated | None":
        """What has to be done to rows such as this one; None where they are shown as they are stored."""
        treated = _treated(table, row._fields)
        if treated is None or treated.is_sealed or not self.viewer.may(Scope.SECRETS):
            return treated
        return None

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
        """One page of the viewer's rows of a table; with its `total_count` if that comes without counting."""
        listing = self._listing(table, order, where, columns=columns)
        if listing is None:
            return Page([], order, has_next_page=False, has_previous_page=False)
        page = await pages.page(
            self.database,
            listing,
            window,
            next_page=next_page,
            previous_page=previous_page,
            total_count=total_count,
        )
        page.rows = self._shown(table, page.rows)
        return page

    async def pages_of_children(
        self,
        table: Table,
        children_of: str,
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
        found = await pages.pages_of_children(
            self.database, listing, parent_ids, window, next_page=next_page, previous_page=previous_page
        )
        a_row = next((page.rows[0] for page in found if page.rows), None)
        if a_row is not None and self._treatment(table, a_row) is not None:
            for page in found:
                page.rows = self._shown(table, page.rows)
        return found

    async def children(
        self,
        table: Table,
        children_of: str,
        parent_ids: Sequence[str],
        order: Order,
        *,
        columns: tuple[str, ...],
    ) -> list[Row]:
        """Every child of these parents, by parent and then in order: for lists that a contract never cuts."""
        listing = self._listing(table, order, filters.EVERYTHING, columns=columns, children_of=children_of)
        if listing is None:
            return []
        return self._shown(table, await children.children(self.database, listing, parent_ids))

    async def count(self, table: Table, where: Where = filters.EVERYTHING) -> int:
        """How many of a table's rows the viewer sees."""
        listing = self._listing(table, Order.of(table, ()), where)
        return 0 if listing is None else await counts.count(self.database, listing)

    async def length(self, page: Page, where: Where = filters.EVERYTHING) -> int:
        """How many rows the whole list of a page has: as the page knows, else counted."""
        known = page.total_count
        return known if isinstance(known, int) else await self.count(page.order.table, where)

    async def counts_of_children(
        self, table: Table, children_of: str, parent_ids: Sequence[str], where: Where = filters.EVERYTHING
    ) -> list[int]:
        """How many children each parent has, in the parents' order."""
        listing = self._listing(table, Order.of(table, ()), where, children_of=children_of)
        if listing is None:
            return [0] * len(parent_ids)
        return await child_counts.counts_of_children(self.database, listing, parent_ids)

    async def distinct(self, table: Table, column: str) -> list[Any]:
        """The distinct values of a column, null left out, among the viewer's rows; read from its index."""
        listing = self._listing(table, Order.of(table, ()), filters.EVERYTHING)
        return [] if listing is None else await lookups.distinct(self.database, listing, column)

    def row(self, table: Table, key: str = "id") -> RowLoader:
        """The operation's loader of a table's rows by a unique column: one statement for all keys of a level.

        It reads every column that the operation selects anywhere of the table's type, so that one row is read
        once however many paths lead to it.
        """
        loader = self._loaders.get((table.name, key))
        if loader is None:
            columns = self.columns_by_type.get(table.info["type"]) or tuple(table.c.keys())
            loader = RowLoader(partial((self._origin or self).rows, table, columns=columns, key=key))
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
    ) -> dict[Any, Row]:
        """The visible rows by a unique column; absent and invisible ones are left out.

        Args:
            through_visible_row: the keys come of rows that the viewer sees, and what they name is part of those:
                a customer's token sees the connectors of its accounts, which it cannot list.
        """
        wanted = list(dict.fromkeys(keys))
        visible = filters.EVERYTHING if through_visible_row else self.visible(table)
        if visible is None:
            return {}
        read = (*columns, "id")  # which opens what is sealed
        found = await lookups.rows_by_key(
            self.database, table, self.viewer.organization_id, read, wanted, key=key, where=visible
        )
        return {getattr(row, key): row for row in self._shown(table, list(found.values()))}

    # Writes

    @asynccontextmanager
    async def write(self) -> AsyncIterator["Write"]:
        """One transaction: rows, events and counters commit together or not at all."""
        async with writing(self.database, self.viewer.organization_id, self.viewer.token_id) as write:
            yield write


class _Treated(NamedTuple):
    """The columns of a row that not everybody may see as they are stored."""

    secret: tuple[str, ...]
    masked: tuple[str, ...]
    is_sealed: bool


@lru_cache(maxsize=1024)
def _treated(table: Table, columns: tuple[str, ...]) -> _Treated | None:
    """Which columns of a class of rows need treatment; None where none does."""
    infos = {name: table.c[name].info for name in columns if name in table.c and table.c[name].info}
    if not infos:
        return None
    return _Treated(
        tuple(name for name, info in infos.items() if info.get("secret")),
        tuple(name for name, info in infos.items() if info.get("masked")),
        any(info.get("sealed") for info in infos.values()),
    )


def _masked(row: Row, columns: tuple[str, ...]) -> Row:
    """The row with the credentials in these columns masked; itself where there are none."""
    changed = {
        name: shown
        for name in columns
        if (text := getattr(row, name)) is not None and (shown := mask_credentials(text)) != text
    }
    return row._replace(**changed) if changed else row


class Write(Changes):
    """The changes of one `write()` block, and what they mean."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.events: list[Event] = []

    def happened(self, event: Event) -> None:
        """Note an event; it is appended when the block ends."""
        self.events.append(event)


@asynccontextmanager
async def writing(database: Database, organization_id: str, actor_id: str | None) -> AsyncIterator[Write]:
    """One transaction of one organization, for commands of the operator that have no viewer.

    Its last act takes the organization's lock, appends the events and adds to the counters: a lock taken while
    rows are still being written would deadlock with a writer that waits for those rows.
    """
    async with database.transaction() as transaction:
        write = Write(database, transaction, organization_id)
        yield write
        await write.write_numbers()
        if write.events or write.has_counts:
            await transaction.lock(organization_id)
            await events.append(write, write.events, actor_id)
            await write.write_counters()
