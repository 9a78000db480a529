"""The members that a vendor's own clients require of an answer: the vendor's documents, copied.

Every answer of the vendors' tests is held against the OpenAPI document (tests/vendors/openapi.py), so what is required
there is in every body. Crux and ActiveCampaign publish no list of what is required: it is what their examples show.
"""

import pytest

from gateway.rest.openapi import example, openapi
from gateway.vendors import VENDORS

# https://github.com/opalsecurity/opal-python, api/openapi.yaml
OPAL = {
    "RequestList": ["requests"],
    "Request": ["id", "created_at", "updated_at", "requester_id", "status", "reason"],
    "RequestConnection": ["edges", "pageInfo", "totalCount"],
    "RequestEdge": ["node", "cursor"],
    "PageInfo": ["hasNextPage", "endCursor", "hasPreviousPage", "startCursor"],
    "RequestCommentList": ["comments"],
    "RequestComment": ["created_at", "request_id", "user_id", "comment"],
    "CreatedRequest": ["id"],
    "OneRequest": ["request"],
    "EmbeddedComment": ["created_at", "updated_at", "request_id", "user_id", "comment"],
}
# https://github.com/openintegrations/openint, docs/mintlify.oas.yml, and general.ts of packages/api-v1/trpc/routers
OPENINT = {
    "Connections": ["items", "total", "limit", "offset"],
    "Connection": [
        *("id", "customer_id", "connector_config_id", "integration_id", "created_at", "updated_at"),
        *("display_name", "disabled", "connector_name"),
    ],
    "Connectors": ["items", "total", "limit", "offset"],
    "Connector": ["name"],
    "Integration": ["id", "standard", "external", "created_at", "updated_at", "connector_name", "name"],
    "Viewer": ["role"],
    "ConnectorConfigs": ["items", "total", "limit", "offset"],
    "ConnectorConfig": ["id", "created_at", "updated_at", "org_id", "connector_name"],
    "Customer": ["org_id", "id", "metadata", "created_at", "updated_at"],
    "Customers": ["items", "total", "limit", "offset"],
    "ListedCustomer": ["id", "connection_count", "created_at", "updated_at"],
    "Token": ["token", "magic_link_url", "api_key"],
    "Checked": ["id", "status", "status_message"],
    "Deleted": ["id"],
}
REQUIRED = {"Opal": OPAL, "Openint": OPENINT}

DOCUMENT = openapi(VENDORS)
SCHEMAS = DOCUMENT["components"]["schemas"]


@pytest.mark.parametrize(
    ("name", "members"),
    [(vendor + name, members) for vendor, listed in REQUIRED.items() for name, members in listed.items()],
)
def test_what_the_vendor_requires_is_required(name, members) -> None:
    assert set(members) <= set(SCHEMAS[name]["required"])


def answered() -> set[str]:
    """The schemas that answers are made of: what is only written is held against nothing here."""
    waiting: list[object] = [
        operation["responses"]
        for item in DOCUMENT["paths"].values()
        for method, operation in item.items()
        if method != "description"
    ]
    found: set[str] = set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            name = str(each.get("$ref", "")).rpartition("/")[2]
            if name in SCHEMAS and name not in found:
                found.add(name)
                waiting.append(SCHEMAS[name])
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found


def test_every_answer_of_these_vendors_is_held_against_their_lists() -> None:
    """Nested objects whose members are all optional to the vendor are left out of its lists."""
    named = {name for name in answered() if name.startswith(tuple(REQUIRED))}
    listed = {vendor + name for vendor, members in REQUIRED.items() for name in members}
    assert named - listed == {"OpalRequestedItem", "OpenintConnectorSchemas", "OpenintConnectorScope"}


@pytest.mark.parametrize(
    ("file", "path", "name"),
    [
        ("crux-list.json", ("requests", 0, "integrations", 0), "CruxIntegration"),
        ("crux-list.json", ("requests", 0, "uploaded_files", 0), "CruxFile"),
        ("crux-list.json", ("pagination",), "CruxPagination"),
        ("crux-detail.json", (), "CruxConnectionRequest"),
        ("crux-detail.json", ("approved_by",), "CruxApproval"),
        ("crux-detail.json", ("approved_by", "person"), "CruxPerson"),
        ("activecampaign-connections.json", ("connections", 0), "ActivecampaignConnection"),
        ("activecampaign-connections.json", ("connections", 0, "links"), "ActivecampaignLinks"),
        ("activecampaign-connections.json", ("meta",), "ActivecampaignMeta"),
    ],
)
def test_what_the_vendor_shows_is_required(file, path, name) -> None:
    shown = example(file)
    for key in path:
        shown = shown[key]
    # One of the two is in every request: the vendor documents both, and its examples have the retailer's alone.
    assert set(shown) - {"retailer_account_number"} <= set(SCHEMAS[name]["required"])
