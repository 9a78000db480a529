"""`gateway organization list`, `gateway person list` and `gateway token list`."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

import orjson
import typer

from gateway import rosters
from gateway.commands.options import DatabaseUrl, OrganizationId, with_database
from gateway.db.database import Database
from gateway.resolvers.errors import printable

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object per line, for programs.")]


def list_organizations(as_json: AsJson = False, database: DatabaseUrl = None) -> None:
    """List all organizations."""
    _print(database, rosters.organizations, rosters.ORGANIZATION, as_json)


def list_people(organization: OrganizationId, as_json: AsJson = False, database: DatabaseUrl = None) -> None:
    """List the people of an organization, with the user names of those who can log in."""
    columns = (*rosters.PERSON, "username")
    _print(database, lambda store: rosters.people(store, organization), columns, as_json)


def list_tokens(organization: OrganizationId, as_json: AsJson = False, database: DatabaseUrl = None) -> None:
    """List the tokens of an organization by id and name. The tokens themselves are stored nowhere."""
    _print(database, lambda store: rosters.tokens(store, organization), rosters.TOKEN, as_json)


def _print(
    url: str | None,
    entries: Callable[[Database], AsyncIterator[rosters.Entry]],
    columns: Sequence[str],
    as_json: bool,
) -> None:
    async def read(store: Database) -> list[list[str]]:
        lines = []
        async for each in entries(store):
            if as_json:
                typer.echo(orjson.dumps(each, option=orjson.OPT_UTC_Z))
            else:
                lines.append([_cell(each[name]) for name in columns])
        return lines

    lines = with_database(url, read)
    if not as_json:
        _print_table([name.replace("_", " ").upper() for name in columns], lines)


def _cell(value: Any) -> str:
    """A value for people to read: one line, and something where there is nothing."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, list):
        return " ".join(value)
    return printable(value) if value else "-"


def _print_table(titles: list[str], lines: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(titles, *lines, strict=True)]
    for line in (titles, *lines):
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
