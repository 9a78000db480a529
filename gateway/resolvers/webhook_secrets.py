"""Secrets that sign webhooks: 256 random bits, of which the store has the sealed text (Standard Webhooks 1.0).

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final

PREFIX: Final = "whsec_"  # lets scanners for leaked secrets recognize one
_BYTES: Final = 32  # of 24 to 64
_VERSION: Final = "v1"


def new_secret() -> str:
    """A secret as receivers are given it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signatures(signing: Iterable[str], webhook_id: str, timestamp: int, body: bytes) -> str:
    """The field `webhook-signature`: one signature for each secret, separated by spaces.

    Args:
        signing: the secrets that are good now, two while one takes the place of another.
        webhook_id: the same in all attempts.
        timestamp: of the attempt, in seconds since the epoch.
        body: as it is sent.
    """
    content = b"%s.%d.%s" % (webhook_id.encode(), timestamp, body)
    made = (hmac.new(_key(each), content, hashlib.sha256).digest() for each in signing)
    return " ".join(f"{_VERSION},{base64.b64encode(each).decode()}" for each in made)


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:  # which would quote it
        raise ValueError("A stored secret is none.") from None
