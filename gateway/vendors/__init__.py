"""The vendors whose REST APIs the gateway serves: one package each, one line here."""

from gateway.rest.vendor import Vendor
from gateway.vendors import activecampaign, crux, opal, openint

VENDORS: tuple[Vendor, ...] = (crux.VENDOR, activecampaign.VENDOR, openint.VENDOR, opal.VENDOR)
