"""What the graph changes is there at once for the callers of the legacy paths, in their vendors' words."""

import pytest

from gateway.db import tables as db
from tests.data import changing
from tests.graph import gid

pytestmark = pytest.mark.anyio

CREATE = """mutation ($input: CreateConnectionRequestInput!) { createConnectionRequest(input: $input) {
    connectionRequest { id uuid } errors { code path } } }"""
DECIDE = """mutation ($input: ApproveConnectionRequestInput!) { approveConnectionRequest(input: $input) {
    errors { code } } }"""
UPDATE = """mutation ($input: UpdateConnectionRequestInput!) { updateConnectionRequest(input: $input) {
    errors { code } } }"""
DELETE = """mutation ($input: DeleteConnectionRequestInput!) { deleteConnectionRequest(input: $input) {
    errors { code } } }"""


async def made(caller, **given):
    """The ids of a request that was asked for."""
    answer = (await caller.ask(CREATE, input=given))["createConnectionRequest"]
    assert answer["errors"] == []
    return answer["connectionRequest"]["id"], answer["connectionRequest"]["uuid"]


async def test_crux_shows_a_request_its_feeds_and_who_approved_it(ada):
    token = ada.http.headers["authorization"].removeprefix("Bearer ")
    headers = {"authorization": f"Token {token}"}
    global_id, uuid = await made(
        ada,
        orgName="Baz",
        integrations=[{"integrationType": "items", "updateFrequency": "0 3 * * *"}],
        fileIds=[gid("File", "f4")],
    )
    path = f"/organizations/connections/request/{uuid}/"

    async def seen():
        answer = await ada.http.get(path, headers=headers)
        return answer.status_code, answer.json()

    status, request = await seen()
    assert (status, request["org_name"], request["is_approved"]) == (200, "Baz", False)
    assert [each["integration_type"] for each in request["integrations"]] == ["items"]
    assert [each["uuid"] for each in request["uploaded_files"]] == ["f4"]
    await ada.ask(DECIDE, input={"id": global_id, "comment": "Welcome."})
    await ada.ask(UPDATE, input={"id": global_id, "orgName": "Baz & Co"})
    _, request = await seen()
    assert (request["org_name"], request["is_approved"]) == ("Baz & Co", True)
    assert request["approved_by"]["person"]["first_name"] == "Ada"
    await ada.ask(DELETE, input={"id": global_id})
    assert (await seen())[0] == 404


async def test_opal_shows_a_request_in_the_case_of_the_organizations_documents(ada, two):
    for case, status in (("lower", "pending"), ("upper", "PENDING")):
        async with changing(two, "north") as write:
            await write.update(db.organizations, "north", {"status_case": case})
        items = [{"target": {"resourceId": "db-1"}}]
        _, uuid = await made(ada, kind="ACCESS", reason="on call", requestedItems=items, comment="Please.")
        request = (await ada.http.get(f"/v1/requests/{uuid}")).json()
        assert (request["status"], request["requester_id"], request["reason"]) == (status, "ada", "on call")
        assert [each["resource_id"] for each in request["requested_items_list"]] == ["db-1"]
        assert [each["comment"] for each in request["request_comments"]] == ["Please."]
