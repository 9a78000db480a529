"""Credentials inside URLs: who sees them, and that nobody else can guess them."""

import pytest

from gateway.schema.schema import make_schema
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

TEXTS = """{
    connectionRequest(uuid: "r1") { additionalInformation }
    integrations(orderBy: {field: POSITION}) { nodes { uuid updateFrequency feedSourceFileLocations fileSpecs rules
        schedule { raw problem } } }
    connectedAccounts { nodes { uuid logoUrl linkUrl } } }"""
FILTERS = {
    "connectionRequests": ["additionalInformation", "reason"],
    "integrations": ["updateFrequency", "feedSourceFileLocations", "fileSpecs", "rules"],
}
ANYTHING = ['{eq: "x"}', "{isNull: true}", '{notIn: ["x"]}', '{startsWith: "x"}', "{}"]


@pytest.fixture(scope="module")
async def reader(store, store_url):
    async with open_graph(store, store_url, "north", ["read", "write", "approve", "admin"]) as caller:
        yield caller


async def texts(caller):
    found = await caller.ask(TEXTS)
    rows = {each.pop("uuid"): each for each in found["integrations"]["nodes"]}
    accounts = {each.pop("uuid"): each for each in found["connectedAccounts"]["nodes"]}
    return found["connectionRequest"]["additionalInformation"], rows["i1"], rows["i4"], accounts["acc2"]


async def test_with_the_scope_secrets_texts_are_whole(graph):
    assert await texts(graph) == (
        "see https://me:hunter2@host.example/x",
        {
            "updateFrequency": "33 * * * *",
            "feedSourceFileLocations": "ftp://foo:bar@baz.blerg/items",
            "fileSpecs": "csv, see sftp://u:pw@h/spec",
            "rules": "ask https://a:b@rules.example",
            "schedule": {"raw": "33 * * * *", "problem": None},
        },
        {
            "updateFrequency": "ftp://foo:bar@baz.blerg",
            "feedSourceFileLocations": None,
            "fileSpecs": None,
            "rules": "",
            "schedule": {
                "raw": "ftp://foo:bar@baz.blerg",
                "problem": "“ftp://***@baz.blerg” is a location, not a cron text.",
            },
        },
        {"logoUrl": "https://u:pw@logo.example/x.png", "linkUrl": "https://shop.example"},
    )


async def test_without_it_credentials_are_masked_and_nothing_else(reader):
    assert await texts(reader) == (
        "see https://***@host.example/x",
        {
            "updateFrequency": "33 * * * *",
            "feedSourceFileLocations": "ftp://***@baz.blerg/items",
            "fileSpecs": "csv, see sftp://***@h/spec",
            "rules": "ask https://***@rules.example",
            "schedule": {"raw": "33 * * * *", "problem": None},
        },
        {
            "updateFrequency": "ftp://***@baz.blerg",
            "feedSourceFileLocations": None,
            "fileSpecs": None,
            "rules": "",
            "schedule": {
                "raw": "ftp://***@baz.blerg",
                "problem": "“ftp://***@baz.blerg” is a location, not a cron text.",
            },
        },
        {"logoUrl": "https://***@logo.example/x.png", "linkUrl": "https://shop.example"},
    )


async def test_they_are_masked_by_every_path_to_a_row(reader):
    query = """query ($ids: [ID!]!) {
        nodes(ids: $ids) { ... on Integration { rules } ... on ConnectionRequest { additionalInformation
            integrations { nodes { rules connectionRequest { additionalInformation } } edges { node { rules } } } } }
        files(filter: {uuid: {eq: "f1"}}) { nodes { connectionRequest { additionalInformation } } }
        people(filter: {uuid: {eq: "ada"}}) { nodes { approvals { nodes { connectionRequest {
            additionalInformation } } } connectionRequests { nodes { additionalInformation } } } } }"""
    answer = await reader.post(query, {"ids": [gid("Integration", "i1"), gid("ConnectionRequest", "r1")]})
    assert answer.text.count("https://***@host.example/x") == 6
    assert answer.text.count("https://***@rules.example") == 3
    assert "hunter2" not in answer.text
    assert "a:b@" not in answer.text


@pytest.mark.parametrize("field", FILTERS)
async def test_without_it_nobody_filters_by_such_a_text(reader, graph, field):
    for member in FILTERS[field]:
        refused = (
            "FORBIDDEN",
            f"Filtering or ordering by `{member}` needs a token with the scope `secrets`.",
        )
        for condition in ANYTHING:
            for given in (
                f"{{{member}: {condition}}}",
                f"{{not: {{or: [{{and: [{{{member}: {condition}}}]}}]}}}}",
            ):
                query = f"{{ {field}(filter: {given}) {{ totalCount }} }}"
                assert await reader.refused(query) == [refused]
                assert await graph.ask(query)


async def test_without_it_nobody_filters_by_such_a_text_of_a_related_row(reader, graph):
    for query in (
        '{ connectionRequests(filter: {integrations: {none: {rules: {contains: "x"}}}}) { totalCount } }',
        '{ connectionRequests { nodes { integrations(filter: {rules: {contains: "x"}}) { totalCount } } } }',
        '{ files(filter: {connectionRequest: {additionalInformation: {contains: "x"}}}) { totalCount } }',
        """{ integrations(filter: {connectionRequest: {integrations: {every: {updateFrequency: {eq: "x"}}}}}) {
             totalCount } }""",
    ):
        assert {code for code, _ in await reader.refused(query)} == {"FORBIDDEN"}, query
        assert await graph.ask(query)


async def test_without_it_schedules_are_evaluated_all_the_same(reader):
    query = """{ integrations(filter: {dueBetween: {from: "2018-04-09T06:00Z", to: "2018-04-09T07:00Z"}}) {
        nodes { uuid schedule { nextRuns(first: 1, after: "2018-04-09") } } } }"""
    assert await reader.ask(query) == {
        "integrations": {"nodes": [{"uuid": "i1", "schedule": {"nextRuns": ["2018-04-09T00:33:00Z"]}}]}
    }


def test_the_schema_says_what_needs_the_scope():
    masked = " Credentials are masked without the scope `secrets`."
    needed = " Requires the scope `secrets`."
    hidden = " Null without the scope `secrets`."
    said = {
        f"{name}.{field}": it.description[it.description.rindex(". ") + 1 :]
        for name, each in make_schema()._schema.type_map.items()
        for field, it in getattr(each, "fields", {}).items()
        if "secrets" in (it.description or "")
    }
    assert said == {
        "Comment.body": masked,
        "ConnectedAccount.linkUrl": masked,
        "ConnectedAccount.logoUrl": masked,
        "ConnectedAccount.metadata": masked,
        "ConnectedAccount.settings": hidden,
        "ConnectedAccount.statusMessage": masked,
        "Connector.logoUrl": masked,
        "Connector.schemas": masked,
        "Connector.scopes": masked,
        "ConnectorIntegration.external": masked,
        "ConnectorIntegration.logoUrl": masked,
        "ConnectorIntegration.standard": masked,
        "ConnectionRequest.additionalInformation": masked,
        "ConnectionRequest.reason": masked,
        "CommentFilter.body": needed,
        "Decision.comment": masked,
        "ConnectionRequestFilter.additionalInformation": needed,
        "ConnectionRequestFilter.reason": needed,
        "FileUpload.contentType": masked,
        "FileUpload.name": masked,
        "Integration.feedSourceFileLocations": masked,
        "Integration.fileSpecs": masked,
        "Integration.rules": masked,
        "Integration.schedule": masked,
        "Integration.updateFrequency": masked,
        "IntegrationFilter.feedSourceFileLocations": needed,
        "IntegrationFilter.fileSpecs": needed,
        "IntegrationFilter.rules": needed,
        "IntegrationFilter.updateFrequency": needed,
        "WebhookEndpoint.url": masked,
    }
