"""Mutations of people, tokens and the organization."""

from gateway.resolvers import organizations, people, tokens
from gateway.schema.api_tokens import ApiToken
from gateway.schema.mutations.declaring import mutation
from gateway.schema.mutations.payloads import shown_once
from gateway.schema.organizations import Organization
from gateway.schema.people import Person
from gateway.schema.rows import computed

LATEST_FIRST = (("created_at", True), ("id", True))


TOKEN_ITSELF = computed(
    shown_once(
        "token",
        "The token was shown once, by the first answer to this idempotency key. Revoke it if it is lost.",
    ),
    description="The token itself, shown this once; asked for again by the same idempotency key it is null, and an "
    "error says so.",
)

MUTATIONS = (
    mutation(people.create_person, Person, edge=LATEST_FIRST, description="Add a person."),
    mutation(people.update_person, Person, description="Change a person."),
    mutation(
        people.delete_person,
        Person,
        deletes=True,
        description="Delete a person whom no request, decision or comment names, with their tokens.",
    ),
    mutation(
        tokens.create_api_token,
        ApiToken,
        more={"token": (str | None, TOKEN_ITSELF)},
        description="Create a token, with your own token's scopes at most.",
    ),
    mutation(
        tokens.revoke_api_token, ApiToken, description="Revoke a token; it stops working within seconds."
    ),
    mutation(
        organizations.update_organization,
        Organization,
        description="Change the organization's name, its time zone, or whether people may approve their own requests.",
    ),
)
