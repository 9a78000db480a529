"""How long tests wait for what has to come, and how long the gateway does where a test says nothing of it."""

from typing import Any, Final

from gateway.limits import Limits

ENOUGH: Final = 180.0  # seconds, which nothing takes that comes at all, however busy the machine is

PATIENT: Final[dict[str, Any]] = {
    "count_seconds": 60.0,
    "database_seconds": 3600.0,
    "header_seconds": 3600.0,
    "limits": Limits().decided(seconds=3600, waiting_seconds=3600),
}
"""Settings of an application that gives nothing up because the machine is busy."""
