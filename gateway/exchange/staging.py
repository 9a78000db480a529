"""Staging: a file is read and validated as a whole; its records wait on disk for one short transaction."""

import os
import pickle
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from gateway.db.failures import NoRoom
from gateway.exchange.arrivals import Arrivals
from gateway.exchange.formats import Format, Layout
from gateway.exchange.places import shown
from gateway.exchange.reading import Source, Unreadable
from gateway.exchange.recognizing import failed_call, other_vendors
from gateway.exchange.records import Shapes, Taken
from gateway.exchange.scanning import NotReadable, Record, Scanner
from gateway.exchange.words import Words
from gateway.resolvers.errors import Invalid, printable
from gateway.shapes.given import Path, Problem
from gateway.shapes.json_text import NotWritable
from gateway.shapes.repairs import line_of

BATCH_RECORDS = 500
BATCH_CHARACTERS = 1 << 22  # of the file's text; both bound the memory
MAX_PROBLEMS = 20  # told of one file


class BadFile(Invalid):
    """A file that cannot be imported.

    Attributes:
        problems: one line for each problem: file, place, problem and value.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Staged:
    """The records of one file, in batches in which each object occurs at most once.

    Attributes:
        records: the number of records.
        bytes: the size of the file.
        words: the records' descriptions of shared objects.
        arrivals: tells which records are still to come.
    """

    def __init__(self, shapes: Shapes) -> None:
        self.words = Words()
        self.arrivals = Arrivals(shapes, self.batches)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`; nameless, gone with the process
        self._batch: list[Taken] = []
        self._characters = 0
        self._keys: set[Any] = set()
        self._described: set[Any] = set()
        self.records = 0
        self.bytes = 0

    def add(self, taken: Taken, key: Any, characters: int, described: frozenset[Any] = frozenset()) -> None:
        """Add a record.

        Args:
            taken: the record.
            key: the key of its own object.
            characters: the length of its text.
            described: the keys of other objects that it describes and that can also be records.
        """
        again = key in self._keys or key in self._described or not described.isdisjoint(self._keys)
        if again or len(self._batch) == BATCH_RECORDS or self._characters > BATCH_CHARACTERS:
            self._flush()
        self._batch.append(taken)
        self._keys.add(key)
        self._described |= described
        self._characters += characters
        self.records += 1

    def _flush(self) -> None:
        """Write the current batch.

        Raises:
            NoRoom: the disk is full, or fails.
        """
        try:
            pickle.dump(self._batch, self._file, pickle.HIGHEST_PROTOCOL)
            self._file.flush()
        except OSError as failure:
            raise NoRoom(failure.strerror or str(failure)) from failure
        self._batch = []
        self._keys = set()
        self._described = set()
        self._characters = 0

    def batches(self) -> Iterator[list[Taken]]:
        """All batches in order. It can be called again."""
        if self._batch:
            self._flush()
        end, at = self._file.seek(0, os.SEEK_END), 0
        while at < end:
            self._file.seek(at)
            batch: list[Taken] = pickle.load(self._file)  # of our own, nameless file
            at = self._file.tell()
            yield batch

    def records_again(self) -> Iterator[Taken]:
        """All records once more."""
        for batch in self.batches():
            yield from batch

    def close(self) -> None:
        with suppress(OSError):  # of what could not be written before
            self._file.close()
        self.words.close()
        self.arrivals.close()


def stage(source: Source, layout: Layout, shapes: Shapes, formats: Sequence[Format] = ()) -> Staged:
    """Read and validate a file.

    Args:
        formats: the formats of all vendors, to recognize another vendor's file.

    Raises:
        BadFile: the file cannot be read, or has an invalid record.
    """
    staged = Staged(shapes)
    try:
        problems = _problems(staged, source, layout, shapes, formats)
    except BaseException:
        staged.close()
        raise
    if problems:
        staged.close()
        raise BadFile(problems[:MAX_PROBLEMS])
    staged.bytes = source.bytes
    return staged


def _problems(
    staged: Staged, source: Source, layout: Layout, shapes: Shapes, formats: Sequence[Format]
) -> list[str]:
    """The problems of a file. Its valid records are staged."""
    problems: list[str] = []
    name = source.name
    try:
        with source.opened() as stream:
            for record in Scanner(stream, layout).records():
                if not (wrong := _take(staged, record, shapes)):
                    continue
                if stranger := _stranger(record, layout, formats):
                    return [*problems, f"{name}, {record.place}: {stranger}"]
                problems += [f"{name}, {each}" for each in wrong]
                if len(problems) >= MAX_PROBLEMS:
                    break
    except NotReadable as error:
        stranger = other_vendors(error.members, layout, formats)
        problems.append(f"{name}, {error} {stranger}" if stranger else f"{name}, {error}")
    except Unreadable as error:
        problems.append(f"{name}: {error}")
    except OSError as error:
        problems.append(f"{printable(str(source.path))}: {error.strerror or error}.")
    return problems


def _stranger(record: Record, layout: Layout, formats: Sequence[Format]) -> str | None:
    """What the record is, if it clearly does not belong to this vendor."""
    is_outermost = not any(isinstance(each, str) for each in record.place.path)
    failed = failed_call(record.members, layout, formats) if is_outermost else None
    return failed or other_vendors(record.members, layout, formats)


def _take(staged: Staged, record: Record, shapes: Shapes) -> list[str]:
    """Stage a record, or return its problems."""
    try:
        taken = shapes.take(record.shape, record.members, record.place)
    except NotWritable as error:
        return [f"{record.place}: {error}"]
    except RecursionError:
        return [f"{record.place}: The record is nested too deeply."]
    if taken.problems:
        return [_told(record, problem) for problem in taken.problems]
    table = record.shape.table
    described = set[Any]()
    for item in taken.items:
        named = shapes[item.shape].table
        if item.part_of is not None or (item is taken.items[0] and table in shapes.shared):
            staged.words.note(named.name, item)
        if item.part_of is not None and named in shapes.outermost:
            described.add((named.name, item.columns["id"]))
    key = taken.items[0].columns[record.shape.key]
    staged.add(taken, (table.name, key), len(record.text), frozenset(described))
    return []


def _told(record: Record, problem: Problem) -> str:
    """A problem with a member: its place, the problem, and the value."""
    where = record.place.of(problem.path, below=line_of(record.text, problem.path))
    found = _value_at(record.members, problem.path)
    told = "" if found is _NOTHING else f" It is {shown(found)}."
    return f"{where}: {problem.message}{told}"


_NOTHING = object()


def _value_at(value: Any, path: Path) -> Any:
    """The value at a path; _NOTHING if a member is absent."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step, _NOTHING)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
        else:
            return _NOTHING
    return value
