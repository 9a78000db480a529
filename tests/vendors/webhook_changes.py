"""Every change of where an organization's events are sent."""

from tests.vendors.changes import World, change, id_of

TYPES = (["connection_request.*"], ["comment.created"], ["connection_request.approved", "file.*"])


@change("createWebhookEndpoint")
async def follow(world: World, door: str) -> list[str]:
    given = {"url": f"https://north.example/{len(world.told)}", "types": world.random.choice(TYPES)}
    uuid = (await world.graph(door, given, "webhookEndpoint { uuid }"))["webhookEndpoint"]["uuid"]
    world.endpoints[uuid] = {"uuid": uuid, "isEnabled": True, **given}
    return ["webhook_endpoint.created"]


@change("updateWebhookEndpoint")
async def follow_elsewhere(world: World, door: str) -> list[str]:
    endpoint = await world.one(world.endpoints, "createWebhookEndpoint", isEnabled=True)
    url = f"https://north.example/{world.random.random()}"
    await world.graph(door, {"id": id_of("WebhookEndpoint", endpoint), "url": url, "isEnabled": False})
    endpoint |= {"url": url, "isEnabled": False}
    return ["webhook_endpoint.disabled"]


@change("rotateWebhookSecret", "sendTestEvent", "redeliverWebhookEvents")
async def keep_following(world: World, door: str) -> list[str]:
    endpoint = await world.one(world.endpoints, "createWebhookEndpoint", isEnabled=True)
    await world.graph(door, {"id": id_of("WebhookEndpoint", endpoint)})
    what = {"rotateWebhookSecret": "secret_rotated", "sendTestEvent": "tested"}
    return [f"webhook_endpoint.{what.get(door, 'redelivered')}"]


@change("deleteWebhookEndpoint")
async def stop_following(world: World, door: str) -> list[str]:
    endpoint = await world.one(world.endpoints, "createWebhookEndpoint")
    await world.graph(door, {"id": id_of("WebhookEndpoint", endpoint)})
    del world.endpoints[endpoint["uuid"]]
    return ["webhook_endpoint.deleted"]
