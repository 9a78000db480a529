"""Opal's access requests: https://docs.opal.dev/api-reference/requests."""

from gateway.exchange.formats import Export, Form, Layout
from gateway.rest.vendor import Vendor
from gateway.vendors.opal.conditions import ACCESS
from gateway.vendors.opal.pages import ORDER, PATH, recase
from gateway.vendors.opal.reads import READS
from gateway.vendors.opal.refusals import credential, refuse
from gateway.vendors.opal.shapes import COMMENTS, REQUEST
from gateway.vendors.opal.writes import WRITES

VENDOR = Vendor(
    name="opal",
    title="Opal",
    documentation="https://docs.opal.dev/api-reference/requests",
    endpoints=(*READS, *WRITES),
    credential=credential,
    refuse=refuse,
    layout=Layout(
        lists={"requests": REQUEST, "edges": Layout(single={"node": REQUEST})},
        single={"request": REQUEST},
        whole={"comments": COMMENTS},
        bare=REQUEST,
        failures=frozenset(("Message",)),
    ),
    exports=(
        Export(
            shape=REQUEST,
            order=ORDER,
            where=ACCESS,
            finish=recase,
            also=(Form(shape=COMMENTS, member="comments"),),
        ),
    ),
    examples=("opal-requests.json",),
    prefixes=("/v1",),
    namespaces=(f"/v1{PATH}",),
)
