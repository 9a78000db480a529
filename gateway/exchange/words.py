"""Words: the descriptions of shared objects in the records of a file, such as the person of many approvals."""

import hashlib
import pickle

from gateway.db.scratch import Scratch
from gateway.exchange.records import Item

DIGEST = 16  # bytes


class Words:
    """The last description of each shared object in the records of a file.

    Attributes:
        differ: whether two records describe an object differently.
    """

    def __init__(self) -> None:
        self._said: Scratch | None = None
        self.differ = False

    def note(self, table: str, item: Item) -> None:
        """Note a record's description of an object of ``table``; records come in the order of the file."""
        if self._said is None:
            self._said = Scratch()
        key = _key(table, item.columns["id"])
        digest = hashlib.blake2b(item.own.encode(), digest_size=DIGEST).digest()
        if self._said.add(key, digest):
            return
        before = self._said.get(key)
        if before is not None and before[:DIGEST] != digest:
            # From here on the object itself is kept, too: that two differ is rare.
            self._said.replace(key, digest + pickle.dumps(item, pickle.HIGHEST_PROTOCOL))
            self.differ = True

    def last(self, table: str, id: str) -> Item | None:
        """The last description of an object that two records describe differently; None for other objects."""
        if not self.differ or self._said is None:
            return None
        found = self._said.get(_key(table, id))
        if found is None or len(found) == DIGEST:
            return None
        item: Item = pickle.loads(found[DIGEST:])  # of our own, nameless file
        return item

    def close(self) -> None:
        if self._said is not None:
            self._said.close()


def _key(table: str, id: str) -> str:
    return f"{table}\0{id}"
