"""Hashes of passwords: argon2id with the parameters of RFC 9106's second choice, in threads of their own.

One takes a tenth of a second of a core and 64 MB, so that few are made at once, and the event loop goes on.
"""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from gateway.resolvers.errors import Unavailable

AT_ONCE: Final = 2
MOST_WAITING: Final = 40  # behind these a caller would wait for seconds
PROFILE: Final = "RFC_9106_LOW_MEMORY"
"""The parameters, as argon2-cffi names them: 64 MB, three passes."""


def _bytes_of(password: str) -> bytes:
    """The password however it was typed (NIST SP 800-63B, section 3.1.1.2: normalized by NFKC)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def hash_password(password: str) -> str:
    """The hash with all that it takes to verify a password by it, in PHC's string format; it takes a while."""
    hashed: str = _hasher().hash(_bytes_of(password))
    return hashed


def _hasher() -> Any:
    # here, since few processes need it
    from argon2 import PasswordHasher, profiles

    return PasswordHasher.from_parameters(getattr(profiles, PROFILE))


class Verifier:
    """Verifies passwords; an unknown name takes as long as a known one."""

    def __init__(self) -> None:
        self._hasher = _hasher()
        self._nobodys = self._hasher.hash(b"")
        self._threads = ThreadPoolExecutor(AT_ONCE, "passwords")
        self._waiting = 0

    async def verifies(self, hashed: str | None, password: str) -> bool:
        """Whether a password is the one of a hash; it never is that of nobody, None.

        Raises:
            Unavailable: many others are being verified.
        """
        if self._waiting >= MOST_WAITING:
            raise Unavailable("Many people log in at the moment. Try again later.")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._verifies, hashed, _bytes_of(password))
        finally:
            self._waiting -= 1

    def _verifies(self, hashed: str | None, password: bytes) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            self._hasher.verify(hashed or self._nobodys, password)
        except (InvalidHashError, VerificationError):
            return False
        return hashed is not None
