"""Everything that the vendors' paths change, in their words: each story makes what it changes."""

from tests.torture.callers import Caller


async def asks_by_crux(caller: Caller) -> None:
    state, mark = caller.state, caller.mark
    path = "/organizations/connections/request/"
    body = {
        "organization_name": mark,
        "primary_contact_name": "Ann",
        "integrations": [{"type": "items", "rules": f"{mark}.0"}, {"type": "orders", "rules": f"{mark}.1"}],
        "uploaded_files": ["f1"],
    }
    uuid = (await caller.change("crux requestConnection", "POST", path, body)).json()["request_uuid"]
    state.put("connection_requests", uuid, mark, None, "pending")
    state.part("integrations", uuid, f"{mark}.0", f"{mark}.1")
    state.part("file_attachments", uuid, "f1")
    state.told("connection_request.created", "connection_requests", uuid)
    body = {
        "org_name": f"{mark}!",
        "integrations": [{"type": "items", "rules": f"{mark}.2"}],
        "uploaded_files": ["f2"],
    }
    await caller.change("crux updateConnectionRequest", "PATCH", f"{path}{uuid}/", body)
    state.put("connection_requests", uuid, f"{mark}!", None, "pending")
    state.part("integrations", uuid, f"{mark}.2")
    state.part("file_attachments", uuid, "f1", sign=-1)
    state.part("file_attachments", uuid, "f2")
    state.told("connection_request.updated", "connection_requests", uuid)


async def sends_a_file_by_crux(caller: Caller) -> None:
    mark = caller.mark
    parts = {"file": (mark, b"hello", "text/csv")}
    answer = await caller.change("crux uploadFile", "POST", "/organizations/files/upload/", files=parts)
    uuid = answer.json()["uuid"]
    caller.state.put("files", uuid, mark, 5)
    caller.state.told("file.created", "files", uuid)


async def decides_by_opal(caller: Caller) -> None:
    state, path = caller.state, "/v1/requests"
    for word, outcome in (("approve", "approved"), ("deny", "denied")):
        mark = caller.mark
        body = {"reason": mark, "duration_minutes": 60, "resources": [{"id": mark}], "groups": []}
        uuid = (await caller.change("opal createRequest", "POST", path, body)).json()["id"]
        state.put("connection_requests", uuid, None, mark, "pending")
        state.part("requested_items", uuid, mark)
        state.told("connection_request.created", "connection_requests", uuid)
        said = {"comment": f"{mark}?"}
        answer = await caller.change("opal createRequestComment", "POST", f"{path}/{uuid}/comments", said)
        first = answer.json()["request"]["request_comments"]
        said = {"comment": f"{mark}.", "level": "REGULAR"}
        answer = await caller.change(f"opal {word}Request", "POST", f"{path}/{uuid}/{word}", said)
        assert [each["comment"] for each in first] == [f"{mark}?"]
        assert {each["comment"] for each in answer.json()["request"]["request_comments"]} == {
            f"{mark}?",
            f"{mark}.",
        }
        state.put("connection_requests", uuid, None, mark, outcome)
        state.part("comments", uuid, f"{mark}?", f"{mark}.")
        state.part("decisions", uuid, outcome)
        state.part("approvals", uuid, *(["ada"] if outcome == "approved" else []))
        state.told(f"connection_request.{outcome}", "connection_requests", uuid)
        of_request = f'{{ connectionRequest(uuid: "{uuid}") {{ comments {{ nodes {{ uuid }} }} }} }}'
        shown = (await caller.ask(of_request))["connectionRequest"]["comments"]["nodes"]
        for each in shown:
            state.told("comment.created", "comments", each["uuid"])


async def connects_by_activecampaign(caller: Caller) -> None:
    state, path, table = caller.state, "/api/3/connections", "connected_accounts"
    for is_kept in (True, False):
        mark = caller.mark
        body = {
            "service": "foo",
            "externalid": mark,
            "name": mark,
            "logoUrl": "http://example.com/i.png",
            "linkUrl": "http://example.com/",
        }
        answer = await caller.change("activecampaign create-connection", "POST", path, {"connection": body})
        number = answer.json()["connection"]["id"]
        shown = await caller.ask(f"{{ connectedAccount(number: {number}) {{ uuid }} }}")
        uuid = shown["connectedAccount"]["uuid"]
        body = {"name": f"{mark}!"}
        of_one = f"{path}/{number}"
        await caller.change("activecampaign update-connection", "PUT", of_one, {"connection": body})
        state.put(table, uuid, f"{mark}!", "healthy", False)
        state.told("connected_account.created", table, uuid)
        state.told("connected_account.updated", table, uuid)
        buyer = {
            "connectionid": number,
            "externalid": mark,
            "email": f"{mark.replace(' ', '.')}@example.com",
        }
        path_of_buyers = "/api/3/ecomCustomers"
        for is_one_more in (True, False):
            answer = await caller.change(
                "activecampaign create-customer", "POST", path_of_buyers, {"ecomCustomer": buyer}
            )
            of_buyer = f"{path_of_buyers}/{answer.json()['ecomCustomer']['id']}"
            changed = {"externalid": f"{mark}!"}
            await caller.change("activecampaign update-customer", "PUT", of_buyer, {"ecomCustomer": changed})
            state.told("commerce_customer.created", "commerce_customers", None)
            state.told("commerce_customer.updated", "commerce_customers", None)
            if is_one_more:
                await caller.change("activecampaign delete-customer", "DELETE", of_buyer)
                state.told("commerce_customer.deleted", "commerce_customers", None)
        if is_kept:
            state.put("commerce_customers", buyer["email"], f"{mark}!")
        else:
            await caller.change("activecampaign delete-connection", "DELETE", of_one)
            state.remove(table, uuid)
            state.told("commerce_customer.deleted", "commerce_customers", None)
            state.told("connected_account.deleted", table, uuid)


async def connects_by_openint(caller: Caller) -> None:
    state, mark = caller.state, caller.mark
    path = "/v2/connector-config"
    answer = await caller.change(
        "openint createConnectorConfig", "POST", path, {"connector_name": "acme", "config": {"oauth": mark}}
    )
    config = answer.json()["id"]
    await caller.change(
        "openint updateConnectorConfig", "PUT", f"{path}/{config}", {"display_name": f"{mark}!"}
    )
    state.told("connector_config.created", "connector_configs", config)
    state.told("connector_config.updated", "connector_configs", config)
    for metadata in ({"a": 1}, {"b": 2}):
        await caller.change(
            "openint upsertCustomer", "PUT", "/v1/customer", {"id": mark, "metadata": metadata}
        )
    state.put("customers", mark, '{"a":1,"b":2}')
    state.told("customer.created", "customers", mark)
    state.told("customer.updated", "customers", mark)
    await caller.change("openint createToken", "POST", f"/v1/customer/{mark}/token", {})
    state.put("api_tokens", f"Customer {mark}", "valid")
    state.told("token.created", "api_tokens", None)
    settings = {"connector_name": "acme", "settings": {"oauth": {"credentials": {"access_token": mark}}}}
    body = {"connector_config_id": config, "customer_id": mark, "data": settings}
    connection = (await caller.change("openint createConnection", "POST", "/v2/connection", body)).json()[
        "id"
    ]
    shown = await caller.ask(f'{{ connectedAccount(externalRef: "{connection}") {{ uuid }} }}')
    uuid = shown["connectedAccount"]["uuid"]
    await caller.change("openint deleteConnection", "DELETE", f"/v2/connection/{connection}")
    state.told("connected_account.created", "connected_accounts", uuid)
    state.told("connected_account.deleted", "connected_accounts", uuid)
    await caller.change("openint deleteConnectorConfig", "DELETE", f"{path}/{config}")
    state.told("connector_config.deleted", "connector_configs", config)


STORIES = (
    asks_by_crux,
    sends_a_file_by_crux,
    decides_by_opal,
    connects_by_activecampaign,
    connects_by_openint,
)
