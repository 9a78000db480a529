"""The spelling of names in addresses and in names of files."""

import re
import unicodedata
from typing import Final

_SPELLED: Final = str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "ß": "ss", "đ": "d", "å": "a", "Ł": "L"})


def in_ascii(text: str) -> str:
    """The text as in an e-mail address: lower-case letters without accents, hyphens between words."""
    return re.sub(r"[^a-z0-9]+", "-", _without_accents(text.lower())).strip("-")


def in_windows_1252(text: str) -> bytes:
    """The text in Windows-1252; letters that the encoding lacks lose their accents."""
    return b"".join(
        each.encode("cp1252", "ignore") or _without_accents(each).encode("ascii", "replace") for each in text
    )


def _without_accents(text: str) -> str:
    spelled = unicodedata.normalize("NFKD", text.translate(_SPELLED))
    return "".join(each for each in spelled if not unicodedata.combining(each))
