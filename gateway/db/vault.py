"""Encryption at rest: text sealed for one row of one organization, with keys that can be rotated.

Fernet (AES-128-CBC with HMAC-SHA-256, https://github.com/fernet/spec): the first key seals, every key opens.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

KEY_FILE_MODE = 0o600


class VaultError(Exception):
    """A key is missing, malformed or does not fit."""


class Vault:
    """Seals and opens text. The organization's and the row's id are inside and are checked, so that sealed text

    copied into another row does not open there.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        """
        Args:
            keys: Fernet keys, the newest first; with none, nothing can be sealed or opened.

        Raises:
            VaultError: a text is no Fernet key.
        """
        try:
            fernets = [Fernet(key) for key in keys]
        except ValueError:
            raise VaultError("An encryption key must be 32 bytes in URL-safe base64.") from None
        self._fernet = MultiFernet(fernets) if fernets else None

    def seal(self, organization_id: str, row_id: str, text: str) -> str:
        """
        Raises:
            VaultError: there is no key.
        """
        payload = orjson.dumps([organization_id, row_id, text])
        return self._keyed().encrypt(payload).decode()

    def open(self, organization_id: str, row_id: str, sealed: str) -> str:
        """
        Raises:
            VaultError: no key fits, or it was sealed for another row.
        """
        try:
            organization, row, text = orjson.loads(self._keyed().decrypt(sealed.encode()))
        except InvalidToken:
            raise VaultError("No encryption key fits the stored secrets.") from None
        if (organization, row) != (organization_id, row_id):
            raise VaultError("A stored secret belongs to another row.")
        return str(text)

    def rotate(self, sealed: str) -> str:
        """The same secret under the newest key.

        Raises:
            VaultError: no key fits.
        """
        try:
            return self._keyed().rotate(sealed.encode()).decode()
        except InvalidToken:
            raise VaultError("No encryption key fits the stored secrets.") from None

    def _keyed(self) -> MultiFernet:
        if self._fernet is None:
            raise VaultError("There is no encryption key; set GATEWAY_ENCRYPTION_KEYS.")
        return self._fernet


def new_key() -> str:
    return Fernet.generate_key().decode()


def read_keys(path: Path) -> list[str]:
    """The keys of a key file, the newest first; none where there is no file.

    Raises:
        VaultError: other users may read it.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise VaultError(f"{path} must not be readable by others; its mode must be 0600.")
        return path.read_text().split()
    except FileNotFoundError:
        return []


def create_key(path: Path) -> list[str]:
    """Make a key file with one new key; if another process was quicker, its keys are returned."""
    key = new_key()
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    _write_private(temporary, [key])
    try:
        os.link(temporary, path)  # refuses to replace, and no reader ever sees half a file
    except FileExistsError:
        return read_keys(path)
    finally:
        temporary.unlink()
    return [key]


def replace_keys(path: Path, keys: Sequence[str]) -> None:
    """Replace the keys of a key file at once."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    _write_private(temporary, keys)
    temporary.replace(path)


def _write_private(path: Path, keys: Sequence[str]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_FILE_MODE)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
