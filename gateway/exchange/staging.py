"""A file read and validated whole, its records waiting on the disk to be written in one short transaction."""

import pickle
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gateway.exchange.formats import Layout
from gateway.exchange.records import Shapes, Taken
from gateway.exchange.scanning import NotReadable, Record, Scanner
from gateway.exchange.words import Words
from gateway.resolvers.errors import Invalid
from gateway.shapes.json_text import NotWritable
from gateway.shapes.repairs import line_of

BATCH_RECORDS = 500
BATCH_CHARACTERS = 1 << 22  # of the file's text; both bound the memory
MAX_PROBLEMS = 20  # told of one file


class BadFile(Invalid):
    """A file that cannot be imported.

    Attributes:
        problems: a line for each: file, line, member and what is wrong.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Staged:
    """The records of one file, in batches in which no object comes twice.

    Attributes:
        records: how many there are.
        bytes: how long the file is.
        words: what they say of the objects that they share.
    """

    def __init__(self) -> None:
        self.words = Words()
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `close`; nameless, gone with the process
        self._batch: list[Taken] = []
        self._characters = 0
        self._keys: set[Any] = set()
        self.records = 0
        self.bytes = 0

    def add(self, taken: Taken, key: Any, characters: int) -> None:
        """Add a record; ``key`` identifies its object."""
        if len(self._batch) == BATCH_RECORDS or self._characters > BATCH_CHARACTERS or key in self._keys:
            self._flush()
        self._batch.append(taken)
        self._keys.add(key)
        self._characters += characters
        self.records += 1

    def _flush(self) -> None:
        pickle.dump(self._batch, self._file, pickle.HIGHEST_PROTOCOL)
        self._batch = []
        self._keys = set()
        self._characters = 0

    def batches(self) -> Iterator[list[Taken]]:
        """Every batch in order, read anew each time."""
        if self._batch:
            self._flush()
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            yield pickle.load(self._file)  # of our own, nameless file

    def close(self) -> None:
        self._file.close()
        self.words.close()


def stage(path: Path, layout: Layout, shapes: Shapes, progress: Callable[[int], object]) -> Staged:
    """Read and validate a file.

    Args:
        progress: called with the number of bytes read since the call before.

    Raises:
        BadFile: it cannot be read, or holds a bad record.
    """
    staged = Staged()
    problems: list[str] = []
    try:
        with path.open("rb") as stream:
            for record in Scanner(stream, layout, progress).records():
                problems += _take(staged, path.name, record, shapes)
                if len(problems) >= MAX_PROBLEMS:
                    break
            staged.bytes = stream.tell()
    except NotReadable as error:
        problems.append(f"{path.name}, line {error.line}: {error}")
    except OSError as error:
        problems.append(f"{path}: {error.strerror}.")
    if problems:
        staged.close()
        raise BadFile(problems[:MAX_PROBLEMS])
    return staged


def _take(staged: Staged, name: str, record: Record, shapes: Shapes) -> list[str]:
    """Stage a record, or say what is wrong with it."""
    try:
        taken = shapes.take(record.shape, record.members, record.line)
    except (NotWritable, RecursionError):
        return [f"{name}, line {record.line}: The record is nested too deeply."]
    if taken.problems:
        return [
            f"{name}, line {record.line + line_of(record.text, problem.path)}, {problem.member or 'record'}: "
            f"{problem.message}"
            for problem in taken.problems
        ]
    for item in taken.items:
        if item.part_of is not None:
            staged.words.note(shapes[item.shape].table.name, item)
    key = taken.items[0].columns[record.shape.key]
    staged.add(taken, (record.shape.table.name, key), len(record.text))
    return []
