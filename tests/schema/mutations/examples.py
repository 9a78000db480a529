"""How each mutation is called: an input that the organization `north` may give, and nobody else."""

from typing import Any

from graphql import GraphQLObjectType

from gateway.schema.schema import make_schema
from tests.graph import Sent, gid

SCHEMA = make_schema()._schema
MUTATION = SCHEMA.mutation_type
assert isinstance(MUTATION, GraphQLObjectType)

EXAMPLES: dict[str, dict[str, Any]] = {
    "createConnectionRequest": {"orgName": "New", "requesterId": gid("Person", "bob")},
    "updateConnectionRequest": {"id": gid("ConnectionRequest", "r2"), "orgName": "Renamed"},
    "approveConnectionRequest": {"id": gid("ConnectionRequest", "p1"), "comment": "Welcome."},
    "denyConnectionRequest": {"id": gid("ConnectionRequest", "p2"), "comment": "Too late."},
    "cancelConnectionRequest": {"id": gid("ConnectionRequest", "p3")},
    "deleteConnectionRequest": {"id": gid("ConnectionRequest", "r5")},
    "createConnectionRequests": {
        "mode": "ALL_OR_NOTHING",
        "requests": [{"orgName": "Newer", "requesterId": gid("Person", "bob")}],
    },
    "decideConnectionRequests": {
        "mode": "ALL_OR_NOTHING",
        "decisions": [{"id": gid("ConnectionRequest", "r3"), "outcome": "DENIED"}],
    },
    "createIntegration": {
        "connectionRequestId": gid("ConnectionRequest", "r2"),
        "integrationType": "items",
    },
    "updateIntegration": {"id": gid("Integration", "i5"), "rules": "Other ones."},
    "deleteIntegration": {"id": gid("Integration", "i4")},
    "attachFile": {"connectionRequestId": gid("ConnectionRequest", "r2"), "fileId": gid("File", "f4")},
    "detachFile": {"connectionRequestId": gid("ConnectionRequest", "r3"), "fileId": gid("File", "f3")},
    "createFileUpload": {"name": "new.csv", "contentType": "text/csv", "size": 5},
    "completeFileUpload": {"id": gid("FileUpload", "sent")},
    "uploadFile": {"file": Sent()},
    "uploadFiles": {"files": [Sent("one.csv"), Sent("two.csv", b"")]},
    "deleteFile": {"id": gid("File", "spare")},
    "updateComment": {"id": gid("Comment", "c2"), "body": "First of all."},
    "deleteComment": {"id": gid("Comment", "c3")},
    "addComment": {"connectionRequestId": gid("ConnectionRequest", "r2"), "body": "Please hurry."},
    "createConnectedAccount": {
        "kind": "CONNECTOR",
        "service": "acme",
        "connectionRequestId": gid("ConnectionRequest", "r2"),
    },
    "updateConnectedAccount": {"id": gid("ConnectedAccount", "acc2"), "name": "Shop of shops"},
    "disableConnectedAccount": {"id": gid("ConnectedAccount", "acc2")},
    "deleteConnectedAccount": {"id": gid("ConnectedAccount", "acc2")},
    "createPerson": {"firstName": "Eve"},
    "updatePerson": {"id": gid("Person", "bob"), "lastName": "Builder"},
    "deletePerson": {"id": gid("Person", "dan")},
    "createApiToken": {"name": "robot", "scopes": ["READ"], "personId": gid("Person", "bob")},
    "revokeApiToken": {"id": gid("ApiToken", "t1")},
    "updateOrganization": {"name": "North Star"},
    "createWebhookEndpoint": {"url": "https://north.example/others"},
    "updateWebhookEndpoint": {"id": gid("WebhookEndpoint", "hook"), "types": ["connection_request.*"]},
    "rotateWebhookSecret": {"id": gid("WebhookEndpoint", "hook")},
    "sendTestEvent": {"id": gid("WebhookEndpoint", "hook")},
    "redeliverWebhookEvents": {"id": gid("WebhookEndpoint", "hook")},
    "deleteWebhookEndpoint": {"id": gid("WebhookEndpoint", "hook")},
}
"""Every input names a row of `north` that no other organization has, but those of OWN."""

OWN = {
    *("createFileUpload", "uploadFile", "uploadFiles", "createPerson", "updateOrganization"),
    "createWebhookEndpoint",
}
"""Mutations whose inputs need not name any row: whoever asks changes their own organization."""


def document(name: str) -> str:
    """The mutation of a name with all that is plain in its payload."""
    kind = name[0].upper() + name[1:]
    return f"""mutation ($input: {kind}Input!) {{
        {name}(input: $input) {{ clientMutationId errors {{ code message path }} }} }}"""
