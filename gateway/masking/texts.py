"""The one rule for credentials in a text: every form of them, and what their masks mean."""

import re
from collections.abc import Callable

from gateway.masking.marks import MASK
from gateway.masking.members import (
    mask_assignments,
    mask_encoded_parameters,
    mask_members,
    mask_parameters,
)
from gateway.masking.userinfo import mask_encoded_userinfo, mask_userinfo
from gateway.masking.webhooks import mask_webhooks, may_hold_webhooks

__all__ = ["MASK", "has_credentials", "holds_mask", "mask_credentials", "may_hold"]

# A mask may hide the character that ended an authority, so that a contrived text reads anew: look again, boundedly.
_MAX_PASSES = 8

# Nearly all that have a password are URLs like this one, alone in their text.
_PLAIN_URL = re.compile(
    r"([a-z][a-z0-9+.-]{0,31}://)[\w.!~*$+-]++:[\w.!~*$+-]++(@[\w.-]++(?::\d{1,5})?(?:/[\w./-]*+)?)\Z",
    re.IGNORECASE,
)

_WHOLE_MASK = re.compile(
    r"(?:(?<![\w*])|(?<=[%5]2F)|(?<=[%5]3D)|(?<=\.org/bot))\*\*\*(?![\w*])", re.IGNORECASE
)
_CREDENTIALS = (
    "Zq7k:Zq7k",  # of a userinfo and of most names
    "AIza" + 20 * "q",  # of a Google key
    "4711:Zq7k9XtB2mQ4",  # of names whose values have to look random
    "zq7k9xtb2mq4w8n5v3c6j1p0d2",  # of webhooks without a host of their own
)


def mask_credentials(text: str) -> str:
    """Return ``text`` with every credential in it replaced by ``***``, all else to the byte.

    A URL stands anywhere in free text, alone or in a list, of any scheme or of none. ``user:password@`` becomes
    ``***@``. A user without a password stays if it looks like a login name, but not under http, where it is a token.
    Values of parameters, of quoted assignments and of JSON's members whose names are a well-known secret's
    (``api_key``, ``token``, ``password``, ``sig``, ``X-Amz-Signature``) become ``***``, and so do the ends of chat
    services' webhooks. Where a text can be read in two ways the reading with a credential wins. Masking twice is
    masking once, and the cost is linear in the length of the text.
    """
    if not may_hold(text):
        return text
    if (plain := _PLAIN_URL.match(text)) is not None and not may_hold_webhooks(text):
        return f"{plain[1]}{MASK}{plain[2]}"
    for _ in range(_MAX_PASSES):
        masked = _mask_once(text)
        if masked == text:
            break
        text = masked
    return text


def may_hold(text: str) -> bool:
    """Whether a text is worth a look: where this is false, `mask_credentials` changes nothing.

    Cheap enough to be asked of many texts joined, none of which holds a credential if all of them together do not.
    """
    if "=" in text or "%" in text:
        return True
    if "@" in text and (":" in text or "/" in text):
        return True
    if ":" in text and ('"' in text or "'" in text):
        return True
    return "/" in text and may_hold_webhooks(text)


def has_credentials(text: str) -> bool:
    """Say whether ``text`` holds a credential that ``mask_credentials`` would mask."""
    return may_hold(text) and _mask_once(text) != text


def holds_mask(text: str, mask: Callable[[str], str] = mask_credentials) -> bool:
    """Say whether a ``***`` in ``text`` stands where a credential stands; elsewhere it is plain text.

    Each mask is replaced by what any place for a credential would hide: one that is hidden again stood in one. Runs of
    more asterisks, and three in the middle of a word, are no masks.
    """
    whole = len(_WHOLE_MASK.findall(text))
    return whole > 0 and any(
        mask(_WHOLE_MASK.sub(credential, text)).count(credential) < whole for credential in _CREDENTIALS
    )


def _mask_once(text: str) -> str:
    if "@" in text:
        text = mask_userinfo(text)
    if "%" in text:
        text = mask_encoded_parameters(mask_encoded_userinfo(text))
    has_quotes = '"' in text or "'" in text
    if "=" in text:
        text = mask_parameters(text)
        if has_quotes:
            text = mask_assignments(text)
    if has_quotes and (":" in text or "=" in text):
        text = mask_members(text)
    return mask_webhooks(text) if "/" in text or "%" in text else text
