"""The operations that GraphiQL opens with, each in a tab: ``operations/*.graphql`` and their variables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Tab:
    """An operation worth running, changing and running again.

    Attributes:
        about: what it shows, in a few words.
        query: the document's text.
        variables: of the operation, if it has any.
        window: the variable, of the type `TimeWindow`, that is the next 24 hours.
    """

    about: str
    query: str
    variables: Mapping[str, Any] | None = None
    window: str | None = None

    def filled(self, window: Mapping[str, str]) -> str | None:
        """The variables as JSON, for people to read and change; None where there are none."""
        variables = {**(self.variables or {}), **({self.window: window} if self.window else {})}
        return json.dumps(variables, indent=2) if variables else None


def _query(name: str) -> str:
    return files("gateway.pages").joinpath("operations", f"{name}.graphql").read_text("utf-8")


_ASKED: Final = {
    "orgName": "Acme",
    "orgContactFullName": "Ada Example",
    "primaryContactEmail": "ada@example.com",
    "integrations": [{"integrationType": "items", "updateFrequency": "0 3 * * *"}],
    "dryRun": True,
}

TABS: Final = (
    Tab("Requests with their feeds, files and approvals, in one query.", _query("requests")),
    Tab("Search by words, with counts, comments and decisions.", _query("search"), {"words": "need"}),
    Tab("The feeds that run in the next 24 hours.", _query("due-feeds"), window="window"),
    Tab("A mutation, tried without changing anything.", _query("ask"), {"input": _ASKED}),
    Tab("A subscription: events appear as they happen.", _query("happening")),
    Tab("Who changed what, when, and through which API.", _query("history")),
)
"""What the graph is for, in the order in which somebody new would want to see it. The first has no variables, since
GraphiQL fills its first tab without them."""


def window_from_now() -> dict[str, str]:
    """The next 24 hours, in whole minutes."""
    now = datetime.now(UTC).replace(microsecond=0, second=0)
    return {"from": _instant(now), "to": _instant(now + timedelta(days=1))}


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
