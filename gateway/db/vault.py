"""Encryption at rest: text sealed for one row of one organization, with keys that can be rotated.

Fernet (AES-128-CBC with HMAC-SHA-256, https://github.com/fernet/spec). Sealed text is ``$<key id>$<token>``; what was
sealed before keys had ids is the token alone, which begins with ``gAAAAA`` and so never with the mark.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from gateway.db.key_files import VaultError, read_keys

MARK = "$"
ID_BYTES = 6
LABEL_LENGTH = len(MARK) + ID_BYTES * 4 // 3
"""Characters of sealed text that say which key it needs: the mark and the key's id in base64."""

_ID_OF = b"gateway: id of an encryption key"


class Key:
    """A Fernet key with an id of its own.

    Attributes:
        text: the key itself, as key files hold it.
        id: the beginning of an HMAC-SHA-256 under the key, so that it tells nothing of the key.
        label: what text sealed with it begins with.
    """

    __slots__ = ("fernet", "id", "label", "text")

    def __init__(self, text: str) -> None:
        try:
            self.fernet = Fernet(text)
        except ValueError:
            raise VaultError("An encryption key must be 32 bytes in URL-safe base64.") from None
        self.text = text
        digest = hmac.digest(base64.urlsafe_b64decode(text), _ID_OF, hashlib.sha256)
        self.id = base64.urlsafe_b64encode(digest[:ID_BYTES]).decode()
        self.label = MARK + self.id

    def seal(self, organization_id: str, row_id: str, text: str) -> str:
        """Text that only the row opens."""
        payload = orjson.dumps([organization_id, row_id, text])
        return f"{self.label}{MARK}{self.fernet.encrypt(payload).decode()}"


def new_key() -> str:
    """A Fernet key: 32 random bytes in URL-safe base64."""
    return Fernet.generate_key().decode()


class Vault:
    """The keys of a process: the newest seals, every one opens.

    The organization's and the row's id are inside sealed text and are checked, so that sealed text copied into
    another row does not open there.

    Attributes:
        file: where keys are read from anew by `refresh`; None where they come from a variable alone.
        in_file: those that it holds now, the newest first.
        given: those that stay.
    """

    def __init__(self, given: Sequence[str] = (), file: Path | None = None) -> None:
        """Read the keys.

        Args:
            given: Fernet keys, the newest first, that stay.
            file: a key file, whose keys may change at any time; without it and ``given`` nothing is sealed or opened.

        Raises:
            VaultError: a text is no Fernet key, or the file cannot be read or holds none.
        """
        self.file = file
        self.in_file: dict[str, Key] = {}
        self.given = _by_id(given, "GATEWAY_ENCRYPTION_KEYS")
        self._texts: list[str] | None = None
        self._opening = self.given
        self.refresh()

    def refresh(self) -> None:
        """Read the key file again.

        Its size and times are no sign that it is as it was: a key can be replaced by another one within a tick of
        the file system's clock. It is a hundred bytes long.

        Raises:
            VaultError: the file cannot be read, or holds no key.
        """
        if self.file is None:
            return
        texts = read_keys(self.file)
        if texts == self._texts:
            return
        if not texts:
            raise VaultError(
                f"The key file {self.file} is gone or empty. Put it back; of a new store, "
                "`gateway keys generate --add` makes it."
            )
        self.in_file, self._texts = _by_id(texts, self.file), texts
        # What is gone from the file still opens rows that were read before they were sealed anew.
        self._opening = {**self._opening, **self.in_file}

    @property
    def keys(self) -> dict[str, Key]:
        """Those that are there now by id, the newest first: the file's, then the given ones."""
        return {**self.in_file, **self.given}

    @property
    def newest(self) -> Key:
        """The key that seals.

        Raises:
            VaultError: there is none.
        """
        for key in self.in_file.values() or self.given.values():
            return key
        raise VaultError(
            "There is no encryption key; set GATEWAY_ENCRYPTION_KEYS_FILE or GATEWAY_ENCRYPTION_KEYS."
        )

    def open(self, organization_id: str, row_id: str, sealed: str) -> str:
        """The text that was sealed for a row; the key file is read again where no key fits.

        Raises:
            VaultError: no key fits, or it was sealed for another row.
        """
        payload = self._payload(sealed)
        if payload is None:
            self.refresh()
            payload = self._payload(sealed)
        if payload is None:
            raise VaultError(f"No encryption key fits a stored secret; {_wanted(sealed)}.")
        organization, row, text = orjson.loads(payload)
        if (organization, row) != (organization_id, row_id):
            raise VaultError("A stored secret belongs to another row.")
        return str(text)

    def check(self, sealed: str) -> None:
        """Make sure that a sealed text can be opened.

        Raises:
            VaultError: none of the keys that are there now fits.
        """
        if self._payload(sealed, self.keys) is None:
            raise VaultError(f"No encryption key fits the stored secrets; {_wanted(sealed)}.")

    def _payload(self, sealed: str, keys: Mapping[str, Key] | None = None) -> bytes | None:
        """What is inside; None where no key fits."""
        keys = self._opening if keys is None else keys
        try:
            if sealed.startswith(MARK):
                key_id, _, token = sealed[len(MARK) :].partition(MARK)
                return keys[key_id].fernet.decrypt(token)
            return MultiFernet([key.fernet for key in keys.values()]).decrypt(sealed) if keys else None
        except (InvalidToken, KeyError):
            return None


def _by_id(texts: Sequence[str], where: object) -> dict[str, Key]:
    """Keys by their ids.

    Raises:
        VaultError: a text is none; the message says where it stands.
    """
    try:
        return {key.id: key for key in map(Key, texts)}
    except VaultError as error:
        raise VaultError(f"{where}: {error} `gateway keys generate` prints one.") from None


def _wanted(sealed: str) -> str:
    if not sealed.startswith(MARK):
        return "it was sealed before keys had ids"
    return f"the id of its key is {sealed[len(MARK) : LABEL_LENGTH]}"
