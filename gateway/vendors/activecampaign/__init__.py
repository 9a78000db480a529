"""ActiveCampaign's connections: https://developers.activecampaign.com/reference/list-all-connections."""

from gateway.exchange.formats import Export, Form, Layout
from gateway.rest.vendor import Vendor
from gateway.vendors.activecampaign.customer_writes import CUSTOMER_WRITES
from gateway.vendors.activecampaign.customers import CUSTOMER_READS
from gateway.vendors.activecampaign.links import LINKED
from gateway.vendors.activecampaign.probes import PROBES
from gateway.vendors.activecampaign.reads import BY_NUMBER, COMMERCE, READS
from gateway.vendors.activecampaign.refusals import credential, refuse
from gateway.vendors.activecampaign.shapes import CONNECTION, SINGLE_CONNECTION
from gateway.vendors.activecampaign.writes import WRITES

VENDOR = Vendor(
    name="activecampaign",
    title="ActiveCampaign",
    documentation="https://developers.activecampaign.com/reference/list-all-connections",
    endpoints=(*READS, *WRITES, *CUSTOMER_READS, *CUSTOMER_WRITES, *LINKED, *PROBES),
    credential=credential,
    refuse=refuse,
    security=(
        {"type": "apiKey", "in": "header", "name": "Api-Token"},
        {
            "type": "apiKey",
            "in": "query",
            "name": "api_key",
            "description": "The API token in the URL. Supported for older clients; prefer the header `Api-Token`.",
        },
    ),
    token_scheme="",
    layout=Layout(
        lists={"connections": CONNECTION},
        single={"connection": SINGLE_CONNECTION},
        bare=CONNECTION,
        without_records=frozenset(name for each in PROBES for name in each.response.__annotations__),
        failures=frozenset(("message", "errors")),
    ),
    exports=(
        Export(
            shape=CONNECTION,
            order=BY_NUMBER,
            where=COMMERCE,
            also=(Form(shape=SINGLE_CONNECTION, member="connection"),),
        ),
    ),
    examples=("activecampaign-connections.json",),
    prefixes=("/api/3",),
    namespaces=("/api/3",),
)
