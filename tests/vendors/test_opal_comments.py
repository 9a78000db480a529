"""Opal's answers about comments in and out, beside requests that have comments in them and requests that have none."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.administration import create_organization
from gateway.db.database import Database
from gateway.db.ids import new_id
from gateway.demo import FOLDER
from gateway.exchange.importing import BadFile, Imported
from gateway.settings import Settings
from gateway.vendors import opal
from tests.lengths import cases
from tests.vendors.gateway import DAY, client_of, insert, make_organization, make_token
from tests.vendors.test_round_trips import check, exported, load, written

pytestmark = pytest.mark.anyio

PATH = "/v1/requests"
# As the OpenAPI document has them: https://github.com/opalsecurity/opal-python, api/openapi.yaml
REQUEST = {
    "id": "r1",
    "created_at": "2025-05-01T10:00:00.000Z",
    "updated_at": "2025-05-02T10:00:00.000Z",
    "requester_id": "u1",
    "status": "PENDING",
    "reason": "Why",
}


def comment(text: str, minute: int = 0, **more) -> dict:
    return {
        "created_at": f"2025-05-01T11:{minute:02}:00.000Z",
        "request_id": "r1",
        "user_id": "u2",
        "user_full_name": "Ada Lovelace",
        "user_email": "ada@example.org",
        "comment": text,
        **more,
    }


def answer(*comments: dict) -> str:
    return written({"comments": comments})


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx2.AsyncClient]:
    await make_organization(database)
    async with client_of(database, (opal.VENDOR,), are_objects_odd=True) as client:
        client.headers["Authorization"] = f"Bearer {await make_token(database)}"
        yield client


@pytest.fixture
def read(database: Database, tmp_path: Path):
    async def read(*texts: str) -> Imported:
        return await load(database, opal.VENDOR, "north", tmp_path, "\n".join(texts))

    return read


async def test_comments_come_back_to_the_byte_and_their_request_as_it_was(
    client, database, read, tmp_path
) -> None:
    comments = answer(comment("one"), comment("two", 1, user_id="", unknown=[1.50]))
    done = await read(written(REQUEST), comments)
    again = await read(comments)

    assert (done, again) == (Imported(inserted=1, updated=1), Imported(unchanged=1))
    assert (await client.get(f"{PATH}/r1/comments")).text == comments
    shown = (await client.get(f"{PATH}/r1")).json()
    embedded = shown.pop("request_comments")
    assert shown == REQUEST
    assert [(each["comment"], each["user_id"], "id" in each) for each in embedded] == [
        ("one", "u2", False),
        ("two", "", False),
    ]
    assert comments in (await check(database, opal.VENDOR, "north", tmp_path)).splitlines()


async def test_an_answer_has_all_comments_of_its_request(client, read) -> None:
    await read(written(REQUEST), answer(comment("one"), comment("two", 1)))
    done = await read(answer(comment("two", 1), comment("three", 2)))

    assert done == Imported(updated=1, removed=1)
    assert (await client.get(f"{PATH}/r1/comments")).text == answer(comment("two", 1), comment("three", 2))


async def test_comments_of_a_request_are_the_ones_that_say_the_same(client, database, read) -> None:
    """A comment that has an id in its request, and one that was made here, keep it, and so their global ids."""
    example = json.loads((FOLDER / "opal-requests.json").read_text())["requests"][0]
    await read(written(example))
    await insert(
        database,
        "north",
        comments=[{"id": "here", "connection_request_id": example["id"], "body": "made here"}],
    )
    before = (await client.get(f"{PATH}/{example['id']}")).text
    listed = [
        {name: value for name, value in each.items() if name not in ("id", "updated_at")}
        for each in (await client.get(f"{PATH}/{example['id']}/comments")).json()["comments"]
    ]
    assert len(listed) == 2
    for each in listed:
        each["user_full_name"] = "Somebody"

    assert await read(answer(*listed)) == Imported(updated=1)
    assert (await client.get(f"{PATH}/{example['id']}")).text == before
    shown = (await client.get(f"{PATH}/{example['id']}/comments")).json()["comments"]
    assert {each["user_full_name"] for each in shown} == {"Somebody"}
    assert ["id" in each for each in shown] == [False, False]  # as they were read last


async def test_of_comments_that_say_the_same_one_that_says_more_chooses_first(
    client, database, read, tmp_path
) -> None:
    one, later = comment("one"), "2025-05-02T00:00:00.000Z"
    await read(written(REQUEST), answer({**one, "created_at": "2025-05-01T10:59:59.000Z"}, one))
    await read(answer(one, {**one, "updated_at": later}))

    embedded = (await client.get(f"{PATH}/r1")).json()["request_comments"]
    assert [each["updated_at"] == later for each in embedded] == [False, True]
    text = await check(database, opal.VENDOR, "north", tmp_path, is_settled=False)
    assert answer(one, {**one, "updated_at": later}) in text.splitlines()


async def test_of_comments_alike_each_is_the_row_that_shows_it(client, database, read) -> None:
    said = {"created_at": "2025-05-01T11:00:00.000Z", "request_id": "r1", "user_id": "", "comment": "one"}
    whole = {**said, "updated_at": "2025-05-02T00:00:00.000Z"}
    await read(written({**REQUEST, "request_comments": [whole, whole]}))
    both = written({**REQUEST, "request_comments": [said, whole]})
    await read(both)

    assert await read(both) == Imported(unchanged=1)
    assert await exported(database, opal.VENDOR, "north") == f"{both}\n"


async def test_a_request_without_its_comments_says_nothing_of_them(client, read) -> None:
    example = json.loads((FOLDER / "opal-requests.json").read_text())["requests"][0]
    await read(written(example))
    bare = {
        name: each for name, each in example.items() if name not in ("request_comments", "organization_id")
    }

    assert await read(written(bare)) == Imported(unchanged=1)
    assert await read(written({**bare, "reason": "Another"})) == Imported(updated=1)
    assert (await client.get(f"{PATH}/{example['id']}")).text == written({**example, "reason": "Another"})
    assert await read(written({**example, "request_comments": []})) == Imported(updated=1, removed=1)


async def test_what_the_author_is_known_as_is_no_part_of_a_comment(client, database, read) -> None:
    person = {"id": "u2", "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org"}
    await insert(database, "north", people=[person])
    await read(written(REQUEST), answer(comment("one"), comment("two", 1, user_full_name="A. L.")))
    assert (await client.get(f"{PATH}/r1/comments")).text == answer(
        comment("one"), comment("two", 1, user_full_name="A. L.")
    )
    assert await read((await client.get(f"{PATH}/r1/comments")).text) == Imported(unchanged=1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            answer({**comment("x"), "request_id": "r2"}),
            'line 2 (request_id r2): The store has nothing under request_id "r2", of which this is a part.',
        ),
        (
            answer({**comment("x"), "request_id": None}),
            "line 2, comments[0].request_id: It must be the id of the request. It is null.",
        ),
        (
            answer(comment("x"), comment("x", request_id="r2")),
            "line 2, comments[1].request_id (request_id r1): It must be the same in all comments of an answer. "
            'It is "r2".',
        ),
        (answer(1), "line 2, comments[0]: It must be an object. It is 1."),
        (
            '{"comments":[\n' + written(comment("x", comment=5)) + "]}",
            "line 3, comments[0].comment (request_id r1): It must be a text. It is 5.",
        ),
    ],
)
async def test_a_bad_answer_is_told_with_its_place(client, database, read, text, problem) -> None:
    with pytest.raises(BadFile) as bad:
        await read(written(REQUEST), text)
    assert f"some.jsonl, {problem}" in bad.value.problems
    assert await exported(database, opal.VENDOR, "north") == ""


async def test_an_answer_without_comments_holds_no_record(client, read) -> None:
    assert await read('{"comments":[]}') == Imported()


async def test_answers_of_the_schemas_members_change_nothing(client, database, read) -> None:
    await read((FOLDER / "opal-requests.json").read_text(), written(REQUEST), answer(comment("one")))
    before = await exported(database, opal.VENDOR, "north")
    async with client_of(database, (opal.VENDOR,), Settings(opal_members="schema")) as other:
        other.headers["Authorization"] = client.headers["Authorization"]
        ids = [each["id"] for each in (await other.get(PATH)).json()["requests"]]
        for path in (PATH, f"{PATH}/relay", *(f"{PATH}/{id}" for id in ids), f"{PATH}/r1/comments"):
            assert (await read((await other.get(path)).text)).updated == 0
    assert await exported(database, opal.VENDOR, "north") == before


TIMES = st.sampled_from(
    ["2025-05-01T10:00:00.000Z", "2025-05-01T10:00:00Z", "2025-05-01T10:00:00.1234Z", "2025-05-02", None]
)
NAMES = st.sampled_from(["Ada", "", None])
TEXTS = st.sampled_from(["a", "b", ""])


def comments_of(fixed: dict, optional: dict) -> st.SearchStrategy[list[dict]]:
    each = st.fixed_dictionaries(
        {"comment": TEXTS, "created_at": TIMES.filter(bool), **fixed},  # as the vendor requires
        optional={
            "updated_at": TIMES,
            "user_id": st.sampled_from(["u", "", None]),
            "new": st.integers(0, 1),
            **optional,
        },
    ).flatmap(lambda members: st.permutations(list(members.items())).map(dict))
    return st.lists(each, max_size=3)


EMBEDDED = comments_of({}, {"id": st.sampled_from(["c", "d"]), "request_id": st.sampled_from(["r", "x"])})
LISTED = comments_of({"request_id": st.just("r")}, {"user_full_name": NAMES, "user_email": NAMES})
DOCUMENTS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {"id": st.just("r"), "status": st.sampled_from(["PENDING", "pending"])},
            optional={"request_comments": EMBEDDED, "organization_id": NAMES, "updated_at": TIMES},
        ),
        st.fixed_dictionaries({"comments": LISTED}),
    ),
    max_size=4,
).map(lambda drawn: [{"id": "r", "status": "PENDING"}, *drawn])


@settings(
    max_examples=cases(12, at_most=2000),
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(drawn=DOCUMENTS)
async def test_requests_and_comments_of_any_form_come_back(database, tmp_path, drawn) -> None:
    here = await create_organization(database, "Some", timezone="America/Chicago", organization_id=new_id())
    await insert(database, here, people=[{"id": "u", "first_name": "Ada", "created_at": DAY}])
    for each in drawn:
        await load(database, opal.VENDOR, here, tmp_path, written(each))
    async with client_of(database, (opal.VENDOR,), are_objects_odd=True) as client:
        client.headers["Authorization"] = f"Bearer {await make_token(database, here)}"
        shown = (await client.get(f"{PATH}/r/comments")).text
    if drawn[-1].get("comments"):
        assert shown == written(drawn[-1])
    await check(database, opal.VENDOR, here, tmp_path, is_settled=False)
