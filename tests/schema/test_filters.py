"""Filters: a condition in, the ids of the rows that satisfy it out."""

import pytest
from graphql import GraphQLInputObjectType, get_nullable_type, is_list_type

from gateway.schema.schema import make_schema
from tests.graph import gid

pytestmark = pytest.mark.anyio

REQUESTS = [
    ({}, "r1 r2 r3 r4 r5"),
    ({"uuid": {"eq": "r1"}}, "r1"),
    ({"uuid": {"eq": "s1"}}, ""),
    ({"uuid": {"in": ["r1", "s1", "r3", "r1"]}}, "r1 r3"),
    ({"kind": {"eq": "ACCESS"}}, "r3 r5"),
    ({"kind": {"ne": "ACCESS"}}, "r1 r2 r4"),
    ({"kind": {"in": ["ACCESS", "TRADING_PARTNER"]}}, "r1 r2 r3 r4 r5"),
    ({"kind": {"notIn": ["ACCESS", "TRADING_PARTNER"]}}, ""),
    ({"kind": {"eq": None}}, ""),
    ({"kind": {"ne": None}}, "r1 r2 r3 r4 r5"),
    ({"status": {"eq": "PENDING"}}, "r2 r3"),
    ({"status": {"ne": "PENDING"}}, "r1 r4 r5"),
    ({"status": {"in": ["APPROVED", "DENIED"]}}, "r1 r4"),
    ({"status": {"notIn": ["APPROVED", "DENIED"]}}, "r2 r3 r5"),
    ({"orgName": {"eq": "Zeta"}}, "r5"),
    ({"orgName": {"eq": "zeta"}}, ""),
    ({"orgName": {"eq": ""}}, "r4"),
    ({"orgName": {"eq": None}}, "r3"),
    ({"orgName": {"ne": None}}, "r1 r2 r4 r5"),
    ({"orgName": {"ne": "Zeta"}}, "r1 r2 r3 r4"),
    ({"orgName": None, "comments": None, "search": None, "not": None, "or": None}, "r1 r2 r3 r4 r5"),
    ({"orgName": {"isNull": True}}, "r3"),
    ({"orgName": {"isNull": False}}, "r1 r2 r4 r5"),
    ({"orgName": {"isNull": None}}, "r1 r2 r3 r4 r5"),
    ({"orgName": {"in": ["Zeta", "", "Nobody"]}}, "r4 r5"),
    ({"orgName": {"in": []}}, ""),
    ({"orgName": {"in": None}}, "r1 r2 r3 r4 r5"),
    ({"orgName": {"notIn": ["Zeta", ""]}}, "r1 r2 r3"),
    ({"orgName": {"notIn": []}}, "r1 r2 r3 r4 r5"),
    ({"orgName": {"contains": "Z"}}, "r1 r5"),
    ({"orgName": {"contains": "äpfel"}}, "r2"),
    ({"orgName": {"contains": "apfel"}}, ""),
    ({"orgName": {"contains": ""}}, "r1 r2 r4 r5"),
    ({"orgName": {"contains": "%"}}, ""),
    ({"orgName": {"contains": "_"}}, ""),
    ({"orgName": {"contains": "\\"}}, ""),
    ({"orgName": {"startsWith": "BAZ b"}}, "r1"),
    ({"orgName": {"startsWith": "Ä"}}, "r2"),
    ({"orgName": {"startsWith": "outique"}}, ""),
    ({"orgName": {"contains": "z", "startsWith": "b"}}, "r1"),
    ({"orgName": {}}, "r1 r2 r3 r4 r5"),
    ({"orgName": None}, "r1 r2 r3 r4 r5"),
    ({"orgContactFullName": {"startsWith": "baz"}}, "r1"),
    ({"primaryContactPhone": {"contains": "555"}}, "r1"),
    ({"primaryContactEmail": {"contains": "@BOUTIQUE"}}, "r1"),
    ({"retailerAccountNumber": {"eq": "00123"}}, "r1"),
    ({"retailerAccountNumber": {"eq": "123"}}, ""),
    ({"supplierAccountNumber": {"eq": "S-9"}}, "r1"),
    ({"additionalInformation": {"contains": "hunter2"}}, "r1"),
    ({"reason": {"eq": "on call"}}, "r3"),
    ({"targetGroupId": {"eq": "g1"}}, "r3"),
    ({"durationMinutes": {"eq": 60}}, "r3"),
    ({"durationMinutes": {"eq": 2147483647}}, "r5"),
    ({"durationMinutes": {"eq": None}}, "r1 r2 r4"),
    ({"durationMinutes": {"ne": 60}}, "r1 r2 r4 r5"),
    ({"durationMinutes": {"in": [60, 61]}}, "r3"),
    ({"durationMinutes": {"lt": 60}}, ""),
    ({"durationMinutes": {"lte": 60}}, "r3"),
    ({"durationMinutes": {"gt": 60}}, "r5"),
    ({"durationMinutes": {"gte": 60}}, "r3 r5"),
    ({"durationMinutes": {"gte": -2147483648, "lte": 2147483647}}, "r3 r5"),
    ({"durationMinutes": {"isNull": True}}, "r1 r2 r4"),
    ({"requestedAt": {"eq": "2018-01-03"}}, "r2 r3"),
    ({"requestedAt": {"eq": "2018-01-03T02:00:00+02:00"}}, "r2 r3"),
    ({"requestedAt": {"eq": "2018-01-03T00:00:00.000001Z"}}, ""),
    ({"requestedAt": {"ne": "2018-01-03T00:00:00"}}, "r1 r4 r5"),
    ({"requestedAt": {"in": ["2018-01-01", "2018-01-05T00:00:00Z"]}}, "r1 r4"),
    ({"requestedAt": {"gt": "2018-01-03", "lt": "2018-01-05"}}, "r5"),
    ({"requestedAt": {"gte": "2018-01-03", "lte": "2018-01-05"}}, "r1 r2 r3 r5"),
    ({"requestedAt": {"gte": "0001-01-01", "lte": "9999-12-31T23:59:59.999999Z"}}, "r1 r2 r3 r4 r5"),
    ({"requestedAt": {"isNull": True}}, ""),
    ({"createdAt": {"eq": "2018-01-06"}}, "r1 r2"),
    ({"updatedAt": {"lt": "2018-04-09"}}, "r1"),
    ({"requester": {}}, "r1 r3 r5"),
    ({"requester": {"isNull": True}}, "r2 r4"),
    ({"requester": {"isNull": False}}, "r1 r3 r5"),
    ({"requester": {"isNull": None}}, "r1 r3 r5"),
    ({"requester": {"isNull": False, "firstName": {"eq": "Bob"}}}, "r3"),
    ({"requester": {"isNull": True, "firstName": {"eq": "Bob"}}}, ""),
    ({"not": {"requester": {"isNull": True}}}, "r1 r3 r5"),
    ({"or": [{"requester": {"isNull": True}}, {"requester": {"firstName": {"eq": "Bob"}}}]}, "r2 r3 r4"),
    ({"requester": {"id": {"eq": gid("Person", "ada")}}}, "r1 r5"),
    ({"requester": {"id": {"in": [gid("Person", each) for each in ("ada", "bob", "nobody")]}}}, "r1 r3 r5"),
    ({"requester": {"id": {"in": []}}}, ""),
    ({"requester": {"id": {"eq": "?"}}}, ""),
    ({"requester": {"id": {"eq": None}}}, ""),
    ({"requester": {"id": {"ne": gid("Person", "ada")}}}, "r3"),
    ({"requester": {"id": {"ne": "?"}}}, "r1 r3 r5"),
    ({"requester": {"id": {"ne": None}}}, "r1 r3 r5"),
    ({"requester": {"id": {"notIn": [gid("Person", "bob"), "?"]}}}, "r1 r5"),
    ({"requester": {"id": {"notIn": None, "in": None}}}, "r1 r3 r5"),
    ({"not": {"requester": {"id": {"eq": gid("Person", "ada")}}}}, "r2 r3 r4"),
    ({"requester": {"id": {"eq": gid("Person", "sam")}}}, ""),
    ({"id": {"eq": gid("ConnectionRequest", "r1")}}, "r1"),
    ({"id": {"notIn": [gid("ConnectionRequest", "r1"), gid("ConnectionRequest", "s1")]}}, "r2 r3 r4 r5"),
    ({"requester": {"fullName": {"eq": "Ada Lovelace"}}}, "r1 r5"),
    ({"search": "bou BAZ"}, "r1"),
    ({"requester": {"search": "love"}}, "r1 r5"),
    ({"orgName": {"eqIgnoreCase": "baz BOUTIQUE"}}, "r1"),
    ({"orgName": {"eqIgnoreCase": "äpfel & birnen"}}, "r2"),
    ({"orgName": {"eqIgnoreCase": "baz"}}, ""),
    ({"orgName": {"eqIgnoreCase": None}}, "r3"),
    ({"not": {"orgName": {"eqIgnoreCase": "ZETA"}}}, "r1 r2 r3 r4"),
    ({"requester": {"firstName": {"eq": "Ada"}}}, "r1 r5"),
    ({"requester": {"lastName": {"eq": None}}}, "r3"),
    ({"not": {"requester": {"firstName": {"eq": "Ada"}}}}, "r2 r3 r4"),
    ({"requestedItems": {"some": {"id": {"eq": gid("RequestedItem", "q2")}}}}, "r3"),
    ({"targetUser": {"uuid": {"eq": "cat"}}}, "r3"),
    ({"approvedBy": {}}, "r1 r5"),
    ({"approvedBy": {"firstName": {"startsWith": "bo"}}}, "r5"),
    ({"not": {"approvedBy": {"uuid": {"eq": "ada"}}}}, "r2 r3 r4 r5"),
    ({"approvedBy": {"not": {"uuid": {"eq": "ada"}}}}, "r5"),
    ({"approvedBy": {"or": [{"lastName": {"eq": "Lovelace"}}, {"email": {"contains": "bob"}}]}}, "r1 r5"),
    ({"approvedBy": {"and": [{"phone": {"isNull": False}}, {"jobTitle": {"eq": "Analyst"}}]}}, "r1"),
    ({"approvedBy": {"createdAt": {"lt": "2018-01-02"}}}, "r1"),
    ({"approvedBy": {"isNull": True}}, "r2 r3 r4"),
    ({"approvedBy": {"isNull": False}}, "r1 r5"),
    ({"approvedBy": {"approvedAt": {"isNull": True}}}, "r5"),
    (
        {"approvedBy": {"approvedAt": {"gt": "2018-01-06"}, "person": {"fullName": {"contains": "LOVE"}}}},
        "r1",
    ),
    ({"approvedBy": {"person": {"id": {"eq": gid("Person", "bob")}}}}, "r5"),
    ({"approvedBy": {"id": {"eq": gid("Approval", "a1")}}}, "r1"),
    ({"not": {"approvedBy": {"person": {"isNull": True}}}}, "r1 r2 r3 r4 r5"),
    ({"integrations": {"some": {}}}, "r1 r2 r4"),
    ({"integrations": {"none": {}}}, "r3 r5"),
    ({"integrations": {"every": {}}}, "r1 r2 r3 r4 r5"),
    ({"integrations": {"some": {"type": {"eq": "ITEM"}}}}, "r1 r4"),
    ({"integrations": {"none": {"type": {"eq": "ITEM"}}}}, "r2 r3 r5"),
    ({"integrations": {"every": {"type": {"eq": "ITEM"}}}}, "r3 r4 r5"),
    ({"integrations": {"every": {"type": {"eq": "ITEM"}}, "some": {}}}, "r4"),
    ({"integrations": {"every": {"updateFrequency": {"contains": "33"}}, "some": {}}}, ""),
    ({"integrations": {"some": {"connectionRequest": {"orgName": {"eq": ""}}}}}, "r4"),
    (
        {"integrations": {"some": {"dueBetween": {"from": "2018-04-09T06:00Z", "to": "2018-04-09T07:00Z"}}}},
        "r1",
    ),
    ({"uploadedFiles": {"some": {"contentType": {"startsWith": "IMAGE/"}}}}, "r1"),
    ({"uploadedFiles": {"every": {"size": {"isNull": True}}}}, "r2 r3 r4 r5"),
    ({"uploadedFiles": {"none": {"name": {"contains": "."}}}}, "r2 r3 r4 r5"),
    ({"requestedItems": {"some": {"resourceId": {"eq": "res"}}}}, "r3"),
    ({"requestedItems": {"none": {"groupId": {"isNull": False}}}}, "r1 r2 r4 r5"),
    ({"requestedItems": {"every": {"uuid": {"in": ["q2", "q1"]}}}}, "r1 r2 r3 r4 r5"),
    (
        {"requestedItems": {"some": {"and": [{"name": {"eq": "Staff"}}], "not": {"groupId": {"eq": None}}}}},
        "r3",
    ),
    ({"requestedItems": {"some": {"or": [{"name": {"eq": "of the south"}}]}}}, ""),
    ({"comments": {"some": {"body": {"contains": "SECOND"}}}}, "r1"),
    ({"comments": {"some": {"author": {"firstName": {"eq": "Bob"}}}}}, "r1"),
    ({"comments": {"none": {}}}, "r3 r4 r5"),
    ({"comments": {"some": {"author": {"isNull": True}, "id": {"ne": gid("Comment", "c4")}}}}, "r1"),
    ({"comments": {"every": {"body": {"eq": ""}}, "some": {}}}, "r2"),
    ({"comments": {"some": {"uuid": {"eq": "c1"}, "createdAt": {"gt": "2018-04-09"}}}}, "r1"),
    ({"comments": {"some": {"or": [{"body": {"eq": ""}}], "updatedAt": {"isNull": False}}}}, "r2"),
    ({"comments": {"some": {"and": [{"not": {"connectionRequest": {"status": {"eq": "PENDING"}}}}]}}}, "r1"),
    ({"connectedAccounts": {"some": {"service": {"eq": "hubspot"}}}}, "r1"),
    ({"connectedAccounts": {"none": {}}}, "r2 r3 r4 r5"),
    ({"connectedAccounts": {"every": {"number": {"gt": 1}}}}, "r2 r3 r4 r5"),
    ({"and": []}, "r1 r2 r3 r4 r5"),
    ({"or": []}, ""),
    ({"and": None, "or": None, "not": None}, "r1 r2 r3 r4 r5"),
    ({"and": {"kind": {"eq": "ACCESS"}}}, "r3 r5"),
    ({"and": [{"kind": {"eq": "ACCESS"}}, {"status": {"eq": "PENDING"}}]}, "r3"),
    ({"or": [{"kind": {"eq": "ACCESS"}}, {"status": {"eq": "PENDING"}}]}, "r2 r3 r5"),
    ({"kind": {"eq": "ACCESS"}, "or": [{"uuid": {"eq": "r1"}}, {"uuid": {"eq": "r3"}}]}, "r3"),
    ({"not": {}}, ""),
    ({"not": {"orgName": {"contains": "z"}}}, "r2 r3 r4"),
    ({"not": {"not": {"orgName": {"contains": "z"}}}}, "r1 r5"),
    ({"not": {"or": [{"orgName": {"isNull": True}}, {"orgName": {"eq": ""}}]}}, "r1 r2 r5"),
]
INTEGRATIONS = [
    ({}, "i1 i2 i3 i4 i5"),
    ({"id": {"in": [gid("Integration", "i1"), gid("Integration", "i5")]}}, "i1 i5"),
    ({"connectionRequest": {"id": {"eq": gid("ConnectionRequest", "r2")}}}, "i3 i4"),
    ({"connectionRequest": {"isNull": True}}, ""),
    ({"uuid": {"eq": "i1"}}, "i1"),
    ({"type": {"eq": "ITEM"}}, "i1 i5"),
    ({"type": {"eq": "OTHER"}}, "i4"),
    ({"type": {"ne": "OTHER"}}, "i1 i2 i3 i5"),
    ({"type": {"ne": "ITEM"}}, "i2 i3 i4"),
    ({"type": {"in": ["ORDER", "ALLOCATION"]}}, "i2 i3"),
    ({"type": {"in": ["TRACKING", "OTHER"]}}, "i4"),
    ({"type": {"in": []}}, ""),
    ({"type": {"notIn": ["ITEM", "OTHER"]}}, "i2 i3"),
    ({"type": {"notIn": []}}, "i1 i2 i3 i4 i5"),
    ({"type": {"eq": None}}, ""),
    ({"type": {"ne": None}}, "i1 i2 i3 i4 i5"),
    ({"type": {"in": None, "notIn": None}}, "i1 i2 i3 i4 i5"),
    ({"integrationType": {"eq": "items"}}, "i1"),
    ({"updateFrequency": {"eq": "33 * * * *"}}, "i1"),
    ({"updateFrequency": {"isNull": True}}, "i3 i5"),
    ({"feedSourceFileLocations": {"contains": "FOO:BAR@"}}, "i1"),
    ({"fileSpecs": {"startsWith": "csv"}}, "i1"),
    ({"rules": {"eq": ""}}, "i4"),
    ({"createdAt": {"lt": "2018-04-09"}}, "i1 i2 i3"),
    ({"connectionRequest": {"status": {"eq": "DENIED"}}}, "i5"),
    ({"connectionRequest": {"requester": {"firstName": {"eq": "Ada"}}}}, "i1 i2"),
    ({"dueBetween": {"from": "2018-04-09T06:33:00Z", "to": "2018-04-09T06:33:01Z"}}, "i1"),
    ({"dueBetween": {"from": "2018-04-09T06:33:01Z", "to": "2018-04-09T07:33:00Z"}}, ""),
    ({"dueBetween": {"from": "2018-08-03T00:00:00Z", "to": "2018-08-04T00:00:00Z"}}, "i1 i2"),
    ({"not": {"dueBetween": {"from": "2018-08-03T00:00:00Z", "to": "2018-08-04T00:00:00Z"}}}, "i3 i4 i5"),
    ({"dueBetween": {"from": "2018-08-03T12:20Z", "to": "2018-08-03T12:21Z", "timezone": "UTC"}}, "i2"),
    ({"dueBetween": {"from": "2018-08-03T12:20Z", "to": "2018-08-03T12:21Z", "timezone": None}}, ""),
    (
        {
            "dueBetween": {"from": "2018-08-03T00:00:00Z", "to": "2018-08-04T00:00:00Z"},
            "type": {"eq": "ORDER"},
        },
        "i2",
    ),
    ({"and": [{"type": {"eq": "ITEM"}}], "or": [{"uuid": {"eq": "i5"}}]}, "i5"),
]
FILES = [
    ({}, "f1 f2 f3 f4"),
    ({"id": {"eq": gid("File", "f1")}}, "f1"),
    ({"connectionRequest": {"isNull": True}}, "f4"),
    ({"connectionRequest": {"id": {"eq": gid("ConnectionRequest", "r1")}}}, "f1 f2"),
    ({"uuid": {"ne": "f1"}}, "f2 f3 f4"),
    ({"name": {"contains": "photo"}}, "f2"),
    ({"contentType": {"isNull": True}}, "f3 f4"),
    ({"size": {"gte": 10}}, "f1 f2"),
    ({"size": {"eq": 0}}, "f4"),
    ({"size": {"ne": 10}}, "f2 f3 f4"),
    ({"size": {"in": [0, "10"]}}, "f1 f4"),
    ({"size": {"lt": 10}}, "f4"),
    ({"size": {"lte": 10}}, "f1 f4"),
    ({"size": {"gt": 10}}, "f2"),
    ({"size": {"isNull": True}}, "f3"),
    ({"size": {"eq": 1099511627776}}, "f2"),
    ({"sha256": {"startsWith": "ABAB"}}, "f1"),
    ({"createdAt": {"eq": "2018-01-06"}}, "f4"),
    ({"connectionRequest": {}}, "f1 f2 f3"),
    ({"not": {"connectionRequest": {}}}, "f4"),
    ({"connectionRequest": {"kind": {"eq": "ACCESS"}}}, "f3"),
    ({"connectionRequests": {"some": {"uuid": {"eq": "r1"}}}}, "f1 f2"),
    ({"connectionRequests": {"every": {"kind": {"eq": "ACCESS"}}}}, "f3 f4"),
    ({"connectionRequests": {"none": {}}}, "f4"),
    ({"and": [{"not": {"name": {"contains": "."}}}], "or": [{"uuid": {"eq": "f3"}}]}, "f3"),
]
PEOPLE = [
    ({}, "ada bob cat"),
    ({"id": {"ne": gid("Person", "bob")}}, "ada cat"),
    ({"fullName": {"eq": "Ada Lovelace"}}, "ada"),
    ({"fullName": {"eqIgnoreCase": "ADA lovelace"}}, "ada"),
    ({"fullName": {"in": ["Bob", "Ada"]}}, "bob"),
    ({"fullName": {"contains": "a L"}}, "ada"),
    ({"fullName": {"isNull": True}}, "cat"),
    ({"fullName": {"ne": "Bob"}}, "ada cat"),
    ({"approvals": {"some": {"id": {"eq": gid("Approval", "a2")}}}}, "bob"),
    ({"uuid": {"in": ["ada", "sam"]}}, "ada"),
    ({"firstName": {"eq": "Ada"}}, "ada"),
    ({"lastName": {"isNull": True}}, "bob cat"),
    ({"email": {"contains": "bob@"}}, "bob"),
    ({"phone": {"eq": "+44 1"}}, "ada"),
    ({"jobTitle": {"notIn": ["Analyst"]}}, "bob cat"),
    ({"createdAt": {"gt": "2018-01-01"}}, "bob cat"),
    ({"or": [{"firstName": {"eq": "Ada"}}, {"not": {"firstName": {"isNull": False}}}]}, "ada cat"),
    ({"and": [{"firstName": {"eq": "Ada"}}, {"firstName": {"eq": "Bob"}}]}, ""),
    ({"approvals": {"some": {"approvedAt": {"isNull": False}}}}, "ada"),
    ({"approvals": {"some": {"connectionRequest": {"status": {"eq": "CANCELED"}}}}}, "bob"),
    ({"approvals": {"none": {}}}, "cat"),
    ({"approvals": {"every": {"person": {"firstName": {"eq": "Bob"}}}}}, "bob cat"),
    ({"approvals": {"some": {"and": [{"uuid": {"eq": "a1"}}], "not": {"createdAt": {"eq": None}}}}}, "ada"),
    ({"approvals": {"some": {"or": [{"uuid": {"in": ["a2", "s-a1"]}}]}}}, "bob"),
    ({"connectionRequests": {"none": {}}}, "cat"),
    ({"connectionRequests": {"some": {"kind": {"eq": "ACCESS"}}}}, "ada bob"),
    ({"connectionRequests": {"every": {"status": {"eq": "PENDING"}}}}, "bob cat"),
]
ACCOUNTS = [
    ({}, "acc1 acc2"),
    ({"id": {"eq": gid("ConnectedAccount", "acc1")}}, "acc1"),
    ({"connectionRequest": {"isNull": True}}, "acc2"),
    ({"uuid": {"eq": "acc1"}}, "acc1"),
    ({"kind": {"eq": "COMMERCE"}}, "acc2"),
    ({"kind": {"ne": "COMMERCE"}}, "acc1"),
    ({"kind": {"in": ["COMMERCE"]}}, "acc2"),
    ({"kind": {"notIn": ["COMMERCE"]}}, "acc1"),
    ({"status": {"eq": "HEALTHY"}}, "acc1"),
    ({"status": {"ne": "HEALTHY"}}, "acc2"),
    ({"status": {"in": ["ERROR", "UNKNOWN"]}}, "acc2"),
    ({"status": {"notIn": ["ERROR", "UNKNOWN"]}}, "acc1"),
    ({"number": {"gt": 1}}, "acc2"),
    ({"externalRef": {"startsWith": "CONN_"}}, "acc1"),
    ({"service": {"in": ["hubspot", "shop"]}}, "acc1 acc2"),
    ({"externalId": {"eq": "shop-9"}}, "acc2"),
    ({"name": {"eq": None}}, "acc1"),
    ({"isInternal": {"eq": True}}, "acc2"),
    ({"isInternal": {"ne": True}}, "acc1"),
    ({"disabled": {"eq": False}}, "acc2"),
    ({"disabled": {"ne": True}}, "acc1 acc2"),
    ({"disabled": {"eq": None}}, "acc1"),
    ({"customerId": {"eq": "cus2"}}, "acc2"),
    ({"connectorConfigId": {"isNull": False}}, "acc1"),
    ({"createdAt": {"lt": "2018-02-01"}}, "acc1"),
    ({"updatedAt": {"gt": "2018-04-09"}}, "acc2"),
    ({"connectionRequest": {"orgName": {"startsWith": "baz"}}}, "acc1"),
    (
        {"and": [{"number": {"gte": 1}}], "or": [{"kind": {"eq": "COMMERCE"}}], "not": {"name": {"eq": "x"}}},
        "acc2",
    ),
]
CONNECTORS = [
    ({"id": {"eq": gid("Connector", "acme")}}, "acme"),
    ({"name": {"eq": "acme"}}, "acme"),
    ({"displayName": {"contains": "hub"}}, "hubspot"),
    ({"stage": {"isNull": True}}, "acme"),
    ({"authType": {"eq": "OAUTH2"}}, "hubspot"),
    ({"or": [{"stage": {"eq": "ga"}}, {"not": {"and": [{"name": {"ne": "acme"}}]}}]}, "acme hubspot"),
]
LISTS = {
    "connectedAccounts": ("ConnectedAccountFilter", ACCOUNTS),
    "connectors": ("ConnectorFilter", CONNECTORS),
    "connectionRequests": ("ConnectionRequestFilter", REQUESTS),
    "integrations": ("IntegrationFilter", INTEGRATIONS),
    "files": ("FileFilter", FILES),
    "people": ("PersonFilter", PEOPLE),
}
CASES = [(field, given, found) for field, (_, cases) in LISTS.items() for given, found in cases]


@pytest.mark.parametrize("field", LISTS)
async def test_a_filter_finds_and_counts_the_rows_that_satisfy_it(graph, field):
    filter_type, cases = LISTS[field]
    own = "uuid" if field != "connectors" else "uuid: name"
    query = (
        f"query ($filter: {filter_type}) {{ {field}(filter: $filter) {{ totalCount nodes {{ {own} }} }} }}"
    )
    wrong = {}
    for given, expected in cases:
        found = (await graph.ask(query, filter=given))[field]
        ids = sorted(each["uuid"] for each in found["nodes"])
        if (ids, found["totalCount"]) != (expected.split(), len(expected.split())):
            wrong[str(given)] = (ids, found["totalCount"], expected)
    assert wrong == {}


MISPLACED = (
    "`isNull` stands directly in what is said of another object, as in `requester: {isNull: true}`; around it there "
    "may be `and`, `or` and `not`."
)
REFUSED = [
    (
        {"requester": None},
        "`requester: null` could mean two things: leave `requester` out, or say `requester: {isNull: true}` for what "
        "has none.",
    ),
    (
        {"not": {"approvedBy": None}},
        "`approvedBy: null` could mean two things: leave `approvedBy` out, or say `approvedBy: {isNull: true}` for "
        "what has none.",
    ),
    ({"isNull": True}, MISPLACED),
    ({"and": [{"isNull": False}]}, MISPLACED),
    ({"requester": {"or": [{"isNull": True}]}}, MISPLACED),
    ({"comments": {"some": {"author": {"not": {"isNull": True}}}}}, MISPLACED),
    ({"requester": {"id": {"eq": gid("File", "f1")}}}, "This is the id of a File, not of a Person."),
    ({"id": {"notIn": [gid("Person", "ada")]}}, "This is the id of a Person, not of a ConnectionRequest."),
    ({"id": {"in": ["?"] * 1001}}, "A list in a filter takes at most 1000 values."),
]


@pytest.mark.parametrize(("given", "message"), REFUSED)
async def test_what_could_mean_several_things_is_refused(graph, given, message):
    query = (
        """query ($filter: ConnectionRequestFilter) { connectionRequests(filter: $filter) { totalCount } }"""
    )
    assert await graph.refused(query, filter=given) == [("BAD_USER_INPUT", message)]


async def test_requests_of_a_person_by_id_are_read_without_the_person(graph):
    query = (
        """query ($id: ID) { connectionRequests(filter: {requester: {id: {eq: $id}}}) { nodes { uuid } } }"""
    )
    [statement] = await graph.statements(query, id=gid("Person", "ada"))
    assert "people" not in statement
    assert "connection_requests.requester_id = " in statement


async def test_a_filter_works_the_same_inside_the_document(graph):
    query = """query ($name: String, $kind: ConnectionRequestKind) {
        a: connectionRequests(filter: {orgName: {contains: "äpfel"}, kind: {eq: TRADING_PARTNER}}) { nodes { uuid } }
        b: connectionRequests(filter: {or: [{kind: {eq: ACCESS}, not: {orgName: {eq: null}}}]}) { nodes { uuid } }
        c: connectionRequests(filter: {durationMinutes: {gt: 2147483646}}) { totalCount }
        d: connectionRequests(filter: {orgName: {eq: $name}, kind: {eq: $kind}}) { totalCount }
        e: connectionRequests(filter: null, orderBy: null, first: null, after: null) { totalCount }
        f: connectionRequests(filter: {requestedAt: {gte: "2018-01-04"}}) { nodes { uuid } }
        }"""
    assert await graph.ask(query) == {
        "a": {"nodes": [{"uuid": "r2"}]},
        "b": {"nodes": [{"uuid": "r5"}]},
        "c": {"totalCount": 1},
        "d": {"totalCount": 5},
        "e": {"totalCount": 5},
        "f": {"nodes": [{"uuid": "r1"}, {"uuid": "r5"}]},
    }


async def test_approvals_comments_and_a_persons_requests_take_filter_and_order(graph):
    query = """{ people(orderBy: {field: FIRST_NAME, direction: DESC}, first: 2) { nodes { uuid
        approvals(filter: {approvedAt: {isNull: true}}, orderBy: {field: CREATED_AT}) { totalCount nodes { uuid } }
        connectionRequests(filter: {kind: {eq: ACCESS}}, orderBy: {field: ORG_NAME}) { totalCount nodes { uuid } } } }
        connectionRequest(uuid: "r1") {
            a: comments(filter: {not: {body: {eq: "second"}}}, orderBy: {field: CREATED_AT, direction: DESC}) {
                totalCount nodes { uuid } }
            b: comments(filter: {author: {uuid: {eq: "ada"}}}, first: 1) { totalCount nodes { body } } } }"""
    assert await graph.ask(query) == {
        "people": {
            "nodes": [
                {
                    "uuid": "bob",
                    "approvals": {"totalCount": 1, "nodes": [{"uuid": "a2"}]},
                    "connectionRequests": {"totalCount": 1, "nodes": [{"uuid": "r3"}]},
                },
                {
                    "uuid": "ada",
                    "approvals": {"totalCount": 0, "nodes": []},
                    "connectionRequests": {"totalCount": 1, "nodes": [{"uuid": "r5"}]},
                },
            ]
        },
        "connectionRequest": {
            "a": {"totalCount": 2, "nodes": [{"uuid": "c1"}, {"uuid": "c2"}]},
            "b": {"totalCount": 1, "nodes": [{"body": "first"}]},
        },
    }


async def test_filters_of_children_apply_to_each_parent(graph):
    query = """{ connectionRequests(orderBy: {field: ORG_NAME}) { nodes { uuid
        items: integrations(filter: {type: {eq: ITEM}}) { totalCount nodes { uuid } }
        others: integrations(filter: {not: {type: {eq: ITEM}}}, first: 1) { totalCount nodes { uuid } }
        uploadedFiles(filter: {size: {gt: 10}}) { totalCount nodes { uuid } } } } }"""

    def row(uuid, items, others, files):
        return {
            "uuid": uuid,
            "items": {"totalCount": len(items), "nodes": [{"uuid": each} for each in items]},
            "others": {"totalCount": len(others), "nodes": [{"uuid": each} for each in others][:1]},
            "uploadedFiles": {"totalCount": len(files), "nodes": [{"uuid": each} for each in files]},
        }

    assert (await graph.ask(query))["connectionRequests"]["nodes"] == [
        row("r3", [], [], []),
        row("r4", ["i5"], [], []),
        row("r2", [], ["i3", "i4"], []),
        row("r1", ["i1"], ["i2"], ["f2"]),
        row("r5", [], [], []),
    ]


async def test_a_filter_by_a_global_id_is_no_filter_by_the_own_id(graph):
    query = "query ($id: String) { connectionRequests(filter: {uuid: {eq: $id}}) { totalCount } }"
    assert await graph.ask(query, id=gid("ConnectionRequest", "r1")) == {
        "connectionRequests": {"totalCount": 0}
    }


ELSEWHERE = (
    *(
        "EventFilter",
        "Order",
        "Input",
        "WebhookEndpointFilter",
        "WebhookAttemptFilter",
        "WebhookOutcomeFilter",
    ),
    *("WebhookDisabledReasonFilter", "WebhookAttemptListFilter"),
)
"""Ends of the names of inputs that other tests give: those of events and subscriptions, of orders, of mutations, of
webhooks."""


def test_the_cases_use_every_member_of_every_filter():
    schema = make_schema()._schema
    used = set()

    def walk(input_type, value):
        nullable = get_nullable_type(input_type)
        if is_list_type(nullable):
            for each in value if isinstance(value, list) else [value]:
                walk(nullable.of_type, each)
        elif isinstance(nullable, GraphQLInputObjectType) and value is not None:
            for name, each in value.items():
                used.add(f"{nullable.name}.{name}")
                walk(nullable.fields[name].type, each)

    for filter_type, cases in LISTS.values():
        for given, _ in cases:
            walk(schema.get_type(filter_type), given)
    every = {
        f"{name}.{member}"
        for name, each in schema.type_map.items()
        if isinstance(each, GraphQLInputObjectType) and not name.endswith(ELSEWHERE)
        for member in each.fields
    }
    assert every - used == set()
