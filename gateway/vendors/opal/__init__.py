"""Opal, the paths of its access requests: https://docs.opal.dev/api-reference/requests."""

from gateway.rest.vendor import Vendor
from gateway.vendors.opal.pages import PATH
from gateway.vendors.opal.reads import READS
from gateway.vendors.opal.refusals import credential, refuse

VENDOR = Vendor(
    name="opal",
    title="Opal",
    documentation="https://docs.opal.dev/api-reference/requests",
    reads=READS,
    credential=credential,
    refuse=refuse,
    prefixes=("/v1",),
    namespaces=(f"/v1{PATH}",),
    write_paths=(f"{PATH}/{{id}}/approve", f"{PATH}/{{id}}/deny"),
)
