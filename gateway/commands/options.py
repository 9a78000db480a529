"""What several commands take, and the store that they work on."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from gateway import serving
from gateway.db.database import Database
from gateway.resolvers.errors import UNPRINTABLE, NotFound, printable
from gateway.settings import Settings
from gateway.vendors import VENDORS

T = TypeVar("T")

VENDORS_BY_NAME = {vendor.name: vendor for vendor in VENDORS}
VendorName = StrEnum("VendorName", list(VENDORS_BY_NAME))  # type: ignore[misc]  # typer's way to a closed set


def names_organization(organization_id: str | None) -> str | None:
    """Check the value of an option that names an organization.

    Raises:
        NotFound: it cannot be any organization's id.
    """
    if organization_id is not None and (not organization_id or UNPRINTABLE.search(organization_id)):
        raise NotFound(f"There is no organization {printable(organization_id) or repr('')}.")
    return organization_id


DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database", metavar="URL", envvar="GATEWAY_DATABASE_URL", help="sqlite:///FILE or postgresql://…"
    ),
]
OrganizationId = Annotated[
    str,
    typer.Option("--organization", metavar="ID", help="The organization's id.", callback=names_organization),
]
OneOrganization = Annotated[
    str | None,
    typer.Option(
        "--organization",
        metavar="ID",
        help="Only this organization, not all of them.",
        callback=names_organization,
    ),
]


def settings_of(database: str | None, **overrides: object) -> Settings:
    """The settings of the environment, overridden by the command line."""
    return Settings.from_environment(database_url=database, **overrides)


def with_database(
    url: str | None, function: Callable[[Database], Awaitable[T]], *, check_keys: bool = True
) -> T:
    """Open the store and return what a function returns; without ``check_keys`` even if encryption keys are missing."""
    return asyncio.run(serving.with_database(settings_of(url), function, check_keys=check_keys))
