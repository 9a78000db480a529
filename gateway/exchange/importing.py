"""Imports files: each is validated as a whole, then written in one short transaction with one event."""

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from gateway.db.database import Database
from gateway.db.ids import now
from gateway.db.lookups import rows_by_key
from gateway.db.statements import Row
from gateway.db.tables import organizations
from gateway.events import Event
from gateway.exchange.conflicts import both_told
from gateway.exchange.formats import Format
from gateway.exchange.reading import Source, in_thread
from gateway.exchange.records import Shapes
from gateway.exchange.staging import BadFile, Staged, stage
from gateway.exchange.uniqueness import Alike
from gateway.exchange.upserts import Upsert
from gateway.resolvers.errors import Conflict, NotFound
from gateway.resolvers.writes import writing

Progress = Callable[[int], object]
Done = Callable[[str, "Imported"], object]


@dataclass(slots=True)
class Imported:
    """The result of an import.

    Attributes:
        inserted: new records. A record is a whole object with all its nested objects.
        updated: changed records.
        unchanged: records that the store already had.
        removed: nested objects that the store had and their record no longer has.
    """

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0

    @property
    def records(self) -> int:
        """The number of records."""
        return self.inserted + self.updated + self.unchanged

    def __add__(self, other: "Imported") -> "Imported":
        return Imported(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def work_of(paths: Sequence[Path]) -> int | None:
    """The total of the numbers that `import_files` gives to ``progress``: each byte once when read, once when stored.

    None if one of the files is a pipe, whose size is unknown.
    """
    sizes = [Source(path).size for path in paths]
    return None if None in sizes else 2 * sum(size for size in sizes if size is not None)


async def import_files(
    database: Database,
    format: Format,
    organization_id: str,
    paths: Sequence[Path],
    *,
    formats: Sequence[Format] = (),
    progress: Progress | None = None,
    done: Done | None = None,
) -> Imported:
    """Import files of a vendor's objects into an organization, in order. For the same object, the last file wins.

    Objects are replaced as a whole: nested objects that the file does not have are deleted.

    Args:
        formats: the formats of all vendors, to recognize another vendor's file.
        progress: called with the work done since the previous call; see `work_of` for the total.
        done: called with the name of each stored file and its result.

    Raises:
        NotFound: there is no such organization.
        BadFile: a file cannot be read or has an invalid record. Nothing of it was stored; the files before it were.
    """
    with _seldom_collecting():
        total = Imported()
        for path in paths:
            organization = await _organization(database, organization_id)  # a file may change it
            source = Source(path, progress or _ignore)
            imported = await _import(database, format, organization, source, formats, progress or _ignore)
            if done is not None:
                done(source.name, imported)
            total += imported
        return total


async def _import(
    database: Database,
    format: Format,
    organization: Row,
    source: Source,
    formats: Sequence[Format],
    tell: Progress,
) -> Imported:
    shapes = Shapes(format.layout.shapes, now(), organization)
    staged = await in_thread(source, lambda source: stage(source, format.layout, shapes, formats))
    try:
        return await _store(database, format, organization, source.name, shapes, staged, tell)
    except Alike as alike:
        told = await both_told(database, organization.id, shapes, staged.records_again(), alike)
        raise BadFile([f"{source.name}, {told}"]) from None
    except Conflict as conflict:
        raise BadFile([f"{source.name}, {conflict}"]) from None
    finally:
        staged.close()


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Run the garbage collector rarely, because records make many objects and no cycles.

    Searching them for cycles would take a third of an import's time.
    """
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


async def _organization(database: Database, organization_id: str) -> Row:
    columns = tuple(organizations.c.keys())
    found = await rows_by_key(database, organizations, organization_id, columns, [organization_id])
    if organization_id not in found:
        raise NotFound(f"There is no organization {organization_id}.")
    return found[organization_id]


def _ignore(work: int) -> None:
    """A ``progress`` that does nothing."""


async def _store(
    database: Database,
    format: Format,
    organization: Row,
    file: str,
    shapes: Shapes,
    staged: Staged,
    progress: Progress,
) -> Imported:
    size, done, told = staged.bytes, 0, 0
    async with writing(database, organization.id, None) as write:
        upsert = Upsert(write, shapes, staged.words, staged.arrivals)
        if staged.words.differ:
            for batch in staged.batches():
                await upsert.weigh(batch)
        for batch in staged.batches():
            await upsert.apply(batch)
            done += len(batch)
            progress(size * done // staged.records - told)
            told = size * done // staged.records
            await asyncio.sleep(0)  # who is told may cancel it: behind the last records comes the commit
        await upsert.finish()
        if any(getattr(organization, column) != said for column, said in upsert.learned.items()):
            learned = {**upsert.learned, "updated_at": write.at}
            await write.update_each(organizations, {organization.id: learned}, before=[organization])
            changed = {"columns": sorted(upsert.learned)}
            write.happened(Event("organization.updated", "organizations", organization.id, changed))
        if any(upsert.rows.values()):
            write.happened(_event(format, file, upsert))
    if not staged.records:
        progress(size)
    removed = sum(count for (_, what), count in upsert.rows.items() if what == "removed")
    return Imported(**_counted(upsert.records), removed=removed)


def _event(format: Format, file: str, upsert: Upsert) -> Event:
    """The event of an imported file, with the numbers of records and of rows by table."""
    rows: dict[str, dict[str, int]] = {}
    for (table, what), count in sorted(upsert.rows.items()):
        if count:
            rows.setdefault(str(table), {})[what] = count  # a subclass of str, which orjson refuses as a key
    table = format.layout.shapes[0].table.name
    data = {"vendor": format.name, "file": file, **_counted(upsert.records), "rows": rows}
    return Event(f"{table}.imported", table, data=data)


def _counted(records: Counter[str]) -> dict[str, int]:
    return {what: records[what] for what in ("inserted", "updated", "unchanged")}
