"""How each write of a legacy path is called: by an organization that has the rows of `north`, and by nobody else."""

from dataclasses import dataclass
from typing import Any

from gateway.rest.vendor import Endpoint
from gateway.vendors import VENDORS
from tests.data import DAY


@dataclass(frozen=True)
class Example:
    """One call that succeeds.

    Attributes:
        method: of HTTP.
        path: with its prefix; it names a row of `north` that no other organization has, or no row.
        body: JSON-able.
        customer_status: of the answer to a customer's token that owns nothing.
        names_a_row: whether the path names a row of `north`.
        files: of a form, where that is the body.
    """

    method: str
    path: str
    body: Any = None
    customer_status: int = 404
    names_a_row: bool = True
    files: Any = None

    @property
    def content(self) -> dict[str, Any]:
        """The body, as the client takes it."""
        return {"json": self.body} if self.files is None else {"files": self.files}


CONNECTION = {
    "service": "fooCommerce",
    "externalid": "toystore123",
    "name": "Toystore, Inc.",
    "logoUrl": "http://example.com/i/foo.png",
    "linkUrl": "http://example.com/foo/",
}

ACCESS = {
    "reason": "on call",
    "duration_minutes": 60,
    "resources": [{"id": "res", "access_level_name": "Administrator"}],
    "groups": [],
}
ROWS = {
    "connection_requests": [{"id": "w1", "kind": "access", "status": "pending", "requested_at": DAY}],
    "connected_accounts": [
        {
            "id": "w2",
            "kind": "connector",
            "service": "hubspot",
            "external_ref": "conn_hubspot_w",
            "status": "healthy",
            "is_internal": False,
            "is_syncing": False,
        }
    ],
    "commerce_customers": [
        {
            "id": "w4",
            "number": 7,
            "connected_account_id": "acc2",
            "external_id": "w",
            "email": "w@example.com",
        }
    ],
    "connector_configs": [
        {"id": "ccfg_hubspot_w", "connector_name": "hubspot", "disabled": False},
        {"id": "ccfg_acme_w", "connector_name": "acme", "disabled": False},
    ],
}
"""What `north` has to have beside its rows."""

EXAMPLES = {
    ("activecampaign", "create-connection"): Example(
        "POST", "/api/3/connections", {"connection": CONNECTION}, 201, names_a_row=False
    ),
    ("activecampaign", "update-connection"): Example(
        "PUT", "/api/3/connections/2", {"connection": {"name": "Shop of shops"}}
    ),
    ("activecampaign", "create-customer"): Example(
        "POST",
        "/api/3/ecomCustomers",
        {"ecomCustomer": {"connectionid": "2", "externalid": "56789", "email": "alice@example.com"}},
        422,
        names_a_row=False,
    ),
    ("activecampaign", "update-customer"): Example(
        "PUT", "/api/3/ecomCustomers/7", {"ecomCustomer": {"externalid": "98765"}}
    ),
    ("activecampaign", "delete-customer"): Example("DELETE", "/api/3/ecomCustomers/7"),
    ("activecampaign", "delete-connection"): Example("DELETE", "/api/3/connections/2"),
    ("crux", "requestConnection"): Example(
        "POST",
        "/organizations/connections/request/",
        {"organization_name": "Baz", "primary_contact_name": "Ann"},
        403,
        names_a_row=False,
    ),
    ("crux", "updateConnectionRequest"): Example(
        "PATCH", "/timp/organizations/connections/request/r2/", {"org_name": "Bar"}
    ),
    ("crux", "uploadFile"): Example(
        "POST",
        "/timp/organizations/files/upload/",
        files={"file": ("MyFile.rtf", b"hello", "text/rtf")},
        customer_status=403,
        names_a_row=False,
    ),
    ("opal", "createRequest"): Example("POST", "/v1/requests", ACCESS, 403, names_a_row=False),
    ("opal", "createRequestComment"): Example("POST", "/v1/requests/r3/comments", {"comment": "Why?"}),
    ("opal", "approveRequest"): Example("POST", "/v1/requests/r3/approve", {"level": "REGULAR"}),
    ("opal", "denyRequest"): Example("POST", "/v1/requests/w1/deny", {"comment": "No."}),
    ("openint", "createConnection"): Example(
        "POST",
        "/v2/connection",
        {"connector_config_id": "ccfg_acme_w", "customer_id": "cus9", "data": {"connector_name": "acme"}},
        403,
        names_a_row=False,
    ),
    ("openint", "deleteConnection"): Example("DELETE", "/v2/connection/conn_hubspot_w"),
    ("openint", "createConnectorConfig"): Example(
        "POST", "/v2/connector-config", {"connector_name": "acme"}, 403, names_a_row=False
    ),
    ("openint", "updateConnectorConfig"): Example(
        "PUT", "/v2/connector-config/ccfg_hubspot_w", {"disabled": True}, 403
    ),
    ("openint", "deleteConnectorConfig"): Example(
        "DELETE", "/v2/connector-config/ccfg_hubspot_w", customer_status=403
    ),
    ("openint", "upsertCustomer"): Example("PUT", "/v1/customer", {"id": "cus9"}, 403, names_a_row=False),
    ("openint", "createToken"): Example("POST", "/v1/customer/cus9/token", {}, 403, names_a_row=False),
}
"""By the vendor and the operation, in an order in which all of them succeed on one store."""


def endpoints() -> dict[tuple[str, str], Endpoint[Any]]:
    """Every write that is served; OpenInt's check of a connection has the method of one and changes nothing."""
    return {
        (vendor.name, each.operation_id): each
        for vendor in VENDORS
        for each in vendor.served
        if each.method != "GET" and each.scope != "read"
    }
