"""Names of files: as their senders gave them, without what could lead somewhere, hide something or break a line."""

import re
from typing import Final
from urllib.parse import quote

LONGEST: Final = 255  # characters, as file systems have it
_NAMELESS: Final = "file"
# Controls, ends of lines, lone surrogates, and the marks of direction that show `exe.pdf` for `fdp.exe`.
_HIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)

# What every reader of a quoted string takes for itself (RFC 6266, appendix D).
_PLAIN: Final = re.compile(r"[^A-Za-z0-9 !#$&()+,.;=@\[\]^_`{}~-]")
_UNRESERVED: Final = "!#$&+-.^_`|~"  # of RFC 8187, section 3.2.1, beside letters and digits


def file_name(text: str) -> str:
    """The name that a file gets here: the last part of a path, with / or \\, in visible characters."""
    last = re.split(r"[/\\]", text)[-1]
    seen = _HIDDEN.sub("", last).strip()
    if not seen.strip(". "):
        return _NAMELESS
    if len(seen) > LONGEST:
        stem, dot, kind = seen.rpartition(".")
        end = dot + kind if stem and len(kind) < 20 else ""
        seen = seen[: LONGEST - len(end)] + end
    return seen


def attachment(name: str) -> str:
    """The value of `Content-Disposition` by which browsers save an answer under a name (RFC 6266)."""
    safe = file_name(name)
    return (
        f"attachment; filename=\"{_PLAIN.sub('_', safe)}\"; filename*=UTF-8''{quote(safe, safe=_UNRESERVED)}"
    )
