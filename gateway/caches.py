"""The one kind of cache for what callers can make ever more of: bounded in entries and in bytes."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """A mapping that forgets what was used longest ago; what is larger than all of it is never kept.

    Args:
        entries: the most that are kept.
        size: the most bytes that all of them may have together, as `put()` is told.
    """

    __slots__ = ("_entries", "_find", "_size", "_sizes", "_touch", "_values", "size")

    def __init__(self, entries: int, size: int) -> None:
        self._entries = entries
        self._size = size
        self._values: OrderedDict[K, V] = OrderedDict()
        self._find = self._values.get
        self._touch = self._values.move_to_end
        self._sizes: dict[K, int] = {}
        self.size = 0
        """Bytes of what is kept."""

    def get(self, key: K) -> V | None:
        """The value of a key; None where there is none, or no more."""
        found = self._find(key)
        if found is not None:
            self._touch(key)
        return found

    def put(self, key: K, value: V, size: int) -> None:
        """Keep a value, in place of the key's former one.

        Args:
            size: about how many bytes it has, with its key and all that it keeps alive.
        """
        self.pop(key)
        if size > self._size:
            return
        self._values[key] = value
        self._sizes[key] = size
        self.size += size
        while len(self._values) > self._entries or self.size > self._size:
            oldest, _ = self._values.popitem(last=False)
            self.size -= self._sizes.pop(oldest)

    def pop(self, key: K) -> None:
        """Forget a key, which need not be there."""
        if key in self._values:
            del self._values[key]
            self.size -= self._sizes.pop(key)

    def __len__(self) -> int:
        return len(self._values)
