"""OpenInt's connections and connectors: https://docs.openint.dev."""

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.exchange.formats import Either, Export, Layout
from gateway.rest.vendor import Vendor
from gateway.vendors.openint.connections import CONNECTORS_ALONE
from gateway.vendors.openint.connectors import ALONE, BY_NAME
from gateway.vendors.openint.customers import CUSTOMERS
from gateway.vendors.openint.reads import READS
from gateway.vendors.openint.refusals import credential, refuse
from gateway.vendors.openint.shapes import LISTED_CONNECTOR, WHOLE_CONNECTION
from gateway.vendors.openint.viewer import Viewer
from gateway.vendors.openint.writes import WRITES

# Its SDK of version 1 calls /v1/connection, that of version 2 /v2/connection; the documents have no prefix.
PREFIXES = ("", "/v1", "/v2")
RESOURCES = ("/connection", "/connector", "/connector-config", "/customer", "/event", "/viewer")

VENDOR = Vendor(
    name="openint",
    title="OpenInt",
    documentation="https://docs.openint.dev",
    endpoints=(*READS, CUSTOMERS, *WRITES),
    credential=credential,
    refuse=refuse,
    layout=Layout(
        # a connector of the export that looks like a connection stands under the second name, which is not OpenInt's
        lists={"items": Either((WHOLE_CONNECTION, LISTED_CONNECTOR)), "connectors": LISTED_CONNECTOR},
        bare=WHOLE_CONNECTION,
        without_records=frozenset(Viewer.__annotations__),
        failures=frozenset(("message", "code")),
    ),
    exports=(
        Export(
            shape=WHOLE_CONNECTION,
            order=Order.of(db.connected_accounts, (("created_at", False),)),
            where=CONNECTORS_ALONE,
        ),
        Export(shape=LISTED_CONNECTOR, order=BY_NAME, where=ALONE),
    ),
    examples=("openint-connection.json",),
    prefixes=PREFIXES,
    namespaces=tuple(f"{prefix}{resource}" for prefix in PREFIXES for resource in RESOURCES),
    credential_first=False,
    head_status=204,
)
