"""A gateway of legacy paths alone, on a test's own store, and its client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx2
from starlette.applications import Starlette

from gateway.administration import create_organization, create_token
from gateway.admission.admission import Admission
from gateway.auth import Authenticator
from gateway.db import tables as db
from gateway.db.database import Database
from gateway.rest.forms import FormReader
from gateway.rest.routes import Gate, routes
from gateway.rest.vendor import Vendor
from gateway.settings import Settings
from tests.data import changing
from tests.files import FILES
from tests.patience import PATIENT
from tests.vendors.openapi import check_answer

DAY = datetime(2018, 4, 9, tzinfo=UTC)


async def make_organization(database: Database, organization_id: str = "north") -> None:
    await create_organization(database, organization_id.title(), organization_id=organization_id)


async def make_token(database: Database, organization_id: str = "north", *scopes: str, **more) -> str:
    wanted = scopes or ("read", "secrets")
    _, token = await create_token(database, organization_id, name="test", scopes=wanted, **more)
    return token


async def insert(database: Database, organization_id: str, **rows: list[dict]) -> None:
    """Rows by table name; the instants that they lack are DAY."""
    async with changing(database, organization_id) as write:
        for name, new in rows.items():
            stamped = [{"created_at": DAY, "updated_at": DAY, **row} for row in new]
            await write.insert(db.metadata.tables[name], stamped)


@asynccontextmanager
async def client_of(
    database: Database,
    vendors: tuple[Vendor, ...],
    settings: Settings | None = None,
    *,
    are_objects_odd: bool = False,
) -> AsyncIterator[httpx2.AsyncClient]:
    """The paths of these vendors. Every answer is held against the OpenAPI document.

    Unless ``are_objects_odd``: then the test imports what the vendor itself would not send, which comes back so.
    """
    settings = settings or Settings(storage_url=FILES, **PATIENT)
    admission = Admission(database, settings, Authenticator(database, cache_seconds=0).viewer)
    forms = FormReader(settings.limits, admission.transfer)
    gate = Gate(admission.admit, admission.work, "/graphql", forms)
    app = Starlette(routes=routes(vendors, gate, settings))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(
        transport=transport,
        base_url="http://gateway.test",
        event_hooks={"response": [] if are_objects_odd else [check_answer]},
    ) as client:
        yield client
