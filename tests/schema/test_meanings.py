"""What those who are new to the graph get wrong, and how they are told what they probably meant."""

import pytest

pytestmark = pytest.mark.anyio

LIST = "{ connectionRequests%s { totalCount } }"
CREATE = 'mutation { createConnectionRequest(input: {orgName: "Acme", dryRun: true}) { %s } }'
FILTER = "query ($filter: ConnectionRequestFilter) { connectionRequests(filter: $filter) { totalCount } }"
COMPARISONS = "'eq', 'eqIgnoreCase', 'ne', 'in', 'notIn', 'contains', 'startsWith' or 'isNull'"


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("{ connectionRequests { orgName } }", "'nodes { orgName }'"),
        ("{ connectionRequests { approvedBy { id } } }", "'nodes { approvedBy { … } }'"),
        ("{ connectionRequests { cursor } }", "'edges { cursor }'"),
        ("{ connectionRequests { edges { orgName } } }", "'node { orgName }'"),
        (CREATE % "id", "'connectionRequest { id }'"),
        (LIST % '(status: "x")', "'filter: {status: …}'"),
        (LIST % '(filter: {orgName: "G"})', "{eq: …}"),
        (LIST % '(filter: {orgName: ["G"]})', "{in: […]}"),
        (LIST % "(filter: {status: PENDING})", "{eq: …}"),
        (LIST % "(orderBy: ORG_NAME)", "{field: …}"),
        (LIST % "(filter: {integrations: {type: {eq: ORDER}}})", "'some: {type: …}'"),
        (LIST % '(filter: {orgName: {like: "G"}})', COMPARISONS),
    ],
)
async def test_a_usual_mistake_is_told_with_what_was_meant(graph, query, meant):
    [(code, message)] = await graph.refused(query)
    assert code == "GRAPHQL_VALIDATION_FAILED"
    assert message.endswith(f" Did you mean {meant}?")


async def test_members_given_as_arguments_or_keys_are_found_where_they_belong(graph):
    messages = [
        message
        for _, message in await graph.refused(CREATE.replace("input: {", "").replace("})", ")") % "id")
    ]
    assert messages[0] == (
        "Unknown argument 'orgName' on field 'Mutation.createConnectionRequest'. Did you mean 'input: {orgName: …}'?"
    )
    messages = [message for _, message in await graph.refused(LIST % "(orderBy: [{orgName: ASC}])")]
    assert messages[1] == (
        "Expected value of type 'ConnectionRequestOrder' not to include unknown field 'orgName', found: "
        "{ orgName: ASC }. Did you mean 'field: ORG_NAME'?"
    )


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ({"orgName": "who?"}, "{eq: …}"),
        ({"orgName": ["G"]}, "{in: […]}"),
        ({"orgName": {"like": ": Expected x"}}, COMPARISONS),
        ({"integrations": {"type": {"eq": "ORDER"}}}, "'some: {type: …}'"),
    ],
)
async def test_in_variables_too(graph, value, meant):
    [(code, message)] = await graph.refused(FILTER, filter=value)
    assert code == "BAD_USER_INPUT"
    assert message.endswith(f" Did you mean {meant}?")


@pytest.mark.parametrize(
    "query",
    [
        "{ connectionRequests { nodes { elsewhere } } }",
        "{ connectionRequests { elsewhere } }",
        "{ viewer(elsewhere: 1) { scopes } }",
        LIST % '(filter: "G")',
        LIST % "(filter: {integrations: {elsewhere: {eq: ORDER}}})",
        LIST % "(orderBy: [{field: ORG_NAME, elsewhere: ASC}])",
    ],
)
async def test_nothing_is_guessed_where_nothing_fits(graph, query):
    [(_, message)] = await graph.refused(query)
    assert "Did you mean" not in message
