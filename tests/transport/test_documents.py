"""Documents: remembered by text, and the trusted ones asked for by name."""

from hashlib import sha256

import pytest

from gateway.limits import Limits
from gateway.observe.records import NOBODY, RequestRecord, enter, leave
from gateway.transport.documents import Documents
from gateway.transport.errors import RequestError
from tests.transport.sample import RESPONSE, make_client, schema

pytestmark = pytest.mark.anyio

TEXT = "query Hello($name: String!) {hello(name: $name)}"
HASH = sha256(TEXT.encode()).hexdigest()
RENAME = 'mutation {rename(name: "x")}'
LEGACY = "{things(first: 3000) {nodes {things(first: 1000) {nodes {name}}}}}"
TRUSTED = {f"sha256:{HASH}": TEXT, "rename-1": RENAME, "legacy": LEGACY}
ANSWER = {"data": {"hello": "hello ann"}}
VARIABLES = {"name": "ann"}


async def post(body):
    async with make_client(documents=TRUSTED) as client:
        answer = await client.post("/graphql", json=body, headers=RESPONSE)
    return answer.status_code, answer.json()


def error(message, code):
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


def test_a_document_is_prepared_once():
    documents = Documents(schema, Limits())
    assert documents.get("{hello}") is documents.get("{hello}")
    assert documents.get("{hello}") is not documents.get("{ hello }")


def test_the_least_recently_used_document_is_forgotten():
    documents = Documents(schema, Limits(), capacity=2)
    first, second = documents.get("{a: hello}"), documents.get("{b: hello}")
    assert documents.get("{a: hello}") is first
    documents.get("{c: hello}")
    assert documents.get("{a: hello}") is first
    assert documents.get("{b: hello}") is not second


MANY = "{" + " ".join(f"the_viewer_number_{n}: viewer" for n in range(999)) + "}"
LONG = '{hello(name: "' + "x" * 190_000 + '")}'


def test_documents_that_would_fill_the_memory_are_not_kept():
    documents = Documents(schema, Limits())
    assert documents.get(LONG) is documents.get(LONG)
    assert documents.get(MANY) is not documents.get(MANY)


def test_one_organizations_documents_push_out_none_of_anothers():
    documents = Documents(schema, Limits(), capacity=10)
    theirs = RequestRecord(NOBODY, "", "", "")
    theirs.organization_id = "north"
    token = enter(theirs)
    kept = documents.get("{hello}", "1")
    theirs.organization_id = "south"
    for n in range(50):
        documents.get(f"{{a{n}: hello}}", f"a{n}")
    leave(token)
    assert documents.get("{hello}") is documents.find("1") is kept


def test_bad_documents_are_not_kept():
    documents = Documents(schema, Limits())
    for _ in range(2):
        with pytest.raises(RequestError, match="Cannot query field") as caught:
            documents.get("{absurd}")
    assert caught.value.errors[0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": f"sha256:{HASH}"},
        {"documentId": HASH},
        {"documentId": HASH.upper()},
        {"doc_id": HASH},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}},
        {"documentId": HASH, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}},
        {"documentId": HASH, "query": TEXT},
    ],
)
async def test_known_documents_answer_by_name(body):
    assert await post({**body, "variables": VARIABLES, "operationName": "Hello"}) == (200, ANSWER)


@pytest.mark.parametrize(
    "params",
    [
        {"documentId": f"sha256:{HASH}"},
        {"doc_id": HASH},
        {"extensions": f'{{"persistedQuery": {{"version": 1, "sha256Hash": "{HASH}"}}}}'},
    ],
)
async def test_known_documents_answer_over_get(params):
    async with make_client(documents=TRUSTED) as client:
        answer = await client.get("/graphql", params={**params, "variables": '{"name": "ann"}'})
    assert (answer.status_code, answer.json()) == (200, ANSWER)


async def test_unknown_documents_are_asked_for():
    for body in [{"documentId": "0" * 64}, {"doc_id": "x"}]:
        assert await post(body) == (400, error("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND"))


async def test_apollo_sends_hash_and_text_and_is_answered():
    text = "{viewer}"
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}}
    assert (await post({"extensions": extensions}))[1]["errors"][0]["extensions"] == {
        "code": "PERSISTED_QUERY_NOT_FOUND"
    }
    assert await post({"extensions": extensions, "query": text}) == (200, {"data": {"viewer": "ann"}})


async def test_a_text_is_known_by_its_hash_once_it_came_with_it():
    asked = []
    async with make_client() as client:
        for text in ("{viewer}", "{a: viewer}", "{viewer}"):
            extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}}
            for body in ({"extensions": extensions}, {"extensions": extensions, "query": text}):
                answer = await client.post("/graphql", json=body, headers=RESPONSE)
                asked.append(answer.status_code)
                if answer.status_code == 200:
                    break
        params = {"documentId": sha256(b"{viewer}").hexdigest()}
        assert (await client.get("/graphql", params=params)).json() == {"data": {"viewer": "ann"}}
    assert asked == [400, 200, 400, 200, 200]


def test_a_hash_is_known_as_long_as_its_text():
    documents = Documents(schema, Limits(), capacity=2)
    first = documents.get("{a: hello}", "1")
    assert documents.get("{b: hello}") is not first
    assert documents.find("1") is first
    documents.get("{c: hello}", "3")
    assert documents.find("1") is first
    documents.get("{d: hello}", "4")
    assert [documents.find("1") is first, documents.find("3"), documents.find("5")] == [True, None, None]
    with pytest.raises(RequestError, match="Cannot query field"):
        documents.get("{absurd}", "6")
    assert documents.find("6") is None


@pytest.mark.parametrize("text", [LONG, "{viewer}" + " " * 150_000, MANY])
async def test_every_text_that_is_served_is_found_again_by_its_hash(text):
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}}
    async with make_client() as client:
        for body, status in [({}, 400), ({"query": text}, 200), ({}, 200)]:
            answer = await client.post("/graphql", json={**body, "extensions": extensions}, headers=RESPONSE)
            assert answer.status_code == status, answer.text


async def test_a_text_under_another_documents_name_is_refused():
    assert await post({"documentId": HASH, "query": "{viewer}"}) == (
        400,
        error("The document's identifier is not the SHA-256 of the query that comes with it.", "BAD_REQUEST"),
    )


async def test_trusted_mutations_need_post_too():
    assert await post({"documentId": "rename-1"}) == (200, {"data": {"rename": "x"}})
    async with make_client(documents=TRUSTED) as client:
        answer = await client.get("/graphql", params={"documentId": "rename-1"})
    assert answer.status_code == 405


async def test_trusted_documents_are_free_of_limits():
    assert (await post({"query": LEGACY}))[1]["errors"][0]["extensions"] == {
        "code": "OPERATION_TOO_COMPLEX",
        "limit": "complexity",
        "price": 6_006_001,
        "cap": 1_000_000,
    }
    assert await post({"documentId": "legacy"}) == (
        200,
        {"data": {"things": {"nodes": [{"things": {"nodes": [{"name": "a thing"}]}}]}}},
    )
