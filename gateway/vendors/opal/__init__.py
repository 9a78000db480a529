"""Opal, the paths of its access requests: https://docs.opal.dev/api-reference/requests."""

from gateway.exchange.formats import Export, Form, Layout
from gateway.rest.vendor import Endpoint, Vendor
from gateway.vendors.opal.conditions import ACCESS
from gateway.vendors.opal.pages import ORDER, PATH, recase
from gateway.vendors.opal.reads import READS
from gateway.vendors.opal.refusals import credential, refuse
from gateway.vendors.opal.shapes import COMMENTS, REQUEST

VENDOR = Vendor(
    name="opal",
    title="Opal",
    documentation="https://docs.opal.dev/api-reference/requests",
    endpoints=(
        *READS,
        Endpoint(method="POST", path=f"{PATH}/{{id}}/approve", operation_id="approve_request"),
        Endpoint(method="POST", path=f"{PATH}/{{id}}/deny", operation_id="deny_request"),
    ),
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
