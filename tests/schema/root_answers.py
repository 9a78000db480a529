"""Queries of root fields that are no lists, and their data, as literals."""

from tests.graph import gid

ROOT_CASES = {
    "viewer": (
        """{ viewer { name scopes customerId person { uuid }
             organization { id uuid name kind timezone forbidsOwnApproval createdAt updatedAt version } } }""",
        {
            "viewer": {
                "name": "test",
                "scopes": ["read", "secrets"],
                "customerId": None,
                "person": None,
                "organization": {
                    "id": gid("Organization", "north"),
                    "uuid": "north",
                    "name": "North Stores",
                    "kind": "RETAILER",
                    "timezone": "America/Chicago",
                    "forbidsOwnApproval": False,
                    "createdAt": "2018-04-09T00:00:00Z",
                    "updatedAt": "2018-04-09T00:00:00Z",
                    "version": 1,
                },
            }
        },
    ),
    "counts": (
        "{ connectionRequestCounts { status count } }",
        {
            "connectionRequestCounts": [
                {"status": "PENDING", "count": 2},
                {"status": "APPROVED", "count": 1},
                {"status": "DENIED", "count": 1},
                {"status": "CANCELED", "count": 1},
            ]
        },
    ),
    "one of each": (
        """{ person(uuid: "ada") { fullName } file(uuid: "f1") { name } integration(uuid: "i1") { type }
             connector(name: "hubspot") { displayName } }""",
        {
            "person": {"fullName": "Ada Lovelace"},
            "file": {"name": "list.csv"},
            "integration": {"type": "ITEM"},
            "connector": {"displayName": "HubSpot"},
        },
    ),
    "organization": ("{ organization { uuid } }", {"organization": {"uuid": "north"}}),
}
