"""Time zones by name."""

import re
from typing import Final
from zoneinfo import ZoneInfo

from gateway.resolvers.errors import Invalid

_QUOTED_CHARACTERS: Final = 60
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
# Not zones: links of this machine, a placeholder, and copies of the database, one of which counts leap seconds.
_NO_ZONE: Final = re.compile(r"localtime|posixrules|Factory|posix/.*|right/.*")


def time_zone(name: str) -> ZoneInfo:
    """The zone of a name in the IANA database.

    Raises:
        Invalid: there is no such zone.
    """
    if _NAME.fullmatch(name) and not _NO_ZONE.fullmatch(name):
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # OSError: a folder of the database, such as "America"
            pass
    shown = name if len(name) <= _QUOTED_CHARACTERS else name[:_QUOTED_CHARACTERS] + "…"
    raise Invalid(f"“{shown}” is not a time zone of the IANA database, such as Europe/Berlin.").at("timezone")
