"""The retirement of REST paths: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594), configured by the operator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from email.utils import format_datetime

from gateway.instants import parse_instant
from gateway.settings import SettingError

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Retirement:
    """Paths that will be removed, and when (RFC 9745 and RFC 8594).

    Attributes:
        prefix: the prefix of the paths.
        deprecated_at: when the paths become deprecated.
        sunset_at: when the paths may be removed; null if it is not decided.
    """

    prefix: str
    deprecated_at: datetime
    sunset_at: datetime | None

    @property
    def headers(self) -> Headers:
        found = [(b"deprecation", f"@{int(self.deprecated_at.timestamp())}".encode())]
        if self.sunset_at is not None:
            found.append((b"sunset", format_datetime(self.sunset_at, usegmt=True).encode()))
        return found


def parse_retirements(setting: str) -> list[Retirement]:
    """Parse ``GATEWAY_LEGACY_RETIREMENTS``: ``PATH=DEPRECATED_AT[/SUNSET_AT]``, separated by commas.

    PATH is a prefix of paths. The times are dates or times of RFC 3339, in UTC without an offset.

    Raises:
        SettingError: the text cannot be parsed.
    """
    return [_parse(entry.strip()) for entry in setting.split(",") if entry.strip()]


def check_paths(retirements: list[Retirement], paths: Sequence[str]) -> None:
    """Refuse a retirement of paths that do not exist.

    Raises:
        SettingError: a retirement matches no path.
    """
    for each in retirements:
        if not any(path.startswith(each.prefix) for path in paths):
            near = get_close_matches(each.prefix, paths, 1)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise SettingError(f"GATEWAY_LEGACY_RETIREMENTS: no path begins with {each.prefix}{hint}")


def headers_of(path: str, retirements: list[Retirement]) -> Headers:
    """The headers for the responses of a path. If several prefixes match, the longest counts."""
    fitting = [each for each in retirements if path.startswith(each.prefix)]
    return max(fitting, key=lambda each: len(each.prefix)).headers if fitting else []


def _parse(entry: str) -> Retirement:
    prefix, equals, instants = entry.partition("=")
    deprecated, slash, sunset = instants.partition("/")
    try:
        if not equals or not prefix.startswith("/"):
            raise ValueError
        retirement = Retirement(
            prefix.strip(),
            parse_instant(deprecated.strip()),
            parse_instant(sunset.strip()) if slash else None,
        )
    except ValueError:
        raise SettingError(
            "GATEWAY_LEGACY_RETIREMENTS takes PATH=DEPRECATED_AT[/SUNSET_AT] with RFC 3339's dates or times, "
            f"separated by commas; this is none: {entry!r}."
        ) from None
    if retirement.sunset_at is not None and retirement.sunset_at < retirement.deprecated_at:
        raise SettingError(
            f"GATEWAY_LEGACY_RETIREMENTS: {retirement.prefix} would be gone before it is deprecated "
            "(RFC 9745, section 4)."
        )
    return retirement
