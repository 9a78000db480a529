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
    description="The secret text of the token, for the header `Authorization: Bearer …`. It is shown only once: if you "
    "repeat the mutation with the same idempotency key, it is null, and an error says so.",
)

MUTATIONS = (
    mutation(people.create_person, Person, edge=LATEST_FIRST, description="Creates a person."),
    mutation(people.update_person, Person, description="Changes a person."),
    mutation(
        people.delete_person,
        Person,
        deletes=True,
        description="Deletes a person with their tokens and password. Refused if a connection request, a decision or a "
        "comment names the person.",
    ),
    mutation(
        tokens.create_api_token,
        ApiToken,
        more={"token": (str | None, TOKEN_ITSELF)},
        description="Creates an API token. It can have only scopes that your own token has.",
    ),
    mutation(
        tokens.revoke_api_token,
        ApiToken,
        description="Revokes an API token. It stops working within seconds.",
    ),
    mutation(
        organizations.update_organization,
        Organization,
        description="Changes the settings of your organization.",
    ),
)
