"""Mutations of webhook endpoints."""

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
    description="The secret that signs the events, such as `whsec_…`. It is shown only once: if you repeat the "
    "mutation with the same idempotency key, it is null, and an error says so.",
)

MUTATIONS = (
    mutation(
        webhook_endpoints.create_webhook_endpoint,
        WebhookEndpoint,
        edge=LATEST_FIRST,
        more={"secret": (str | None, SECRET)},
        description="Creates a webhook endpoint: from now on, events are sent to its URL, signed as Standard Webhooks "
        "specifies.",
    ),
    mutation(
        webhook_endpoints.update_webhook_endpoint,
        WebhookEndpoint,
        description="Changes the URL or the event types of a webhook endpoint, or disables or enables it.",
    ),
    mutation(
        webhook_endpoints.delete_webhook_endpoint,
        WebhookEndpoint,
        deletes=True,
        description="Deletes a webhook endpoint. Nothing more is sent to it.",
    ),
    mutation(
        webhook_endpoints.rotate_webhook_secret,
        WebhookEndpoint,
        more={"secret": (str | None, SECRET)},
        description="Creates a new secret for a webhook endpoint. For `overlapHours`, both the old and the new secret "
        "sign the events.",
    ),
    mutation(
        webhook_endpoints.send_test_event,
        WebhookEndpoint,
        description="Sends a test event, `webhook_endpoint.tested`, to a webhook endpoint, whatever event types it "
        "has.",
    ),
    mutation(
        webhook_endpoints.redeliver_webhook_events,
        WebhookEndpoint,
        description="Sends all events after a cursor to a webhook endpoint again. Each event keeps its `webhook-id`.",
    ),
)
