"""Everything that the graph changes, as callers do it: each story makes what it changes."""

from urllib.parse import quote

from tests.graph import Sent, gid
from tests.torture.callers import Caller

REQUEST = """connectionRequest { uuid integrations { nodes { id uuid } } comments { nodes { uuid } } }"""


async def corrects_and_approves(caller: Caller) -> None:
    """Asks for a connection, corrects it as a whole, and approves it."""
    state, mark = caller.state, caller.mark
    payload = await caller.mutate(
        "createConnectionRequest",
        REQUEST,
        orgName=mark,
        integrations=[{"integrationType": "items", "rules": f"{mark}.{n}"} for n in range(3)],
        fileIds=[gid("File", "f1"), gid("File", "f2")],
        comment=mark,
    )
    uuid = payload["connectionRequest"]["uuid"]
    feeds = payload["connectionRequest"]["integrations"]["nodes"]
    state.put("connection_requests", uuid, mark, None, "pending")
    state.part("integrations", uuid, *(f"{mark}.{n}" for n in range(3)))
    state.part("file_attachments", uuid, "f1", "f2")
    state.part("comments", uuid, mark)
    state.told("connection_request.created", "connection_requests", uuid)
    state.told("comment.created", "comments", payload["connectionRequest"]["comments"]["nodes"][0]["uuid"])

    await caller.mutate(
        "updateConnectionRequest",
        REQUEST,
        id=gid("ConnectionRequest", uuid),
        orgName=f"{mark}!",
        fileIds=[gid("File", "f3"), gid("File", "f1")],
        integrations={
            "create": [{"integrationType": "orders", "rules": f"{mark}.3"}],
            "update": [{"id": feeds[0]["id"], "rules": f"{mark}.0!"}],
            "delete": [feeds[1]["id"]],
        },
    )
    state.put("connection_requests", uuid, f"{mark}!", None, "pending")
    state.part("integrations", uuid, f"{mark}.3", f"{mark}.0!")
    state.part("integrations", uuid, f"{mark}.0", f"{mark}.1", sign=-1)
    state.part("file_attachments", uuid, "f3")
    state.part("file_attachments", uuid, "f2", sign=-1)
    state.told("connection_request.updated", "connection_requests", uuid)
    await decides(caller, "approve", uuid, f"{mark}!")


async def decides(caller: Caller, word: str, uuid: str, org_name: str | None) -> None:
    """Approves, denies or cancels a request."""
    state = caller.state
    outcome = {"approve": "approved", "deny": "denied", "cancel": "canceled"}[word]
    await caller.mutate(
        f"{word}ConnectionRequest", REQUEST, id=gid("ConnectionRequest", uuid), comment=caller.mark
    )
    state.put("connection_requests", uuid, org_name, None, outcome)
    state.part("decisions", uuid, outcome)
    state.part("approvals", uuid, *(["ada"] if outcome == "approved" else []))
    state.told(f"connection_request.{outcome}", "connection_requests", uuid)


async def asks(caller: Caller) -> tuple[str, str]:
    """Asks for a connection and nothing else; its record's own id, and its name."""
    mark = caller.mark
    payload = await caller.mutate("createConnectionRequest", REQUEST, orgName=mark)
    uuid = payload["connectionRequest"]["uuid"]
    caller.state.put("connection_requests", uuid, mark, None, "pending")
    caller.state.told("connection_request.created", "connection_requests", uuid)
    return uuid, mark


async def denies(caller: Caller) -> None:
    await decides(caller, "deny", *await asks(caller))


async def cancels_and_deletes(caller: Caller) -> None:
    """Takes a request back, of which an account came, and deletes it; the account stays."""
    state = caller.state
    uuid, mark = await asks(caller)
    await decides(caller, "cancel", uuid, mark)
    payload = await caller.mutate(
        "createConnectedAccount",
        "connectedAccount { uuid }",
        kind="CONNECTOR",
        service="acme",
        name=mark,
        connectionRequestId=gid("ConnectionRequest", uuid),
    )
    account = payload["connectedAccount"]["uuid"]
    state.put("connected_accounts", account, mark, "unknown", False)
    state.told("connected_account.created", "connected_accounts", account)
    await caller.mutate("deleteConnectionRequest", "deletedId", id=gid("ConnectionRequest", uuid))
    state.remove("connection_requests", uuid)
    state.told("connected_account.updated", "connected_accounts", account)
    state.told("connection_request.deleted", "connection_requests", uuid)


async def changes_parts(caller: Caller) -> None:
    """Changes the parts of a request one by one, each of which is another version of it."""
    state = caller.state
    uuid, _ = await asks(caller)
    request = gid("ConnectionRequest", uuid)

    async def part(mutation: str, shows: str, type_: str, table: str, subject: str | None = None, **given):
        payload = await caller.mutate(mutation, shows, **given)
        shown = subject or payload[shows.split(" ")[0]]["uuid"]
        state.told(type_, table, shown)
        if table != "comments":
            state.told("connection_request.updated", "connection_requests", uuid)
        return shown

    feed = await part(
        *("createIntegration", "integration { uuid }", "integration.created", "integrations"),
        connectionRequestId=request,
        integrationType="items",
        rules="first",
    )
    of_feed = ("integrations", feed)
    await part(
        *("updateIntegration", "", "integration.updated", *of_feed),
        id=gid("Integration", feed),
        rules="second",
    )
    await part("deleteIntegration", "", "integration.deleted", *of_feed, id=gid("Integration", feed))
    of_file = {"connectionRequestId": request, "fileId": gid("File", "f4")}
    await part("attachFile", "", "file.attached", "files", "f4", **of_file)
    await part("detachFile", "", "file.detached", "files", "f4", **of_file)
    for is_kept in (True, False):
        of_comment = ("addComment", "comment { uuid }", "comment.created", "comments")
        comment = await part(*of_comment, connectionRequestId=request, body="first")
        of_comment = {"id": gid("Comment", comment)}
        await part("updateComment", "", "comment.updated", "comments", comment, **of_comment, body="second")
        if is_kept:
            state.part("comments", uuid, "second")
        else:
            await part("deleteComment", "", "comment.deleted", "comments", comment, **of_comment)


async def joins_the_crowd(caller: Caller) -> None:
    """Adds to the request that all callers add to."""
    state, request = caller.state, gid("ConnectionRequest", caller.crowd)
    for _ in range(2):
        mark = caller.mark
        payload = await caller.mutate(
            "addComment", "comment { uuid }", connectionRequestId=request, body=mark
        )
        state.part("comments", caller.crowd, mark)
        state.told("comment.created", "comments", payload["comment"]["uuid"])
    mark = caller.mark
    payload = await caller.mutate(
        "createIntegration",
        "integration { uuid }",
        connectionRequestId=request,
        integrationType="items",
        rules=mark,
    )
    state.part("integrations", caller.crowd, mark)
    state.told("integration.created", "integrations", payload["integration"]["uuid"])
    state.told("connection_request.updated", "connection_requests", caller.crowd)


async def changes_many(caller: Caller) -> None:
    """Asks for many connections in one, and decides on many; one fails, and the others stay."""
    state, made = caller.state, []
    for mode, names in (("EACH", (caller.mark, None, "other")), ("ALL_OR_NOTHING", (caller.mark, "other"))):
        payload = await caller.mutate(
            "createConnectionRequests",
            "results { connectionRequest { uuid } errors { code } }",
            mode=mode,
            requests=[{"orgName": name} if name else {} for name in names],
        )
        for name, result in zip(names, payload["results"], strict=True):
            if name is None:
                assert result["errors"] == [{"code": "BAD_USER_INPUT"}], result
                continue
            uuid = result["connectionRequest"]["uuid"]
            state.put("connection_requests", uuid, name, None, "pending")
            state.told("connection_request.created", "connection_requests", uuid)
            made.append(uuid)
    for mode, outcomes in (("EACH", ("approved", "denied")), ("ALL_OR_NOTHING", ("canceled", "approved"))):
        decided, made = made[:2], made[2:]
        await caller.mutate(
            "decideConnectionRequests",
            "results { errors { code } }",
            mode=mode,
            decisions=[
                {"id": gid("ConnectionRequest", uuid), "outcome": outcome.upper()}
                for uuid, outcome in zip(decided, outcomes, strict=True)
            ],
        )
        for uuid, outcome in zip(decided, outcomes, strict=True):
            name, reason, _ = state.rows["connection_requests", uuid]
            state.put("connection_requests", uuid, name, reason, outcome)
            state.part("decisions", uuid, outcome)
            state.part("approvals", uuid, *(["ada"] if outcome == "approved" else []))
            state.told(f"connection_request.{outcome}", "connection_requests", uuid)


async def connects_a_shop(caller: Caller) -> None:
    """Connects a shop, whose account gets the next number, corrects, switches off and deletes it."""
    state, table = caller.state, "connected_accounts"
    for is_kept in (True, False):
        mark = caller.mark
        payload = await caller.mutate(
            *("createConnectedAccount", "connectedAccount { uuid }"),
            kind="COMMERCE",
            service="shop",
            externalId=mark,
            name=mark,
        )
        uuid = payload["connectedAccount"]["uuid"]
        account = {"id": gid("ConnectedAccount", uuid)}
        state.put(table, uuid, mark, "healthy", False)
        state.told("connected_account.created", table, uuid)
        await caller.mutate("updateConnectedAccount", "", **account, name=f"{mark}!", status="ERROR")
        await caller.mutate("disableConnectedAccount", "", **account)
        state.put(table, uuid, f"{mark}!", "error", True)
        state.told("connected_account.updated", table, uuid)
        state.told("connected_account.disabled", table, uuid)
        if not is_kept:
            await caller.mutate("deleteConnectedAccount", "deletedId", **account)
            state.remove(table, uuid)
            state.told("connected_account.deleted", table, uuid)


async def administers(caller: Caller) -> None:
    """Makes people and tokens known, takes them back, and renames the organization."""
    state = caller.state
    for is_kept in (True, False):
        mark = caller.mark
        payload = await caller.mutate("createPerson", "person { uuid }", firstName=mark)
        uuid = payload["person"]["uuid"]
        person = gid("Person", uuid)
        await caller.mutate("updatePerson", "", id=person, firstName=f"{mark}!")
        state.put("people", uuid, f"{mark}!")
        state.told("person.created", "people", uuid)
        state.told("person.updated", "people", uuid)
        payload = await caller.mutate(
            "createApiToken", "apiToken { id }", name=mark, scopes=["READ"], personId=person
        )
        await caller.mutate("revokeApiToken", "", id=payload["apiToken"]["id"])
        state.put("api_tokens", mark, "revoked")
        state.told("token.created", "api_tokens", None)
        state.told("token.revoked", "api_tokens", None)
        if not is_kept:
            await caller.mutate("deletePerson", "deletedId", id=person)
            state.remove("people", uuid)
            state.remove("api_tokens", mark)
            state.told("token.deleted", "api_tokens", None)
            state.told("person.deleted", "people", uuid)
    await caller.mutate("updateOrganization", "organization { uuid }", name=caller.mark)
    state.told("organization.updated", "organizations", caller.organization)


async def sends_a_file(caller: Caller) -> None:
    """Sends a file, fetches it, and deletes another."""
    state = caller.state
    for is_kept in (True, False):
        mark = caller.mark
        content = mark.encode()
        payload = await caller.mutate("createFileUpload", "fileUpload { id uuid uploadUrl }", name=mark)
        upload = payload["fileUpload"]
        await caller.transfer("PUT", upload["uploadUrl"], content)
        payload = await caller.mutate("completeFileUpload", "file { id downloadUrl }", id=upload["id"])
        assert await caller.transfer("GET", payload["file"]["downloadUrl"]) == content
        state.told("file_upload.created", "file_uploads", upload["uuid"])
        state.put("files", upload["uuid"], mark, len(content))
        state.told("file.created", "files", upload["uuid"])
        if not is_kept:
            await caller.mutate("deleteFile", "deletedId", id=payload["file"]["id"])
            state.remove("files", upload["uuid"])
            state.told("file.deleted", "files", upload["uuid"])
    mark = caller.mark
    payload = await caller.mutate("uploadFile", "file { uuid }", file=Sent(mark, b"one"))
    sent = [(mark, payload["file"]["uuid"])]
    files = [Sent(f"{mark}.{n}", b"two") for n in range(2)]
    payload = await caller.mutate("uploadFiles", "results { file { uuid name } }", files=files)
    sent += [(each["file"]["name"], each["file"]["uuid"]) for each in payload["results"]]
    for name, uuid in sent:
        state.put("files", uuid, name, 3)
        state.told("file.created", "files", uuid)


KEPT_ENDPOINTS = 20
"""An organization has no more than 50, and all callers make some."""


async def has_events_sent(caller: Caller) -> None:
    """Names where events are sent, where nobody is, and stops that; one is deleted."""
    state, table = caller.state, "webhook_endpoints"
    for is_kept in (True, False):
        url = f"https://nobody.invalid/{quote(caller.mark)}"
        payload = await caller.mutate(
            "createWebhookEndpoint", "webhookEndpoint { uuid }", url=url, types=["webhook_endpoint.tested"]
        )
        uuid = payload["webhookEndpoint"]["uuid"]
        endpoint = {"id": gid("WebhookEndpoint", uuid)}
        await caller.mutate("rotateWebhookSecret", "", **endpoint)
        await caller.mutate("sendTestEvent", "", **endpoint)
        await caller.mutate("redeliverWebhookEvents", "", **endpoint)
        await caller.mutate("updateWebhookEndpoint", "", **endpoint, url=f"{url}!", isEnabled=False)
        state.put(table, uuid, f"{url}!")
        for what in ("created", "secret_rotated", "tested", "redelivered", "disabled"):
            state.told(f"webhook_endpoint.{what}", table, uuid)
        if not is_kept or sum(name == table for name, _ in state.rows) > KEPT_ENDPOINTS:
            await caller.mutate("deleteWebhookEndpoint", "deletedId", **endpoint)
            state.remove(table, uuid)
            state.told("webhook_endpoint.deleted", table, uuid)


STORIES = (
    has_events_sent,
    sends_a_file,
    corrects_and_approves,
    denies,
    cancels_and_deletes,
    changes_parts,
    joins_the_crowd,
    changes_many,
    connects_a_shop,
    administers,
)
