"""Crux Connect, the paths of its connection requests: https://github.com/CruxConnect/crux-docs."""

from gateway.rest.vendor import Vendor
from gateway.vendors.crux.reads import READS
from gateway.vendors.crux.refusals import credential, refuse

VENDOR = Vendor(
    name="crux",
    title="Crux Connect",
    documentation="https://github.com/CruxConnect/crux-docs",
    reads=READS,
    credential=credential,
    refuse=refuse,
    prefixes=("", "/timp"),
    namespaces=("/organizations", "/timp"),
    write_paths=("/organizations/files/upload/", "/organizations/user-login/"),
)
