"""GraphiQL and introspection, each switched off by a setting."""

from hashlib import sha256

import pytest
from graphql import get_introspection_query

from gateway.app import create_app
from gateway.settings import Settings
from tests.graph import open_http
from tests.patience import PATIENT
from tests.transport.sample import RESPONSE, make_client

pytestmark = pytest.mark.anyio

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SAID = (
    "Introspection is switched off here, so that `{}` cannot be asked for. Tools can read the schema from the file "
    "that `gateway schema` prints, which the operator has."
)


async def ask(query, **options):
    async with make_client(**options) as client:
        body = {"query": query} if isinstance(query, str) else query
        answer = await client.post("/graphql", json=body, headers=RESPONSE)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("query", "name", "column"),
    [
        ("{__schema {queryType {name}}}", "__schema", 2),
        ('{hello a: __type(name: "Thing") {name}}', "__type", 8),
        ("fragment F on Query {... {__schema {types {name}}}} {...F}", "__schema", 27),
    ],
)
async def test_introspection_that_is_off_is_refused_and_said_to_be(query, name, column):
    error = {
        "message": SAID.format(name),
        "locations": [{"line": 1, "column": column}],
        "extensions": {"code": "INTROSPECTION_DISABLED"},
    }
    for _ in range(2):
        assert await ask(query, introspection=False) == (400, {"errors": [error]})
    assert (await ask(query))[0] == 200


async def test_what_code_generators_send_is_refused_in_one_error():
    status, answer = await ask(get_introspection_query(input_value_deprecation=True), introspection=False)
    assert (status, [error["message"] for error in answer["errors"]]) == (400, [SAID.format("__schema")])


async def test_names_of_types_are_told_all_the_same():
    query = '{__typename thing {__typename} hello(name: "__schema { }")}'
    answer = {"__typename": "Query", "thing": {"__typename": "Thing"}, "hello": "hello __schema { }"}
    assert await ask(query, introspection=False) == (200, {"data": answer})


async def test_trusted_documents_may_ask_for_the_schema():
    text = '{__type(name: "Thing") {name}}'
    name = sha256(text.encode()).hexdigest()
    for body in ({"documentId": name}, {"documentId": name, "query": text}):
        assert await ask(body, introspection=False, documents={name: text}) == (
            200,
            {"data": {"__type": {"name": "Thing"}}},
        )
    assert (await ask({"query": text}, introspection=False, documents={name: text}))[0] == 400


@pytest.mark.parametrize(
    ("query", "variables", "said"),
    [
        ("{helo}", {}, "Cannot query field 'helo' on type 'Query'."),
        ("{hello(nam: 1)}", {}, "Unknown argument 'nam' on field 'Query.hello'."),
    ],
)
async def test_errors_do_not_spell_the_schema_out_either(query, variables, said):
    for introspection, ending in ((False, ""), (True, " Did you mean")):
        _, answer = await ask({"query": query, "variables": variables}, introspection=introspection)
        message = answer["errors"][0]["message"]
        assert message.startswith(said + ending)
        assert (message == said) == (not introspection)


async def test_both_are_settings_of_the_gateway(database, database_url):
    settings = Settings.from_environment(
        {"GATEWAY_GRAPHIQL": "false", "GATEWAY_INTROSPECTION": "0"},
        database_url=database_url,
        demo_token="demo",
    )
    query = {
        "query": "query ($f: PersonFilter) {people(filter: $f) {totalCount}}",
        "variables": {"f": {"firstNam": {}}},
    }
    async with open_http(create_app(settings, database), "demo") as http:
        for path in ("/graphql", "/graphql/"):
            answer = await http.get(path, headers={"accept": HTML})
            assert (answer.status_code, answer.headers["content-type"]) == (
                400,
                "application/json; charset=utf-8",
            )
        assert [(await http.get(path)).status_code for path in ("/", "/assets/favicon.svg")] == [404, 404]
        refused = (await http.post("/graphql", json={"query": "{ __schema { types { name } } }"})).json()
        assert refused["errors"][0]["extensions"] == {"code": "INTROSPECTION_DISABLED"}
        message = (await http.post("/graphql", json=query)).json()["errors"][0]["message"]
        assert "firstNam" in message
        assert "firstName" not in message
    async with open_http(create_app(Settings(database_url=database_url, **PATIENT), database)) as http:
        assert (
            (await http.get("/graphql", headers={"accept": HTML}))
            .headers["content-type"]
            .startswith("text/html")
        )
        assert [(await http.get(path)).status_code for path in ("/", "/assets/favicon.svg")] == [307, 200]
