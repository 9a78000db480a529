"""Caches for things that callers can create without end: bounded in entries and in bytes, shared or fair to owners."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """A mapping that evicts the least recently used entry; a value larger than the whole cache is never kept.

    Args:
        entries: the most that are kept.
        size: the most bytes that all of them may have together, as `put()` is told.
        largest: the most bytes that one of them may have; None for all of these.
    """

    __slots__ = ("_entries", "_find", "_largest", "_size", "_sizes", "_touch", "_values", "size")

    def __init__(self, entries: int, size: int, largest: int | None = None) -> None:
        self._entries = entries
        self._size = size
        self._largest = size if largest is None else largest
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
        if size > self._largest:
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


class _Part(Generic[K]):
    """What one owner keeps: the sizes by key, the least recently used first."""

    __slots__ = ("owner", "size", "sizes", "touch")

    def __init__(self, owner: Hashable) -> None:
        self.owner = owner
        self.sizes: OrderedDict[K, int] = OrderedDict()
        self.touch = self.sizes.move_to_end
        self.size = 0


class SharedCache(Generic[K, V]):
    """A cache with several owners, who find each other's entries but do not evict them.

    Where there is too much, it forgets what was used longest ago of the owner who keeps most.

    Args:
        entries: the most that are kept.
        size: the most bytes that all of them may have together, as `put()` is told.
        largest: the most bytes that one of them may have.
    """

    __slots__ = ("_entries", "_find", "_largest", "_parts", "_size", "_values", "size")

    def __init__(self, entries: int, size: int, largest: int) -> None:
        self._entries = entries
        self._size = size
        self._largest = largest
        self._values: dict[K, tuple[V, _Part[K]]] = {}
        self._find = self._values.get
        self._parts: dict[Hashable, _Part[K]] = {}
        self.size = 0
        """Bytes of what is kept."""

    def get(self, key: K) -> V | None:
        """The value of a key, whoever keeps it; None where there is none, or no more."""
        found = self._find(key)
        if found is None:
            return None
        value, part = found
        part.touch(key)
        return value

    def put(self, owner: Hashable, key: K, value: V, size: int) -> None:
        """Keep a value, in place of the key's former one.

        Args:
            owner: for whom.
            size: about how many bytes it has, with its key and all that it keeps alive.
        """
        if key in self._values:
            self._pop(key)
        if size > self._largest:
            return
        part = self._parts.setdefault(owner, _Part(owner))
        self._values[key] = (value, part)
        part.sizes[key] = size
        part.size += size
        self.size += size
        while len(self._values) > self._entries or self.size > self._size:
            self._forget()

    def _forget(self) -> None:
        part = max(self._parts.values(), key=lambda each: each.size)
        self._pop(next(iter(part.sizes)))

    def _pop(self, key: K) -> None:
        _, part = self._values.pop(key)
        size = part.sizes.pop(key)
        part.size -= size
        self.size -= size
        if not part.sizes:
            del self._parts[part.owner]

    def __len__(self) -> int:
        return len(self._values)
