"""Crux Connect's connection requests: https://github.com/CruxConnect/crux-docs."""

from gateway.exchange.formats import Export, Layout
from gateway.rest.vendor import Vendor
from gateway.vendors.crux.connections import CONNECTIONS, Connection
from gateway.vendors.crux.files import UPLOAD
from gateway.vendors.crux.logins import LOGIN
from gateway.vendors.crux.reads import ORDER, READS, TRADING_PARTNERS
from gateway.vendors.crux.refusals import credential, refuse
from gateway.vendors.crux.shapes import CONNECTION_REQUEST
from gateway.vendors.crux.writes import WRITES

VENDOR = Vendor(
    name="crux",
    title="Crux Connect",
    documentation="https://github.com/CruxConnect/crux-docs",
    endpoints=(
        *READS,
        *CONNECTIONS,
        *WRITES,
        UPLOAD,
        LOGIN,
    ),
    credential=credential,
    refuse=refuse,
    security=(
        {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "The word `Token`, a space, and the API token: `Token <token>`.",
        },
    ),
    token_scheme="Token",
    layout=Layout(
        lists={"requests": CONNECTION_REQUEST},
        bare=CONNECTION_REQUEST,
        # Connections are shown of requests that are approved; of their own they have nothing that is kept.
        without_records=frozenset(Connection.__annotations__),
        # What is wrong with a write is said by the names that only writes have.
        failures=frozenset(
            (
                "detail",
                "non_field_errors",
                "organization_name",
                "primary_contact_name",
                "file",
                "username",
                "password",
            )
        ),
        repairs=True,
    ),
    exports=(Export(shape=CONNECTION_REQUEST, order=ORDER, where=TRADING_PARTNERS),),
    examples=("crux-list.json", "crux-detail.json"),
    prefixes=("", "/timp"),
    namespaces=("/organizations", "/timp"),
)
