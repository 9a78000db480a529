"""`search`: rows by the beginnings of words, of texts as everybody may see them, on both databases alike."""

from random import Random

import pytest

from gateway.db import tables as db
from gateway.db.search import LONGEST, MOST, matching, row_words, words
from tests.data import changing, context_of
from tests.graph import gid, open_graph

pytestmark = pytest.mark.anyio

REQUESTS = """query ($text: String) { connectionRequests(filter: {search: $text}) {
    totalCount nodes { uuid } } }"""
PEOPLE = """query ($text: String) { people(filter: {search: $text}, orderBy: {field: LAST_NAME}) {
    totalCount nodes { uuid } } }"""


async def found(graph, query, text):
    [page] = (await graph.ask(query, text=text)).values()
    assert page["totalCount"] == len(page["nodes"])
    return " ".join(sorted(each["uuid"] for each in page["nodes"]))


def test_what_words_are():
    assert words("ÄPFEL & Birnen-Öl, baz@boutique.example +1-555 S_9 Straße") == (
        ["apfel", "birnen", "ol", "baz", "boutique", "example", "1", "555", "s", "9", "strasse"]
    )
    assert words(" -- ") == []
    assert words("x" * 100) == ["x" * LONGEST]
    masked = row_words([None, "", "b a b", "see ftp://me:hunter2@host/x"])
    assert masked == {"a", "b", "see", "ftp", "host", "x"}
    many = " ".join(f"w{n}" for n in range(1000))
    assert row_words(["Name", many]) == {"name", *(f"w{n}" for n in range(MOST - 1))}


CASES = [
    ("baz", "r1"),
    ("BOUT baz", "r1"),
    ("baz zeta", ""),
    ("apfel", "r2"),
    ("ÄPFEL birn", "r2"),
    ("pfel", ""),
    ("baz@boutique.example", "r1"),
    ("555", "r1"),
    ("s-9", "r1"),
    ("on call", "r3"),
    ("z", "r5"),
    ("", "r1 r2 r3 r4 r5"),
    (" &! ", "r1 r2 r3 r4 r5"),
    (None, "r1 r2 r3 r4 r5"),
    ("b", "r1 r2"),
    ("host.example", "r1"),
    ("hunter2", ""),  # a credential, whoever asks
    ("South", ""),
    ("%", "r1 r2 r3 r4 r5"),
    ("\U0010ffff", "r1 r2 r3 r4 r5"),
]


@pytest.mark.parametrize(("text", "ids"), CASES)
async def test_requests_are_found_by_the_words_that_everybody_is_shown(store, store_url, graph, text, ids):
    assert await found(graph, REQUESTS, text) == ids
    async with open_graph(store, store_url, "north", ["read"]) as reader:
        assert await found(reader, REQUESTS, text) == ids


async def test_people_are_found_by_their_names_and_contacts(graph):
    cases = {"lovelace ada": "ada", "north": "ada bob", "analyst": "ada", "44 1": "ada", "sue": ""}
    for text, ids in cases.items():
        assert await found(graph, PEOPLE, text) == ids


async def test_search_goes_with_everything_else_in_one_statement(graph):
    query = """query ($f: ConnectionRequestFilter) { connectionRequests(filter: $f, first: 1) { nodes { uuid } }
        connectionRequestCounts(filter: $f) { count } }"""
    given = {"or": [{"search": "b"}, {"requester": {"search": "ada"}}], "not": {"search": "boutique"}}
    assert await graph.ask(query, f=given) == {
        "connectionRequests": {"nodes": [{"uuid": "r5"}]},
        "connectionRequestCounts": [{"count": n} for n in (1, 0, 0, 1)],
    }
    assert len(await graph.statements(query, f=given)) == 2
    deep = {"search": "baz"}
    for _ in range(15):
        deep = {"not": deep}
    nested = """query ($f: ConnectionRequestFilter) { connectionRequests(filter: $f) { totalCount }
        people { nodes { connectionRequests(filter: $f, last: 1) { nodes { uuid } } } } }"""
    assert await graph.ask(nested, f=deep)
    assert await graph.refused(REQUESTS, text="a " * 17) == [
        ("BAD_USER_INPUT", "`search` takes at most 16 words.")
    ]


CHANGE = """mutation ($input: UpdateConnectionRequestInput!) { updateConnectionRequest(input: $input) {
    connectionRequest { organization { id } } errors { message } } }"""


async def test_every_way_of_writing_a_row_writes_its_words(database, database_url, client):
    async with open_graph(database, database_url, "north", ["read", "write"], person_id="ada") as writer:
        given = {
            "id": gid("ConnectionRequest", "r1"),
            "orgName": "Novel Café",
            "reason": "see ftp://u:hunter3@host",
        }
        await writer.ask(CHANGE, input={**given, "dryRun": True})
        assert await found(client, REQUESTS, "novel") == ""
        assert (await writer.ask(CHANGE, input=given))["updateConnectionRequest"]["errors"] == []
    for text, ids in {"novel cafe": "r1", "smith": "r1", "baz novel": "r1", "hunter3": ""}.items():
        assert await found(client, REQUESTS, text) == ids, text
    async with changing(database, "north") as write:
        await write.update_many(db.connection_requests, ["r1", "r2"], {"org_name": "Both"})
        await write.update_each(db.connection_requests, {"r3": {"reason": None}, "r5": {"org_name": "Five"}})
        await write.insert(db.people, [{"id": "new", "first_name": "Neu", "last_name": "Neu Neuer"}])
        assert await context_of(write, "north").count(db.people, matching(db.people, "neuer")) == 1
    expected = {"both": "r1 r2", "novel": "", "apfel": "", "call": "", "zeta": "", "five": "r5"}
    for text, ids in expected.items():
        assert await found(client, REQUESTS, text) == ids, text
    async with changing(database, "north") as write:
        await write.delete(db.people, ["new"])
        await write.insert(db.people, [{"id": "new", "first_name": "Neu"}])
    assert await found(client, PEOPLE, "neuer") == ""
    assert await found(client, PEOPLE, "neu") == "new"


async def test_what_changes_no_word_takes_no_statement_more(database, client):
    seen = []
    async with changing(database, "north") as write:
        database.on_statement = seen.append
        await write.update(db.connection_requests, "r1", {"duration_minutes": 5})
        await write.insert(db.comments, [{"connection_request_id": "r1", "body": "words"}])
        await write.insert(db.people, [{"phone": None}])
        await write.send()
        assert not any("search_words" in each for each in seen)
        await write.insert(db.people, [{"phone": "77"}, {"last_name": "of three words"}])
        await write.send()
        database.on_statement = None
    assert sum("search_words" in each for each in seen) == 1


async def test_what_is_found_is_the_same_as_in_memory(database, client):
    random = Random(11)
    vocabulary = ["ab", "abc", "Abcd", "äb", "b", "ba", "bab", "c", "ca", "Ça", "1", "12", "日本", "ß", "ss"]
    people = {
        f"n{n}": (" ".join(random.choices(vocabulary, k=3)), "-".join(random.choices(vocabulary, k=2)))
        for n in range(40)
    }
    async with changing(database, "north") as write:
        rows = [{"id": each, "first_name": a, "last_name": b} for each, (a, b) in people.items()]
        await write.insert(db.people, rows)
    for _ in range(20):
        text = " ".join(random.choices(vocabulary, k=random.randrange(1, 4)))
        expected = {
            each
            for each, names in people.items()
            if all(any(own.startswith(word) for name in names for own in words(name)) for word in words(text))
        }
        assert set((await found(client, PEOPLE, text)).split()) & people.keys() == expected, text
