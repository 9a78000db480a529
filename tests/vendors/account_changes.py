"""Every change of connected accounts, their configurations and customers, of people, tokens and the organization."""

from tests.vendors.changes import ACCOUNT, Row, World, change, id_of

AC = "/api/3/connections"
AC_MEMBERS = {"name": "name", "logoUrl": "logoUrl", "linkUrl": "linkUrl", "listId": "listId"}
GRAPH_MEMBERS = {"name": "name", "listId": "listId"}
PERSON = dict.fromkeys(("firstName", "lastName", "email", "phone", "jobTitle"))


def listed(members: Row) -> Row:
    """ActiveCampaign's members; `0` is its id of no list, as is none."""
    return {
        name: None if name == "listId" and value in ("", "0") else value for name, value in members.items()
    }


def ids(world: World) -> str:
    return f"x{world.random.randrange(10**9)}"


@change("createConnectedAccount", "activecampaign create-connection", "openint createConnection")
async def connect(world: World, door: str) -> list[str]:
    if door.startswith("openint"):
        return await connect_by_configuration(world)
    external = ids(world)
    if door.startswith("activecampaign"):
        members = {name: world.text() for name in AC_MEMBERS}
        body = {"connection": {"service": "shop", "externalid": external, **members}}
        number = int((await world.rest("POST", AC, body))["connection"]["id"])
        seen = listed({AC_MEMBERS[name]: value for name, value in members.items()})
        query = f"{{ connectedAccount(number: {number}) {{ uuid }} }}"
        found = await world.rest("POST", "/graphql", {"query": query})
        uuid = found["data"]["connectedAccount"]["uuid"]
    else:
        given, seen = world.some(GRAPH_MEMBERS)
        given |= {"kind": "COMMERCE", "service": "shop", "externalId": external}
        payload = await world.graph(door, given, "connectedAccount { uuid number }")
        uuid, number = payload["connectedAccount"].values()
    own = {"uuid": uuid, "kind": "COMMERCE", "number": number, "service": "shop", "status": "HEALTHY"}
    world.accounts[uuid] = {**ACCOUNT, **own, "externalId": external, **seen}
    return ["connected_account.created"]


async def connect_by_configuration(world: World) -> list[str]:
    config = await world.one(world.configs, "openint createConnectorConfig")
    customer, data = ids(world), {"connector_name": "acme", "settings": {"key": world.text()}}
    body = {"connector_config_id": config["uuid"], "customer_id": customer, "data": data}
    body |= {"metadata": {"said": world.text()}, "check_connection": True}
    reference = (await world.rest("POST", "/v2/connection", body))["id"]
    query = f'{{ connectedAccount(externalRef: "{reference}") {{ uuid }} }}'
    answer = await world.rest("POST", "/graphql", {"query": query})
    uuid = answer["data"]["connectedAccount"]["uuid"]
    own = {"uuid": uuid, "kind": "CONNECTOR", "number": None, "service": "acme", "status": "UNKNOWN"}
    own |= {"customerId": customer, "connectorConfigId": config["uuid"], "externalRef": reference}
    world.accounts[uuid] = {**ACCOUNT, **own, "settings": data["settings"], "metadata": body["metadata"]}
    return ["connected_account.created"]


@change("updateConnectedAccount", "activecampaign update-connection")
async def correct(world: World, door: str) -> list[str]:
    account = await world.one(world.accounts, "createConnectedAccount", kind="COMMERCE")
    external = ids(world)
    if door.startswith("activecampaign"):
        given, seen = world.some(AC_MEMBERS)
        seen = listed(seen)
        body = {"connection": {"externalid": external, **given}}
        await world.rest("PUT", f"{AC}/{account['number']}", body)
    else:
        given, seen = world.some(GRAPH_MEMBERS)
        await world.graph(door, {"id": id_of("ConnectedAccount", account), "externalId": external, **given})
    account |= {"externalId": external, **seen}
    return ["connected_account.updated"]


@change("disableConnectedAccount")
async def disable(world: World, door: str) -> list[str]:
    await connect(world, "createConnectedAccount")
    account = list(world.accounts.values())[-1]
    await world.graph(door, {"id": id_of("ConnectedAccount", account)})
    account["disabled"] = True
    return ["connected_account.created", "connected_account.disabled"]


@change("deleteConnectedAccount", "activecampaign delete-connection", "openint deleteConnection")
async def disconnect(world: World, door: str) -> list[str]:
    if door.startswith("openint"):
        account = await world.one(world.accounts, "openint createConnection", kind="CONNECTOR")
        await world.rest("DELETE", f"/v2/connection/{account['externalRef']}")
    else:
        account = await world.one(world.accounts, "createConnectedAccount", kind="COMMERCE")
        if door.startswith("activecampaign"):
            await world.rest("DELETE", f"{AC}/{account['number']}")
        else:
            await world.graph(door, {"id": id_of("ConnectedAccount", account)})
    del world.accounts[account["uuid"]]
    gone = [each for each, row in world.customers.items() if row["connectionid"] == str(account["number"])]
    for each in gone:
        del world.customers[each]
    return ["commerce_customer.deleted"] * len(gone) + ["connected_account.deleted"]


@change("activecampaign create-customer")
async def add_customer(world: World, door: str) -> list[str]:
    account = await world.one(world.accounts, "activecampaign create-connection", kind="COMMERCE")
    customer = {"connectionid": str(account["number"]), "externalid": ids(world)}
    customer |= {"email": f"{ids(world)}@example.com"}
    answer = await world.rest("POST", "/api/3/ecomCustomers", {"ecomCustomer": customer})
    world.customers[answer["ecomCustomer"]["id"]] = customer
    return ["commerce_customer.created"]


@change("activecampaign update-customer")
async def change_customer(world: World, door: str) -> list[str]:
    customer = await world.one(world.customers, "activecampaign create-customer")
    [number] = [each for each, row in world.customers.items() if row is customer]
    external = ids(world)
    path = f"/api/3/ecomCustomers/{number}"
    await world.rest("PUT", path, {"ecomCustomer": {"externalid": external}})
    customer["externalid"] = external
    return ["commerce_customer.updated"]


@change("activecampaign delete-customer")
async def drop_customer(world: World, door: str) -> list[str]:
    customer = await world.one(world.customers, "activecampaign create-customer")
    [number] = [each for each, row in world.customers.items() if row is customer]
    await world.rest("DELETE", f"/api/3/ecomCustomers/{number}")
    del world.customers[number]
    return ["commerce_customer.deleted"]


@change("openint createConnectorConfig")
async def configure(world: World, door: str) -> list[str]:
    given = {"connector_name": "acme", "display_name": world.said(), "metadata": {"a": world.text()}}
    made = await world.rest("POST", "/v2/connector-config", given)
    world.configs[made["id"]] = {"uuid": made["id"], "disabled": False, **given}
    return ["connector_config.created"]


@change("openint updateConnectorConfig")
async def reconfigure(world: World, door: str) -> list[str]:
    config = await world.one(world.configs, "openint createConnectorConfig")
    given = {"disabled": not config["disabled"], "display_name": world.said()}
    await world.rest("PUT", f"/v2/connector-config/{config['uuid']}", given)
    config |= given
    return ["connector_config.updated"]


@change("openint deleteConnectorConfig")
async def drop_configuration(world: World, door: str) -> list[str]:
    told = await configure(world, "openint createConnectorConfig")
    uuid = list(world.configs)[-1]
    await world.rest("DELETE", f"/v2/connector-config/{uuid}")
    del world.configs[uuid]
    return [*told, "connector_config.deleted"]


@change("openint upsertCustomer")
async def keep_customer(world: World, door: str) -> list[str]:
    given = {"id": ids(world), "metadata": {"said": world.text()}}
    answer = await world.rest("PUT", "/v1/customer", given)
    assert {name: answer[name] for name in given} == given
    return ["customer.created"]


@change("createApiToken", "openint createToken")
async def make_token(world: World, door: str) -> list[str]:
    told = ["token.created"]
    if door.startswith("openint"):
        customer = ids(world)
        await world.rest("POST", f"/v1/customer/{customer}/token", {})
        told = ["customer.created", *told]
        own: Row = {"customerId": customer, "person": None}
    else:
        own = {"customerId": None, "person": world.me}
        given = {"name": ids(world), "scopes": ["READ"]}
        await world.graph(door, {**given, "personId": id_of("Person", {"uuid": world.me})})
    query = "{ events(first: 1) { nodes { subjectUuid } } }"
    [node] = (await world.rest("POST", "/graphql", {"query": query}))["data"]["events"]["nodes"]
    uuid = node["subjectUuid"]
    world.tokens[uuid] = {"uuid": uuid, "isRevoked": False, **own}
    return told


@change("revokeApiToken")
async def revoke_token(world: World, door: str) -> list[str]:
    token = await world.one(world.tokens, "createApiToken", isRevoked=False)
    await world.graph(door, {"id": id_of("ApiToken", token)})
    token["isRevoked"] = True
    return ["token.revoked"]


@change("createPerson")
async def add_person(world: World, door: str) -> list[str]:
    given, seen = world.some({name: name for name in PERSON if name != "email"})
    payload = await world.graph(door, {**given, "email": "eve@example.com"}, "person { uuid }")
    uuid = payload["person"]["uuid"]
    world.people[uuid] = {**PERSON, **seen, "email": "eve@example.com", "uuid": uuid}
    return ["person.created"]


@change("updatePerson")
async def rename_person(world: World, door: str) -> list[str]:
    person = world.random.choice([*world.people.values()])
    name = ids(world)
    await world.graph(door, {"id": id_of("Person", person), "lastName": name})
    person["lastName"] = name
    return ["person.updated"]


@change("deletePerson")
async def drop_person(world: World, door: str) -> list[str]:
    told = await add_person(world, "createPerson")
    person = list(world.people.values())[-1]
    await world.graph(door, {"id": id_of("Person", person)})
    del world.people[person["uuid"]]
    return [*told, "person.deleted"]


@change("updateOrganization")
async def rename(world: World, door: str) -> list[str]:
    zones = [each for each in ("UTC", "Asia/Kolkata") if each != world.organization["timezone"]]
    given = {"name": world.said(), "timezone": zones[0]}
    await world.graph(door, given)
    world.organization = given
    return ["organization.updated"]
