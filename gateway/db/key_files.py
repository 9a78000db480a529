"""Files of encryption keys, the newest first: every process reads them, one at a time changes them, none sees half."""

import fcntl
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_SEPARATORS = re.compile(r"[\s,]+")


class VaultError(Exception):
    """A key is missing, malformed or does not fit."""


def keys_in(text: str) -> list[str]:
    """Keys separated by commas or white space."""
    return [key for key in _SEPARATORS.split(text) if key]


def read_keys(path: Path) -> list[str]:
    """The keys of a key file, the newest first; none where there is no file.

    Raises:
        VaultError: it cannot be read, or other users may read it.
    """
    try:
        with path.open("rb") as file:
            _check_private(path, file)
            return keys_in(file.read().decode("ascii"))
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        raise VaultError(f"{path} is not a key file.") from None
    except OSError as error:
        raise VaultError(f"The key file {path} cannot be read: {error.strerror}.") from None


def create_key_file(path: Path, key: str) -> bool:
    """Make a key file with one key; False where there is a file already, which stays as it is.

    Raises:
        VaultError: no file can be made there.
    """
    try:
        with _written_beside(path, [key]) as temporary:
            os.link(temporary, path)  # refuses to replace, and no reader ever sees half a file
        _settle(path)
    except FileExistsError:
        return False
    except OSError as error:
        raise VaultError(f"The key file {path} cannot be made: {error.strerror}.") from None
    return True


def add_key(path: Path, key: str) -> None:
    """Put a key in front of those of a key file, which is made if there is none.

    Raises:
        VaultError: this process may not do that.
    """
    if path.exists() or not create_key_file(path, key):
        change_keys(path, lambda keys: [key, *keys])


def change_keys(path: Path, change: Callable[[list[str]], Sequence[str]]) -> None:
    """Replace the keys of a key file by what ``change`` makes of them, while nobody else changes it.

    When this returns, the change survives a loss of power: what is sealed with a new key needs it for ever.

    Raises:
        VaultError: there is no file, or this process may not change it.
    """
    real = Path(os.path.realpath(path))  # a link stays one
    try:
        with _locked(real) as file:
            before = read_keys(real)
            if list(after := change(before)) != before:
                with _written_beside(real, after, like=file) as temporary:
                    os.replace(temporary, real)
                _settle(real)
    except OSError as error:
        raise VaultError(f"The key file {path} cannot be changed: {error.strerror}.") from None


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """The file that is there now, locked against others that change it."""
    while True:
        with _opened(path) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                yield file
                return
        # It was replaced while this process waited for the lock.


def _opened(path: Path) -> BinaryIO:
    """A file open for writing, as NFS wants it for a lock; for reading where its user has made it read-only."""
    try:
        return path.open("r+b")
    except PermissionError:
        return path.open("rb")


@contextmanager
def _written_beside(path: Path, keys: Sequence[str], like: BinaryIO | None = None) -> Iterator[str]:
    """A new file of these keys in the same folder, on the disk; it is gone afterwards unless it was renamed.

    Args:
        like: a file whose owner and mode it gets; otherwise it is this user's alone.
    """
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            if like is not None:
                as_is = os.fstat(like.fileno())
                os.fchown(descriptor, as_is.st_uid, as_is.st_gid)
                os.fchmod(descriptor, as_is.st_mode & 0o777)
            file.write("\n".join(keys) + "\n")
            file.flush()
            os.fsync(descriptor)
        yield temporary
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


def _settle(path: Path) -> None:
    """Have the folder's entry on the disk, too."""
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_private(path: Path, file: BinaryIO) -> None:
    """Only its user may read a key file; of root's, also one group, as with libpq's key files.

    Source: https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-CLIENTCERT

    Raises:
        VaultError: others may.
    """
    found = os.fstat(file.fileno())
    if found.st_mode & (0o037 if found.st_uid == 0 else 0o077):
        raise VaultError(f"{path} must not be readable by others; its mode must be 0600.")
