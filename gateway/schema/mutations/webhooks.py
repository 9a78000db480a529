"""Mutations of the endpoints of webhooks."""

from gateway.resolvers import webhook_endpoints
from gateway.schema.mutations.declaring import mutation
from gateway.schema.mutations.payloads import shown_once
from gateway.schema.rows import computed
from gateway.schema.webhooks import WebhookEndpoint

LATEST_FIRST = (("created_at", True), ("id", True))

SECRET = computed(
    shown_once(
        "secret",
        "The secret was shown once, by the first answer to this idempotency key. Rotate it if it is lost.",
    ),
    description="The secret that signs what is sent, shown this once; asked for again by the same idempotency key it "
    "is null, and an error says so.",
)

MUTATIONS = (
    mutation(
        webhook_endpoints.create_webhook_endpoint,
        WebhookEndpoint,
        edge=LATEST_FIRST,
        more={"secret": (str | None, SECRET)},
        description="Send events to a URL from now on, signed as Standard Webhooks has it.",
    ),
    mutation(
        webhook_endpoints.update_webhook_endpoint,
        WebhookEndpoint,
        description="Change an endpoint's URL or event types, or switch it off or on.",
    ),
    mutation(
        webhook_endpoints.delete_webhook_endpoint,
        WebhookEndpoint,
        deletes=True,
        description="Delete a webhook endpoint; nothing more is sent to it.",
    ),
    mutation(
        webhook_endpoints.rotate_webhook_secret,
        WebhookEndpoint,
        more={"secret": (str | None, SECRET)},
        description="Give an endpoint a new secret; for a while both sign what is sent.",
    ),
    mutation(
        webhook_endpoints.send_test_event,
        WebhookEndpoint,
        description="Send a test event, `webhook_endpoint.tested`, to an endpoint in the way of every event.",
    ),
    mutation(
        webhook_endpoints.redeliver_webhook_events,
        WebhookEndpoint,
        description="Send an endpoint every event after a cursor again, each under the id that it had before.",
    ),
)
