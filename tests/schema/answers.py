"""Queries of every field of every type, and their data, as literals."""

from tests.graph import gid
from tests.schema.root_answers import ROOT_CASES

CASES = {
    **ROOT_CASES,
    "connection request": (
        """{ connectionRequest(uuid: "r1") {
             id uuid kind status isApproved orgName orgContactFullName primaryContactPhone primaryContactEmail
             retailerAccountNumber supplierAccountNumber additionalInformation reason durationMinutes
             targetGroupId requestedAt createdAt updatedAt version
             approvedBy { id uuid approvedAt createdAt person { uuid } connectionRequest { uuid } }
             decision { id outcome decidedAt comment decidedBy { uuid } }
             viewerCan { update { isAllowed code reason } approve { code } deny { code } cancel { code } }
             requester { uuid } targetUser { uuid } organization { uuid } } }""",
        {
            "connectionRequest": {
                "id": gid("ConnectionRequest", "r1"),
                "uuid": "r1",
                "kind": "TRADING_PARTNER",
                "status": "APPROVED",
                "isApproved": True,
                "orgName": "Baz Boutique",
                "orgContactFullName": "Baz Smith",
                "primaryContactPhone": "+1-555",
                "primaryContactEmail": "baz@boutique.example",
                "retailerAccountNumber": "00123",
                "supplierAccountNumber": "S-9",
                "additionalInformation": "see https://me:hunter2@host.example/x",
                "reason": None,
                "durationMinutes": None,
                "targetGroupId": None,
                "requestedAt": "2018-01-05T00:00:00Z",
                "createdAt": "2018-01-06T00:00:00Z",
                "updatedAt": "2018-01-07T00:00:00Z",
                "version": 1,
                "decision": {
                    "id": gid("Decision", "r1"),
                    "outcome": "APPROVED",
                    "decidedAt": "2018-01-06T10:00:00Z",
                    "comment": None,
                    "decidedBy": {"uuid": "ada"},
                },
                "viewerCan": {
                    "update": {
                        "isAllowed": False,
                        "code": "FORBIDDEN",
                        "reason": "This needs a token with the scope `write`.",
                    },
                    **{key: {"code": "FORBIDDEN"} for key in ("approve", "deny", "cancel")},
                },
                "approvedBy": {
                    "id": gid("Approval", "a1"),
                    "uuid": "a1",
                    "approvedAt": "2018-01-06T10:00:00Z",
                    "createdAt": "2018-04-09T00:00:00Z",
                    "person": {"uuid": "ada"},
                    "connectionRequest": {"uuid": "r1"},
                },
                "requester": {"uuid": "ada"},
                "targetUser": None,
                "organization": {"uuid": "north"},
            }
        },
    ),
    "access request": (
        """query ($id: ID!) { connectionRequest(id: $id) { kind status isApproved orgName reason durationMinutes
             targetGroupId approvedBy { uuid } targetUser { uuid fullName } } }""",
        {
            "connectionRequest": {
                "kind": "ACCESS",
                "status": "PENDING",
                "isApproved": False,
                "orgName": None,
                "reason": "on call",
                "durationMinutes": 60,
                "targetGroupId": "g1",
                "approvedBy": None,
                "targetUser": {"uuid": "cat", "fullName": None},
            }
        },
    ),
    "children": (
        """{ connectionRequest(uuid: "r1") {
             integrations { totalCount pageInfo { hasNextPage hasPreviousPage } nodes { uuid }
                            edges { node { uuid } } }
             uploadedFiles { totalCount nodes { uuid } edges { node { name } } }
             comments { totalCount nodes { uuid body } edges { node { uuid } } } } }""",
        {
            "connectionRequest": {
                "integrations": {
                    "totalCount": 2,
                    "pageInfo": {"hasNextPage": False, "hasPreviousPage": False},
                    "nodes": [{"uuid": "i1"}, {"uuid": "i2"}],
                    "edges": [{"node": {"uuid": "i1"}}, {"node": {"uuid": "i2"}}],
                },
                "uploadedFiles": {
                    "totalCount": 2,
                    "nodes": [{"uuid": "f1"}, {"uuid": "f2"}],
                    "edges": [{"node": {"name": "list.csv"}}, {"node": {"name": "Photo.PNG"}}],
                },
                "comments": {
                    "totalCount": 3,
                    "nodes": [
                        {"uuid": "c2", "body": "first"},
                        {"uuid": "c3", "body": "second"},
                        {"uuid": "c1", "body": "third"},
                    ],
                    "edges": [{"node": {"uuid": each}} for each in ("c2", "c3", "c1")],
                },
            }
        },
    ),
    "requested items": (
        """{ connectionRequest(uuid: "r3") { requestedItems { totalCount edges { node { uuid } } nodes {
             id uuid resourceId groupId accessLevelName accessLevelRemoteId name remoteId remoteName version
             connectionRequest { uuid } } } } }""",
        {
            "connectionRequest": {
                "requestedItems": {
                    "totalCount": 2,
                    "edges": [{"node": {"uuid": "q2"}}, {"node": {"uuid": "q1"}}],
                    "nodes": [
                        {
                            "id": gid("RequestedItem", "q2"),
                            "uuid": "q2",
                            "resourceId": "res",
                            "groupId": None,
                            "accessLevelName": "Administrator",
                            "accessLevelRemoteId": "adm",
                            "name": "Ledger",
                            "remoteId": "rem",
                            "remoteName": "ledger-1",
                            "version": 1,
                            "connectionRequest": {"uuid": "r3"},
                        },
                        {
                            "id": gid("RequestedItem", "q1"),
                            "uuid": "q1",
                            "resourceId": None,
                            "groupId": "g1",
                            "accessLevelName": None,
                            "accessLevelRemoteId": None,
                            "name": "Staff",
                            "remoteId": None,
                            "remoteName": None,
                            "version": 1,
                            "connectionRequest": {"uuid": "r3"},
                        },
                    ],
                }
            }
        },
    ),
    "connected accounts": (
        """{ connectedAccounts(orderBy: {field: NUMBER}) { totalCount edges { node { uuid } } nodes {
             id uuid kind number externalRef service externalId name isInternal status statusMessage isSyncing
             lastSyncedAt logoUrl linkUrl listId customerId connectorConfigId integrationRef disabled metadata
             settings createdAt updatedAt version connectionRequest { uuid }
             connector { id name displayName logoUrl stage platforms authType scopes schemas }
             integration { id uuid connectorName name standard external logoUrl stage platforms category authType
                           version createdAt updatedAt } } } }""",
        {
            "connectedAccounts": {
                "totalCount": 2,
                "edges": [{"node": {"uuid": "acc1"}}, {"node": {"uuid": "acc2"}}],
                "nodes": [
                    {
                        "id": gid("ConnectedAccount", "acc1"),
                        "uuid": "acc1",
                        "kind": "CONNECTOR",
                        "number": 1,
                        "externalRef": "conn_hubspot_1",
                        "service": "hubspot",
                        "externalId": None,
                        "name": None,
                        "isInternal": False,
                        "status": "HEALTHY",
                        "statusMessage": None,
                        "isSyncing": False,
                        "lastSyncedAt": None,
                        "logoUrl": None,
                        "linkUrl": None,
                        "listId": None,
                        "customerId": "cus1",
                        "connectorConfigId": "ccfg_1",
                        "integrationRef": "int_1",
                        "disabled": None,
                        "metadata": {"b": 1, "a": [None]},
                        "settings": None,
                        "createdAt": "2018-01-05T00:00:00Z",
                        "updatedAt": "2018-04-09T00:00:00Z",
                        "version": 1,
                        "connectionRequest": {"uuid": "r1"},
                        "connector": {
                            "id": gid("Connector", "hubspot"),
                            "name": "hubspot",
                            "displayName": "HubSpot",
                            "logoUrl": "https://logo.example/h.png",
                            "stage": "ga",
                            "platforms": ["web"],
                            "authType": "OAUTH2",
                            "scopes": None,
                            "schemas": None,
                        },
                        "integration": {
                            "id": gid("ConnectorIntegration", "int_1"),
                            "uuid": "int_1",
                            "connectorName": "hubspot",
                            "name": "CRM",
                            "standard": {"z": 1, "a": 2},
                            "external": None,
                            "logoUrl": None,
                            "stage": "beta",
                            "platforms": ["mobile", "desktop"],
                            "category": "crm",
                            "authType": None,
                            "version": "2",
                            "createdAt": "2018-04-09T00:00:00Z",
                            "updatedAt": "2018-04-09T00:00:00Z",
                        },
                    },
                    {
                        "id": gid("ConnectedAccount", "acc2"),
                        "uuid": "acc2",
                        "kind": "COMMERCE",
                        "number": 2,
                        "externalRef": None,
                        "service": "shop",
                        "externalId": "shop-9",
                        "name": "Shop",
                        "isInternal": True,
                        "status": "ERROR",
                        "statusMessage": "refused",
                        "isSyncing": True,
                        "lastSyncedAt": "2018-04-08T00:00:00Z",
                        "logoUrl": "https://u:pw@logo.example/x.png",
                        "linkUrl": "https://shop.example",
                        "listId": "7",
                        "customerId": "cus2",
                        "connectorConfigId": None,
                        "integrationRef": None,
                        "disabled": False,
                        "metadata": None,
                        "settings": None,
                        "createdAt": "2018-04-09T00:00:00Z",
                        "updatedAt": "2018-04-10T00:00:00Z",
                        "version": 1,
                        "connectionRequest": None,
                        "connector": None,
                        "integration": None,
                    },
                ],
            }
        },
    ),
    "one connected account": (
        """{ a: connectedAccount(number: 2) { uuid } b: connectedAccount(externalRef: "conn_hubspot_1") { uuid }
             c: connectedAccount(number: 3) { uuid } d: connectedAccount(id: "x") { uuid }
             e: connectedAccount(id: "conn_hubspot_1") { uuid }
             connectionRequest(uuid: "r1") { connectedAccounts { totalCount edges { node { uuid } } nodes {
               number } } } }""",
        {
            "a": {"uuid": "acc2"},
            "b": {"uuid": "acc1"},
            "c": None,
            "d": None,
            "e": {"uuid": "acc1"},
            "connectionRequest": {
                "connectedAccounts": {
                    "totalCount": 1,
                    "edges": [{"node": {"uuid": "acc1"}}],
                    "nodes": [{"number": 1}],
                }
            },
        },
    ),
    "connectors": (
        "{ connectors { totalCount edges { node { name } } nodes { name platforms } } }",
        {
            "connectors": {
                "totalCount": 2,
                "edges": [{"node": {"name": "acme"}}, {"node": {"name": "hubspot"}}],
                "nodes": [{"name": "acme", "platforms": None}, {"name": "hubspot", "platforms": ["web"]}],
            }
        },
    ),
    "no children": (
        """{ connectionRequest(uuid: "r3") { integrations { totalCount nodes { uuid } edges { cursor }
               pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
             comments { totalCount } } }""",
        {
            "connectionRequest": {
                "integrations": {
                    "totalCount": 0,
                    "nodes": [],
                    "edges": [],
                    "pageInfo": {
                        "hasNextPage": False,
                        "hasPreviousPage": False,
                        "startCursor": None,
                        "endCursor": None,
                    },
                },
                "comments": {"totalCount": 0},
            }
        },
    ),
    "comment": (
        """query ($id: ID!) { node(id: $id) { __typename ... on Comment { id uuid body createdAt updatedAt version
             author { uuid } connectionRequest { uuid orgName } } } }""",
        {
            "node": {
                "__typename": "Comment",
                "id": gid("Comment", "c1"),
                "uuid": "c1",
                "body": "third",
                "createdAt": "2018-04-10T00:00:00Z",
                "updatedAt": "2018-04-09T00:00:00Z",
                "version": 1,
                "author": {"uuid": "bob"},
                "connectionRequest": {"uuid": "r1", "orgName": "Baz Boutique"},
            }
        },
    ),
    "integrations": (
        """{ integrations(first: 2, filter: {connectionRequest: {uuid: {eq: "r1"}}}) { nodes { id uuid type
             integrationType updateFrequency feedSourceFileLocations fileSpecs rules createdAt updatedAt version
             connectionRequest { uuid }
             schedule { raw isValid problem dialect description warnings
                        nextRuns(first: 2, after: "2018-04-09T06:00:00Z", timezone: null) } } } }""",
        {
            "integrations": {
                "nodes": [
                    {
                        "id": gid("Integration", "i2"),
                        "uuid": "i2",
                        "type": "ORDER",
                        "integrationType": "orders",
                        "updateFrequency": "* 20 12 3 8,9 *",
                        "feedSourceFileLocations": None,
                        "fileSpecs": None,
                        "rules": None,
                        "createdAt": "2018-01-06T00:00:00Z",
                        "updatedAt": "2018-04-09T00:00:00Z",
                        "version": 1,
                        "connectionRequest": {"uuid": "r1"},
                        "schedule": {
                            "raw": "* 20 12 3 8,9 *",
                            "isValid": True,
                            "problem": None,
                            "dialect": "SECONDS_FIRST",
                            "description": "Every second, at 20 minutes past the hour, between 12:00 and 12:59, "
                            "on day 3 of the month, only in August and September",
                            "warnings": [
                                "It fires at every second of each minute that it names, 60 times a minute; "
                                "0 in the seconds field fires once."
                            ],
                            "nextRuns": ["2018-08-03T17:20:00Z", "2018-08-03T17:20:01Z"],
                        },
                    },
                    {
                        "id": gid("Integration", "i1"),
                        "uuid": "i1",
                        "type": "ITEM",
                        "integrationType": "items",
                        "updateFrequency": "33 * * * *",
                        "feedSourceFileLocations": "ftp://foo:bar@baz.blerg/items",
                        "fileSpecs": "csv, see sftp://u:pw@h/spec",
                        "rules": "ask https://a:b@rules.example",
                        "createdAt": "2018-01-05T00:00:00Z",
                        "updatedAt": "2018-01-06T00:00:00Z",
                        "version": 1,
                        "connectionRequest": {"uuid": "r1"},
                        "schedule": {
                            "raw": "33 * * * *",
                            "isValid": True,
                            "problem": None,
                            "dialect": "UNIX",
                            "description": "At 33 minutes past the hour",
                            "warnings": [],
                            "nextRuns": ["2018-04-09T06:33:00Z", "2018-04-09T07:33:00Z"],
                        },
                    },
                ]
            }
        },
    ),
    "schedules that are none": (
        """{ integrations(filter: {connectionRequest: {uuid: {eq: "r2"}}}, orderBy: {field: POSITION}) { nodes {
             type integrationType rules
             schedule { raw isValid problem dialect description nextRuns warnings } } } }""",
        {
            "integrations": {
                "nodes": [
                    {
                        "type": "ALLOCATION",
                        "integrationType": "allocation",
                        "rules": None,
                        "schedule": None,
                    },
                    {
                        "type": "OTHER",
                        "integrationType": "whatever",
                        "rules": "",
                        "schedule": {
                            "raw": "ftp://foo:bar@baz.blerg",
                            "isValid": False,
                            "problem": "“ftp://***@baz.blerg” is a location, not a cron text.",
                            "dialect": None,
                            "description": None,
                            "nextRuns": [],
                            "warnings": [],
                        },
                    },
                ]
            }
        },
    ),
    "files": (
        """{ files(orderBy: {field: NAME}) { totalCount pageInfo { hasNextPage } edges { node { id uuid name
             contentType size sha256 downloadUrl createdAt connectionRequest { uuid }
             connectionRequests { totalCount nodes { uuid } } } } } }""",
        {
            "files": {
                "totalCount": 4,
                "pageInfo": {"hasNextPage": False},
                "edges": [
                    {
                        "node": {
                            "id": gid("File", "f1"),
                            "uuid": "f1",
                            "name": "list.csv",
                            "contentType": "text/csv",
                            "size": 10,
                            "sha256": "abababababababababababababababababababababababababababababababab",
                            "downloadUrl": None,
                            "createdAt": "2018-01-05T00:00:00Z",
                            "connectionRequest": {"uuid": "r1"},
                            "connectionRequests": {"totalCount": 1, "nodes": [{"uuid": "r1"}]},
                        }
                    },
                    {
                        "node": {
                            "id": gid("File", "f4"),
                            "uuid": "f4",
                            "name": "loose.txt",
                            "contentType": None,
                            "size": 0,
                            "sha256": None,
                            "downloadUrl": None,
                            "createdAt": "2018-01-06T00:00:00Z",
                            "connectionRequest": None,
                            "connectionRequests": {"totalCount": 0, "nodes": []},
                        }
                    },
                    {
                        "node": {
                            "id": gid("File", "f3"),
                            "uuid": "f3",
                            "name": "notes",
                            "contentType": None,
                            "size": None,
                            "sha256": None,
                            "downloadUrl": None,
                            "createdAt": "2018-04-09T00:00:00Z",
                            "connectionRequest": {"uuid": "r3"},
                            "connectionRequests": {"totalCount": 1, "nodes": [{"uuid": "r3"}]},
                        }
                    },
                    {
                        "node": {
                            "id": gid("File", "f2"),
                            "uuid": "f2",
                            "name": "Photo.PNG",
                            "contentType": "image/png",
                            "size": 1099511627776,
                            "sha256": None,
                            "downloadUrl": None,
                            "createdAt": "2018-04-09T00:00:00Z",
                            "connectionRequest": {"uuid": "r1"},
                            "connectionRequests": {"totalCount": 1, "nodes": [{"uuid": "r1"}]},
                        }
                    },
                ],
            }
        },
    ),
    "people": (
        """{ people(orderBy: {field: CREATED_AT}) { totalCount edges { node { uuid } } nodes {
             id uuid firstName lastName fullName email phone jobTitle createdAt updatedAt version
             approvals { totalCount edges { cursor node { uuid } } nodes { uuid connectionRequest { orgName } }
                         pageInfo { hasNextPage } }
             connectionRequests { totalCount nodes { uuid } } } } }""",
        {
            "people": {
                "totalCount": 3,
                "edges": [{"node": {"uuid": each}} for each in ("ada", "bob", "cat")],
                "nodes": [
                    {
                        "id": gid("Person", "ada"),
                        "uuid": "ada",
                        "firstName": "Ada",
                        "lastName": "Lovelace",
                        "fullName": "Ada Lovelace",
                        "email": "ada@north.example",
                        "phone": "+44 1",
                        "jobTitle": "Analyst",
                        "createdAt": "2018-01-01T00:00:00Z",
                        "updatedAt": "2018-02-01T10:00:00.000001Z",
                        "version": 1,
                        "approvals": {
                            "totalCount": 1,
                            "edges": [{"cursor": "ada's", "node": {"uuid": "a1"}}],
                            "nodes": [{"uuid": "a1", "connectionRequest": {"orgName": "Baz Boutique"}}],
                            "pageInfo": {"hasNextPage": False},
                        },
                        "connectionRequests": {"totalCount": 2, "nodes": [{"uuid": "r1"}, {"uuid": "r5"}]},
                    },
                    {
                        "id": gid("Person", "bob"),
                        "uuid": "bob",
                        "firstName": "Bob",
                        "lastName": None,
                        "fullName": "Bob",
                        "email": "BOB@north.example",
                        "phone": None,
                        "jobTitle": None,
                        "createdAt": "2018-01-02T00:00:00Z",
                        "updatedAt": "2018-04-09T00:00:00Z",
                        "version": 1,
                        "approvals": {
                            "totalCount": 1,
                            "edges": [{"cursor": "bob's", "node": {"uuid": "a2"}}],
                            "nodes": [{"uuid": "a2", "connectionRequest": {"orgName": "Zeta"}}],
                            "pageInfo": {"hasNextPage": False},
                        },
                        "connectionRequests": {"totalCount": 1, "nodes": [{"uuid": "r3"}]},
                    },
                    {
                        "id": gid("Person", "cat"),
                        "uuid": "cat",
                        "firstName": None,
                        "lastName": None,
                        "fullName": None,
                        "email": None,
                        "phone": None,
                        "jobTitle": None,
                        "createdAt": "2018-01-02T00:00:00Z",
                        "updatedAt": "2018-04-09T00:00:00Z",
                        "version": 1,
                        "approvals": {
                            "totalCount": 0,
                            "edges": [],
                            "nodes": [],
                            "pageInfo": {"hasNextPage": False},
                        },
                        "connectionRequests": {"totalCount": 0, "nodes": []},
                    },
                ],
            }
        },
    ),
    "requests": (
        """{ connectionRequests(first: 2) { totalCount pageInfo { hasNextPage hasPreviousPage }
             nodes { uuid } edges { node { uuid } } } }""",
        {
            "connectionRequests": {
                "totalCount": 5,
                "pageInfo": {"hasNextPage": True, "hasPreviousPage": False},
                "nodes": [{"uuid": "r1"}, {"uuid": "r5"}],
                "edges": [{"node": {"uuid": "r1"}}, {"node": {"uuid": "r5"}}],
            }
        },
    ),
}
VARIABLES = {
    "access request": {"id": gid("ConnectionRequest", "r3")},
    "comment": {"id": gid("Comment", "c1")},
}
