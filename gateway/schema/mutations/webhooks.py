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
        description="Have events sent to a URL from now on, signed (Standard Webhooks).",
    ),
    mutation(
        webhook_endpoints.update_webhook_endpoint,
        WebhookEndpoint,
        description="Send events somewhere else, others, or none for a while.",
    ),
    mutation(
        webhook_endpoints.delete_webhook_endpoint,
        WebhookEndpoint,
        deletes=True,
        description="Send an endpoint nothing more.",
    ),
    mutation(
        webhook_endpoints.rotate_webhook_secret,
        WebhookEndpoint,
        more={"secret": (str | None, SECRET)},
        description="Make another secret for an endpoint; for a while both sign what is sent.",
    ),
    mutation(
        webhook_endpoints.send_test_event,
        WebhookEndpoint,
        description="Send an endpoint an event for trying it, `webhook_endpoint.tested`, as every event is sent.",
    ),
    mutation(
        webhook_endpoints.redeliver_webhook_events,
        WebhookEndpoint,
        description="Send an endpoint everything behind a cursor again, each event under the id that it had before.",
    ),
)
