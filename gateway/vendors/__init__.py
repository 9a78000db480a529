"""The vendors whose REST APIs the gateway still answers; one package each, one line here."""

from gateway.rest.vendor import Vendor
from gateway.vendors import crux, opal

VENDORS: tuple[Vendor, ...] = (crux.VENDOR, opal.VENDOR)
