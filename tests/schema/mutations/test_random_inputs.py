"""Whatever a mutation is given that fits its input type, the answer is one of the documented ones, never a fault."""

from random import Random

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    get_nullable_type,
    is_list_type,
    is_non_null_type,
)

from gateway.db.vault import Vault, new_key
from tests.graph import Sent, gid
from tests.lengths import cases
from tests.schema.mutations.examples import MUTATION, SCHEMA, document

pytestmark = pytest.mark.anyio

TEXTS = (
    "",
    " ",
    "x",
    "items",
    "0 3 * * *",
    "@daily",
    "never",
    "***",
    "ftp://u:p@h/x",
    "ftp://***@h/x",
    "a@b.c",
)
TEXTS += ("\N{MATHEMATICAL FRAKTUR CAPITAL U}", "'; --", "\t\n", "x" * 501, "y" * 10_001, "-1", "null", "{}")
IDS = tuple(
    gid(kind, each)
    for kind, ids in {
        "ConnectionRequest": ("r1", "r2", "r3", "r4", "p1", "p2", "s1"),
        "Integration": ("i1", "i2", "i4", "s-i1"),
        "File": ("f1", "f2", "f4", "s-f1"),
        "Person": ("ada", "bob", "sam"),
        "Comment": ("c1", "c2"),
        "ConnectedAccount": ("acc1", "acc2", "s-acc"),
    }.items()
    for each in ids
)
SCALARS = {
    "String": TEXTS,
    "ID": (*IDS, "", "?", "Q29ubmVjdGlvblJlcXVlc3Q6"),
    "Int": (0, 1, -1, -2, 60, 2**31 - 1, -(2**31)),
    "BigInt": (0, 1, 2, "1", 2**63 - 1, -1),
    "Upload": (Sent(), Sent("../..", b"", "x" * 300), Sent("y" * 600 + ".csv", b"\0")),
    "Boolean": (True, False),
    "DateTime": ("2018-04-09", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
    "JSON": ({}, [], "text", 1.5, None, {"a": {"b": [1, "ftp://u:p@h"]}}, {"api_key": "k"}),
}


def value_of(random, kind, depth=0):
    """Some value of an input type, null where that is allowed."""
    if is_non_null_type(kind):
        kind = kind.of_type
    elif random.random() < 0.1:
        return None
    if is_list_type(kind):
        return [value_of(random, kind.of_type, depth + 1) for _ in range(random.randrange(4))]
    if isinstance(kind, GraphQLEnumType):
        return random.choice(list(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        return object_of(random, kind, depth)
    return random.choice(SCALARS[get_nullable_type(kind).name])


def object_of(random, kind, depth):
    names = list(kind.fields)
    if kind.is_one_of:
        name = random.choice(names)
        return {name: random.choice(SCALARS[get_nullable_type(kind.fields[name].type).name])}
    given = {}
    for name in names:
        member = kind.fields[name]
        if is_non_null_type(member.type) or random.random() < (0.5 if depth == 0 else 0.7):
            given[name] = value_of(random, member.type, depth + 1)
    return given


@pytest.mark.parametrize("name", MUTATION.fields)
async def test_no_input_is_a_fault(ada, two, name):
    two.vault = Vault([new_key()])
    random = Random(f"mutation {name} {two.dialect_name}")  # others on the other database
    kind = SCHEMA.type_map[f"{name[0].upper()}{name[1:]}Input"]
    query = document(name)
    codes = set()
    for _ in range(cases(6, at_most=400)):
        given = object_of(random, kind, 0)
        response = await ada.post(query, {"input": given})
        answer = response.json()
        assert response.status_code == 200, (given, answer)
        assert "errors" not in answer, (given, answer["errors"])
        codes |= {each["code"] for each in answer["data"][name]["errors"]}
    assert codes <= {"BAD_USER_INPUT", "NOT_FOUND", "CONFLICT", "FORBIDDEN", "PERSON_REQUIRED"}
