"""OpenInt, the paths of its connections and connectors: https://docs.openint.dev."""

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.exchange.formats import Export, Layout
from gateway.rest.vendor import Vendor
from gateway.vendors.openint.connections import CONNECTORS_ALONE
from gateway.vendors.openint.reads import READS
from gateway.vendors.openint.refusals import credential, refuse
from gateway.vendors.openint.shapes import WHOLE_CONNECTION

# Its SDK of version 1 calls /v1/connection, that of version 2 /v2/connection; the documents have no prefix.
PREFIXES = ("", "/v1", "/v2")
RESOURCES = ("/connection", "/connector", "/connector-config", "/customer", "/event", "/viewer")

VENDOR = Vendor(
    name="openint",
    title="OpenInt",
    documentation="https://docs.openint.dev",
    endpoints=READS,
    credential=credential,
    refuse=refuse,
    layout=Layout(
        lists={"items": WHOLE_CONNECTION}, bare=WHOLE_CONNECTION, failures=frozenset(("message", "code"))
    ),
    exports=(
        Export(
            shape=WHOLE_CONNECTION,
            order=Order.of(db.connected_accounts, (("created_at", False),)),
            where=CONNECTORS_ALONE,
        ),
    ),
    examples=("openint-connection.json",),
    prefixes=PREFIXES,
    namespaces=tuple(f"{prefix}{resource}" for prefix in PREFIXES for resource in RESOURCES),
    credential_first=False,
    head_status=204,
)
