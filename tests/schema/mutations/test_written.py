"""Payloads show what a write has written without reading it again: they say what a read says right behind it."""

import pytest
from graphql import GraphQLNonNull, GraphQLObjectType, get_named_type, is_leaf_type

from tests.graph import gid, open_graph
from tests.schema.mutations.conftest import ALL
from tests.schema.mutations.examples import EXAMPLES, MUTATION, SCHEMA

pytestmark = pytest.mark.anyio

TYPES = SCHEMA.type_map
VARYING = {"downloadUrl", "uploadUrl"}  # signed anew each time
SECRET = "https://user:secret@host.example"
MORE = [
    *EXAMPLES.items(),
    (
        "createConnectionRequest",
        {
            "orgName": SECRET,
            "reason": SECRET,
            "target": {"userId": gid("Person", "bob")},
            "integrations": [
                {
                    "integrationType": f"{place}",
                    "feedSourceFileLocations": SECRET,
                    "updateFrequency": "0 3 * * *",
                }
                for place in range(12)
            ],
            "requestedItems": [{"target": {"resourceId": "r"}}, {"target": {"groupId": "g"}}],
            "fileIds": [gid("File", "f4")],
            "comment": SECRET,
        },
    ),
    ("createConnectionRequests", {"mode": "EACH", "requests": [{"orgName": "a"}, {}, {"orgName": "c"}]}),
]


def fields_of(kind, deep):
    """The selection of all that a type shows without arguments, and of what it has in lists and beside itself."""
    chosen = []
    for name, field in kind.fields.items():
        if name in VARYING or any(isinstance(each.type, GraphQLNonNull) for each in field.args.values()):
            continue
        named = get_named_type(field.type)
        if is_leaf_type(named):
            chosen.append(name)
        elif deep and isinstance(named, GraphQLObjectType):
            inner = fields_of(named, deep - 1)
            chosen.append(f"{name} {{ {inner} }}") if inner else None
    return " ".join(chosen)


def shown_by(name):
    """The member of a payload that is an object, and the public name of its type; None where none has an id."""
    payload = get_named_type(MUTATION.fields[name].type)
    if "results" in payload.fields:
        payload = get_named_type(payload.fields["results"].type)
    for member, field in payload.fields.items():
        named = get_named_type(field.type)
        if isinstance(named, GraphQLObjectType) and "id" in named.fields:
            return member, named.name
    return None


@pytest.mark.parametrize("scopes", [ALL, ("read", "write", "approve", "admin")])
async def test_a_payload_says_what_a_read_says_behind_it(two, database_url, scopes):
    compared = 0
    async with open_graph(two, database_url, "north", scopes, person_id="ada") as caller:
        for name, given in MORE:
            if name.startswith("uploadFile") or (shown := shown_by(name)) is None:
                continue
            member, type_name = shown
            selection = fields_of(TYPES[type_name], 2 if name == "createConnectionRequest" else 1)
            inside = f"{member} {{ {selection} }}"
            inside = f"results {{ {inside} }}" if name.endswith("Requests") else inside
            kind = name[0].upper() + name[1:]
            found = await caller.ask(
                f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ {inside} }} }}", input=given
            )
            for each in found[name].get("results", [found[name]]):
                if each[member] is not None:
                    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ {selection} }} }} }}"
                    assert each[member] == (await caller.ask(query, id=each[member]["id"]))["node"], name
                    compared += 1
    assert compared > 15
