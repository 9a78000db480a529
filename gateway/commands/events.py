"""`gateway events`."""

import re
from datetime import timedelta
from typing import Annotated, Final

import typer

from gateway import administration
from gateway.commands.options import DatabaseUrl, OneOrganization, with_database
from gateway.settings import SettingError

_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def age(text: str) -> timedelta:
    """The time that a text such as ``90d`` names.

    Raises:
        SettingError: it names none.
    """
    found = re.fullmatch(r"(\d{1,5})([hdw])", text)
    if found is None:
        raise SettingError("--older-than must be hours, days or weeks, such as 12h, 90d or 4w.")
    return int(found[1]) * _UNITS[found[2]]


def prune(
    older_than: Annotated[str, typer.Option(metavar="AGE", help="In hours, days or weeks: 12h, 90d, 4w.")],
    organization: OneOrganization = None,
    database: DatabaseUrl = None,
) -> None:
    """Delete old events, except those that a follower still needs. Data versions do not change."""
    oldest = age(older_than)
    done = with_database(database, lambda store: administration.prune_events(store, oldest, organization))
    typer.echo(f"{done.events:,} {'event' if done.events == 1 else 'events'} deleted.")
    if done.kept_for_followers:
        typer.echo("Some older ones are kept, because a follower still needs them.")
