"""A cache of masked texts of stored columns: pages show the same texts again and again."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from gateway.caches import Cache

ENTRIES: Final = 4096
BYTES: Final = 2 << 20

_SHORT: Final = 200  # characters; of a longer text its digest is kept in its place
_OVERHEAD: Final = 300  # bytes of an entry beside its texts
_UNCHANGED: Final = ""


class Remembering:
    """A mask that remembers what it made of texts, bounded in entries and in bytes."""

    __slots__ = ("_mask", "_masked")

    def __init__(self, mask: Callable[[str], str]) -> None:
        self._mask = mask
        self._masked: Cache[str | bytes, str] = Cache(ENTRIES, BYTES)

    def __call__(self, text: str) -> str:
        key = text if len(text) <= _SHORT else blake2b(text.encode("utf-8", "surrogatepass")).digest()
        known = self._masked.get(key)
        if known is None:
            masked = self._mask(text)
            known = _UNCHANGED if masked == text else masked
            self._masked.put(key, known, _OVERHEAD + 4 * (len(key) + len(known)))
        return text if known == _UNCHANGED else known
