"""Every change of a connection request and of its parts, by each of its doors."""

from typing import Any

from tests.graph import Sent
from tests.vendors.changes import CHANGES, REQUEST, Row, World, change, id_of

CRUX = "/organizations/connections/request/"
BY_CRUX = {
    "primary_contact_phone": "primaryContactPhone",
    "primary_contact_email": "primaryContactEmail",
    "retailer_account_number": "retailerAccountNumber",
    "additional_information": "additionalInformation",
}
BY_GRAPH = {
    name: name for name in (*BY_CRUX.values(), "supplierAccountNumber") if name != "primaryContactEmail"
}
FEED_BY_CRUX = {
    "update_frequency": "updateFrequency",
    "file_locations": "feedSourceFileLocations",
    "file_specs": "fileSpecs",
    "rules": "rules",
}
FEED = dict.fromkeys(FEED_BY_CRUX.values())
FEED_BY_GRAPH = {name: name for name in FEED if name != "updateFrequency"}


def made(world: World, uuid: str, kind: str, **members: Any) -> Row:
    lists: Row = {name: [] for name in ("integrations", "uploadedFiles", "comments", "requestedItems")}
    row = {**REQUEST, **lists, "uuid": uuid, "kind": kind, "status": "PENDING", "requester": world.me}
    world.requests[uuid] = {**row, **members}
    return world.requests[uuid]


@change("createConnectionRequest", "createConnectionRequests", "crux requestConnection")
async def ask(world: World, door: str) -> list[str]:
    name, contact = world.said(), world.said()
    is_crux = door.startswith("crux")
    given, seen = world.some(BY_CRUX if is_crux else BY_GRAPH)
    feed, feed_seen = world.some(FEED_BY_CRUX if is_crux else FEED_BY_GRAPH)
    seen |= {"orgName": name, "orgContactFullName": contact}
    if is_crux:
        given |= {"organization_name": name, "primary_contact_name": contact}
        given |= {"integrations": [{"type": "items", **feed}]}
        uuid = (await world.rest("POST", CRUX, given))["request_uuid"]
    else:
        given |= {"orgName": name, "orgContactFullName": contact}
        given |= {"integrations": [{"integrationType": "items", **feed}]}
        selection = "connectionRequest { uuid }"
        if door.endswith("s"):
            given = {"mode": "EACH", "requests": [given]}
            answer = await world.graph(door, given, f"results {{ {selection} errors {{ code }} }}")
            [payload] = answer["results"]
        else:
            payload = await world.graph(door, given, selection)
        uuid = payload["connectionRequest"]["uuid"]
    made(
        world, uuid, "TRADING_PARTNER", **seen, integrations=[FEED | feed_seen | {"integrationType": "items"}]
    )
    return ["connection_request.created"]


@change("opal createRequest")
async def ask_for_access(world: World, door: str) -> list[str]:
    reason, minutes = world.text(), world.random.choice((-1, 60))
    wanted = [{"id": world.said(), "access_level_name": "Reader"}]
    body = {"resources": wanted, "groups": [], "reason": reason, "duration_minutes": minutes}
    target = world.random.random() < 0.5
    if target:
        body["target_group_id"] = "grp"
    uuid = (await world.rest("POST", "/v1/requests", body))["id"]
    made(
        world,
        uuid,
        "ACCESS",
        reason=reason,
        durationMinutes=minutes,
        targetGroupId="grp" if target else None,
        requestedItems=[{"resourceId": wanted[0]["id"], "groupId": None, "accessLevelName": "Reader"}],
    )
    return ["connection_request.created"]


@change("updateConnectionRequest", "crux updateConnectionRequest")
async def correct(world: World, door: str) -> list[str]:
    is_crux = door.startswith("crux")
    request = await world.request("TRADING_PARTNER" if is_crux else "")
    given, seen = world.some(BY_CRUX if is_crux else BY_GRAPH)
    name = f"{world.said()} {len(request['comments'])} {world.random.random()}"
    seen["orgName"] = name
    if is_crux:
        await world.rest("PATCH", f"{CRUX}{request['uuid']}/", {"org_name": name, **given})
    else:
        given = {"id": id_of("ConnectionRequest", request), "orgName": name, **given}
        await world.graph(door, given)
    request |= seen
    return ["connection_request.updated"]


@change(
    "approveConnectionRequest",
    "denyConnectionRequest",
    "cancelConnectionRequest",
    "decideConnectionRequests",
    "opal approveRequest",
    "opal denyRequest",
)
async def decide(world: World, door: str) -> list[str]:
    is_opal = door.startswith("opal")
    request = await world.request("ACCESS" if is_opal else "")
    comment = world.said()
    outcome = "APPROVED" if "pprove" in door else "CANCELED" if "cancel" in door else "DENIED"
    told = [f"connection_request.{outcome.lower()}"]
    if is_opal:
        body = {"comment": comment, "level": "REGULAR"}
        verb = "approve" if outcome == "APPROVED" else "deny"
        await world.rest("POST", f"/v1/requests/{request['uuid']}/{verb}", body)
        request["comments"].append({"body": comment, "author": world.me})
        told.append("comment.created")
    else:
        one = {"id": id_of("ConnectionRequest", request), "comment": comment}
        batch = {"mode": "ALL_OR_NOTHING", "decisions": [{**one, "outcome": outcome}]}
        await world.graph(door, batch if door == "decideConnectionRequests" else one)
    request["status"] = outcome
    request["decision"] = {"outcome": outcome, "comment": comment, "decidedBy": world.me}
    return told


@change("deleteConnectionRequest")
async def delete(world: World, door: str) -> list[str]:
    request = await world.request()
    await world.graph(door, {"id": id_of("ConnectionRequest", request)})
    del world.requests[request["uuid"]]
    return ["connection_request.deleted"]


@change("addComment", "opal createRequestComment")
async def comment(world: World, door: str) -> list[str]:
    request = await world.request("ACCESS" if door.startswith("opal") else "")
    body = world.said()
    if door.startswith("opal"):
        await world.rest("POST", f"/v1/requests/{request['uuid']}/comments", {"comment": body})
    else:
        await world.graph(door, {"connectionRequestId": id_of("ConnectionRequest", request), "body": body})
    request["comments"].append({"body": body, "author": world.me})
    return ["comment.created"]


async def part(world: World, name: str, door: str) -> tuple[Row, int, str]:
    """A request with parts, the place of one of these, and its id in the graph."""
    found = [each for each in world.requests.values() if each[name] and each["status"] == "PENDING"]
    if not found:
        await CHANGES[door](world, door)
        found = [each for each in world.requests.values() if each[name] and each["status"] == "PENDING"]
    request = world.random.choice(found)
    query = f'{{ connectionRequest(uuid: "{request["uuid"]}") {{ {name} {{ nodes {{ id }} }} }} }}'
    answer = await world.rest("POST", "/graphql", {"query": query})
    nodes = answer["data"]["connectionRequest"][name]["nodes"]
    place = world.random.randrange(len(nodes))
    return request, place, nodes[place]["id"]


@change("updateComment")
async def edit_comment(world: World, door: str) -> list[str]:
    request, place, id = await part(world, "comments", "addComment")
    body = f"{world.said()} {world.random.random()}"
    await world.graph(door, {"id": id, "body": body})
    request["comments"][place]["body"] = body
    return ["comment.updated"]


@change("deleteComment")
async def take_comment_back(world: World, door: str) -> list[str]:
    request, place, id = await part(world, "comments", "addComment")
    await world.graph(door, {"id": id})
    del request["comments"][place]
    return ["comment.deleted"]


@change("createIntegration")
async def add_feed(world: World, door: str) -> list[str]:
    request = await world.request()
    given, seen = world.some(FEED_BY_GRAPH)
    given |= {"integrationType": "order", "connectionRequestId": id_of("ConnectionRequest", request)}
    await world.graph(door, given)
    request["integrations"].append(FEED | seen | {"integrationType": "order"})
    return ["integration.created", "connection_request.updated"]


@change("updateIntegration")
async def change_feed(world: World, door: str) -> list[str]:
    request, place, id = await part(world, "integrations", "createIntegration")
    given, seen = world.some(FEED_BY_GRAPH)
    frequency = f"{world.random.randrange(60)} {world.random.randrange(24)} * * {world.random.randrange(7)}"
    if request["integrations"][place]["updateFrequency"] == frequency:
        frequency = "@daily"
    await world.graph(door, {"id": id, "updateFrequency": frequency, **given})
    request["integrations"][place] |= seen | {"updateFrequency": frequency}
    return ["integration.updated", "connection_request.updated"]


@change("deleteIntegration")
async def drop_feed(world: World, door: str) -> list[str]:
    request, place, id = await part(world, "integrations", "createIntegration")
    await world.graph(door, {"id": id})
    del request["integrations"][place]
    return ["integration.deleted", "connection_request.updated"]


@change("uploadFile", "uploadFiles", "completeFileUpload", "createFileUpload", "crux uploadFile")
async def upload(world: World, door: str) -> list[str]:
    name = f"{world.random.randrange(10**6)}.csv"
    selection = "file { uuid }"
    told = ["file.created"]
    if door == "crux uploadFile":
        parts = {"file": (name, b"hello", "text/csv")}
        uuid = (await world.rest("POST", "/timp/organizations/files/upload/", files=parts))["uuid"]
    elif door == "uploadFile":
        uuid = (await world.graph(door, {"file": Sent(name)}, selection))["file"]["uuid"]
    elif door == "uploadFiles":
        uuid = (await world.graph(door, {"files": [Sent(name)]}, "results { file { uuid } }"))["results"][0][
            "file"
        ]["uuid"]
    else:
        given = {"name": name, "contentType": "text/csv"}
        place = await world.graph("createFileUpload", given, "fileUpload { id uploadUrl }")
        sent = place["fileUpload"]
        await world.rest("PUT", sent["uploadUrl"], content=b"hello")
        payload = await world.graph("completeFileUpload", {"id": sent["id"]}, selection)
        uuid = payload["file"]["uuid"]
        told = ["file_upload.created", *told]
    world.files[uuid] = {"uuid": uuid, "name": name, "contentType": "text/csv", "size": 5}
    return told


@change("attachFile")
async def attach(world: World, door: str) -> list[str]:
    request = await world.request()
    await CHANGES["uploadFile"](world, "uploadFile")
    file = list(world.files.values())[-1]
    named = {"connectionRequestId": id_of("ConnectionRequest", request), "fileId": id_of("File", file)}
    await world.graph(door, named)
    request["uploadedFiles"].append(file["uuid"])
    return ["file.attached", "connection_request.updated"]


@change("detachFile")
async def detach(world: World, door: str) -> list[str]:
    request, place, id = await part(world, "uploadedFiles", "attachFile")
    await world.graph(door, {"connectionRequestId": id_of("ConnectionRequest", request), "fileId": id})
    del request["uploadedFiles"][place]
    return ["file.detached", "connection_request.updated"]


@change("deleteFile")
async def delete_file(world: World, door: str) -> list[str]:
    attached = {uuid for each in world.requests.values() for uuid in each["uploadedFiles"]}
    loose = {uuid: each for uuid, each in world.files.items() if uuid not in attached}
    if not loose:
        await CHANGES["uploadFile"](world, "uploadFile")
        loose = dict([list(world.files.items())[-1]])
    file = world.random.choice(list(loose.values()))
    await world.graph(door, {"id": id_of("File", file)})
    del world.files[file["uuid"]]
    return ["file.deleted"]
