"""Rows of a kind: what a legacy API finds by an id, a number or another unique text."""

import pytest

from gateway.db import tables as db
from gateway.db.tables import ConnectedAccountKind, ConnectionRequestKind
from gateway.resolvers.errors import NotFound
from gateway.resolvers.kinds import one_of_kind
from gateway.resolvers.viewer import Scope
from tests.data import NORTH, SOUTH, context_of, fill, told

pytestmark = pytest.mark.anyio

TRADING, ACCESS = ConnectionRequestKind.TRADING_PARTNER, ConnectionRequestKind.ACCESS
COMMERCE, CONNECTOR = ConnectedAccountKind.COMMERCE, ConnectedAccountKind.CONNECTOR


@pytest.fixture
async def store(database):
    await fill(database, NORTH)
    await fill(database, SOUTH)
    return database


async def test_a_row_is_found_by_what_names_it_if_it_is_of_the_kind(store):
    context = context_of(store, "north")

    async def found(value, kind, by="id"):
        try:
            row = await one_of_kind(context, value, kind, columns=("id",), by=by, missing=f"no {value}")
        except NotFound as absent:
            return str(absent)
        return row.id, row.kind

    assert await found("r1", TRADING) == ("r1", "trading_partner")
    assert await found("r1", ACCESS) == "no r1"
    assert await found("r3", ACCESS) == ("r3", "access")
    assert await found("s1", TRADING) == "no s1"  # of another organization
    assert await found(2, COMMERCE, "number") == ("acc2", "commerce")
    assert await found(1, COMMERCE, "number") == "no 1"
    assert await found("conn_hubspot_1", CONNECTOR, "external_ref") == ("acc1", "connector")
    assert await found("conn_south_1", CONNECTOR, "external_ref") == "no conn_south_1"


async def test_inside_of_a_write_it_is_as_that_has_left_it(store):
    async with context_of(store, "north").write(Scope.WRITE) as write:
        await write.update(db.connection_requests, "r1", {"kind": "access"})
        row = await one_of_kind(write.context, "r1", ACCESS, columns=("org_name",), missing="none")
        assert row.org_name == "Baz Boutique"
        with pytest.raises(NotFound):
            await one_of_kind(write.context, "r1", TRADING, columns=("org_name",), missing="none")
        write.happened(told("connection_requests"))
