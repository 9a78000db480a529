"""Arguments that no store could satisfy: each gives an error with its code, never a fault of the server's."""

import base64
import re

import orjson
import pytest

from tests.graph import gid

pytestmark = pytest.mark.anyio

REQUESTS = "{ connectionRequests%s { nodes { uuid } } }"
NO_CURSOR = "This is not a cursor: give `endCursor` of a page or `cursor` of an edge, as it came."
SIZES = "between 0 and 1000, not"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("(first: 1, last: 1)", "Give `first` or `last`, not both."),
        ("(first: -1)", f"`first` must lie {SIZES} -1."),
        ("(first: 1001)", f"`first` must lie {SIZES} 1001."),
        ("(last: -1)", f"`last` must lie {SIZES} -1."),
        ("(last: 1001)", f"`last` must lie {SIZES} 1001."),
        ("(offset: -1)", "`offset` must lie between 0 and 2147483647, not -1."),
        (
            "(offset: 0, last: 1)",
            "Give `offset` alone or with `first`, without `after`, `before` and `last`.",
        ),
        (
            '(offset: 1, after: "x")',
            "Give `offset` alone or with `first`, without `after`, `before` and `last`.",
        ),
        (
            '(offset: 1, before: "x")',
            "Give `offset` alone or with `first`, without `after`, `before` and `last`.",
        ),
        ('(after: "")', f"`after`: {NO_CURSOR}"),
        ('(after: "nonsense")', f"`after`: {NO_CURSOR}"),
        ('(before: "äöü")', f"`before`: {NO_CURSOR}"),
        (f"(orderBy: [{', '.join(['{field: KIND}'] * 9)}])", "`orderBy` takes at most 8 keys."),
    ],
)
async def test_a_slice_that_makes_no_sense(graph, arguments, message):
    refused = [("BAD_USER_INPUT", message)]
    assert await graph.refused(REQUESTS % arguments) == refused
    nested = f"{{ people(first: 1) {{ nodes {{ connectionRequests{arguments} {{ totalCount }} }} }} }}"
    if "orderBy" not in arguments:
        assert await graph.refused(nested) == refused


async def test_the_last_offset_is_beyond_every_list(graph):
    query = "{ files(offset: 2147483647) { nodes { uuid } totalCount pageInfo { hasPreviousPage } } }"
    assert (await graph.ask(query))["files"]["nodes"] == []


def encoded(*values):
    return base64.urlsafe_b64encode(orjson.dumps(values)).rstrip(b"=").decode()


async def test_a_cursor_of_another_list_order_or_version(graph):
    query = """query ($after: String) { connectionRequests(after: $after) { edges { cursor } } }"""
    cursor = (await graph.ask(query))["connectionRequests"]["edges"][0]["cursor"]
    version, fingerprint, instant, record_id = orjson.loads(base64.urlsafe_b64decode(cursor + "=="))
    other_list = (await graph.ask("{ people { edges { cursor } } }"))["people"]["edges"][0]["cursor"]
    other_order = (await graph.ask("{ connectionRequests(orderBy: {field: KIND}) { edges { cursor } } }"))[
        "connectionRequests"
    ]["edges"][0]["cursor"]
    belongs = (
        "`after`: This cursor belongs to another list or another order: begin anew without it, or keep the "
        "`orderBy` that it came with."
    )
    for each in (other_list, other_order, encoded(version, "00000000", instant, record_id)):
        assert await graph.refused(query, after=each) == [("BAD_USER_INPUT", belongs)]
    for values in [
        (),
        (version,),
        (version + 1, fingerprint, instant, record_id),
        (version, fingerprint),
        (version, fingerprint, instant),
        (version, fingerprint, instant, record_id, record_id),
        (version, fingerprint, None, record_id),
        (version, fingerprint, 5, record_id),
        (version, fingerprint, "yesterday", record_id),
        (version, fingerprint, "2018-01-05T00:00:00", record_id),
        (version, fingerprint, "0001-01-01T00:00:00+14:00", record_id),
        (version, fingerprint, "9999-12-31T23:59:59-14:00", record_id),
        (version, fingerprint, instant, None),
        (version, fingerprint, instant, 1),
        (version, fingerprint, instant, ["r1"]),
        (version, fingerprint, instant, "a\0b"),
        (version, [fingerprint], instant, record_id),
    ]:
        refused = await graph.refused(query, after=encoded(*values))
        assert [code for code, _ in refused] == ["BAD_USER_INPUT"], values
    for text in ("W10", cursor[:-1], cursor + " ", gid("Person", "ada"), "A" * 100_000):
        assert [code for code, _ in await graph.refused(query, after=text)] == ["BAD_USER_INPUT"], text
    assert await graph.ask(query, after=encoded(version, fingerprint, "9999-12-31T23:59:59Z", "zz"))


async def test_a_cursor_that_a_caller_kept_since_the_first_release(graph):
    query = "query ($after: String) { connectionRequests(after: $after, first: 1) { nodes { requestedAt } } }"
    kept = "WzEsImY2ZjIwNTBmIiwiMjAxOC0wMS0wNVQwMDowMDowMCswMDowMCIsInIxIl0"
    assert await graph.ask(query, after=kept) == {
        "connectionRequests": {"nodes": [{"requestedAt": "2018-01-04T00:00:00Z"}]}
    }


SIZE = "query ($n: BigInt) { files(filter: {size: {eq: $n}}) { totalCount } }"


@pytest.mark.parametrize(
    ("value", "count"),
    [(10, 1), ("10", 1), ("-0", 1), (2**40, 1), (2**63 - 1, 0), (-(2**63), 0), (str(2**63 - 1), 0)],
)
async def test_big_ints_of_64_bits_are_taken(graph, value, count):
    assert await graph.ask(SIZE, n=value) == {"files": {"totalCount": count}}


@pytest.mark.parametrize(
    "value",
    [2**63, -(2**63) - 1, str(2**63), 1.5, 1.0, 1e30, True, "", "x", "1.0", "+1", " 1", "1_0", "٣",
     "9" * 5000, [1, 2], {}],
)  # fmt: skip
async def test_other_big_ints_are_refused(graph, value):
    [(code, message)] = await graph.refused(SIZE, n=value)
    assert code == "BAD_USER_INPUT"
    assert message.startswith("Variable '$n' has invalid value")
    if type(value) in (int, str):
        literal = orjson.dumps(value).decode() if isinstance(value, str) else str(value)
        answer = await graph.answer(SIZE.replace("($n: BigInt)", "").replace("$n", literal))
        assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


REQUESTED = (
    "query ($at: DateTime!) { connectionRequests(filter: {requestedAt: {eq: $at}}) { nodes { uuid } } }"
)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2018-01-05", ["r1"]),
        ("2018-01-05T00:00", ["r1"]),
        ("2018-01-05T00:00:00", ["r1"]),
        ("2018-01-05 00:00:00Z", ["r1"]),
        ("2018-01-05t00:00:00z", ["r1"]),
        ("2018-01-05T00:00:00.000000+00:00", ["r1"]),
        ("2018-01-05T00:00:00.000000000Z", ["r1"]),
        ("2018-01-05T00:00:00-00:00", ["r1"]),
        ("2018-01-04T18:00:00-06:00", ["r1"]),
        ("2018-01-05T14:00:00+14:00", ["r1"]),
        ("2018-01-05T00:00:00.000001Z", []),
        ("0001-01-01T00:00:00Z", []),
        ("0001-01-01", []),
        ("9999-12-31T23:59:59.999999Z", []),
    ],
)
async def test_instants_are_read_in_utc(graph, value, found):
    answer = await graph.ask(REQUESTED, at=value)
    assert [each["uuid"] for each in answer["connectionRequests"]["nodes"]] == found


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "2018-13-01", "2018-02-30", "2018-01-05T25:00", "2018-01-05T00:00:60Z", "1515110400",
     "2018-01-05😀00:00", "2018-01-05T24:00:00Z", "20180105T000000Z", "2018-01-05T00:00:00.0000001Z",
     "0000-01-01", "10000-01-01", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2018-01-05T00:00:00+24:00",
     "2018-01-05T00:00:00+ab:cd", "\u0662018-01-05", "x" * 100_000, 1515110400, 1.5, True, [], {}],
)  # fmt: skip
async def test_what_is_no_instant_is_refused(graph, value):
    [(code, message)] = await graph.refused(REQUESTED, at=value)
    assert code == "BAD_USER_INPUT"
    assert message.startswith("Variable '$at' has invalid value: Expected value of type 'DateTime', but ")
    assert re.search("error '(An instant is|A leap second cannot be|A DateTime must be) ", message)
    assert len(message) < 1000 or len(str(value)) > 1000
    if isinstance(value, str):
        document = REQUESTED.replace("($at: DateTime!)", "").replace("$at", orjson.dumps(value).decode())
        answer = await graph.answer(document)
        assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


TEXTS = [
    ("query ($x: ID!) { node(id: $x) { id } }", "a{}b"),
    ("query ($x: ID!) { nodes(ids: [$x]) { id } }", "a{}b"),
    ("query ($x: ID) { connectionRequest(id: $x) { uuid } }", "a{}b"),
    ("query ($x: String) { connectionRequest(uuid: $x) { uuid } }", "a{}b"),
    ("query ($x: String) { people(after: $x) { totalCount } }", "a{}b"),
    ("query ($x: String) { people(filter: {firstName: {eq: $x}}) { totalCount } }", "a{}b"),
    ("query ($x: [String!]) { people(filter: {firstName: {notIn: $x}}) { totalCount } }", ["b", "a{}b"]),
    (
        "query ($x: PersonFilter) { people(filter: $x) { totalCount } }",
        {"not": {"email": {"contains": "{}"}}},
    ),
    (
        "query ($x: String) { integrations { nodes { schedule { nextRuns(timezone: $x) } } } }",
        "Europe/{}Berlin",
    ),
]


def filled(value, text):
    if isinstance(value, dict):
        return {name: filled(each, text) for name, each in value.items()}
    return [filled(each, text) for each in value] if isinstance(value, list) else value.replace("{}", text)


@pytest.mark.parametrize(("query", "value"), TEXTS)
@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\udc00", "\\udc00\\ud800"])
async def test_nul_and_half_pairs_are_refused_everywhere(graph, query, value, escape):
    body = orjson.dumps({"query": query, "variables": {"x": filled(value, "@@")}}).replace(
        b"@@", escape.encode()
    )
    answer = await graph.http.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["BAD_USER_INPUT"]
    assert "data" not in answer.json()


async def test_nul_in_the_document_and_inside_a_global_id(graph):
    assert [
        code
        for code, _ in await graph.refused(
            '{ people(filter: {firstName: {eq: "a\\u0000b"}}) { totalCount } }'
        )
    ] == ["BAD_USER_INPUT"]
    query = "query ($id: ID!) { node(id: $id) { id } connectionRequest(id: $id) { uuid } }"
    assert await graph.ask(query, id=gid("ConnectionRequest", "r1\0")) == {
        "node": None,
        "connectionRequest": None,
    }
    lone = base64.b64encode(b"ConnectionRequest:\xed\xa0\x80").decode()  # what would be U+D800
    assert await graph.ask(query, id=lone) == {"node": None, "connectionRequest": None}


WINDOW = """query ($from: DateTime!, $to: DateTime!, $timezone: String) {
    integrations(filter: {dueBetween: {from: $from, to: $to, timezone: $timezone}}) { totalCount } }"""


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("2018-01-01", "2018-01-01", "`to` must be later than `from`."),
        ("2018-01-02", "2018-01-01", "`to` must be later than `from`."),
        ("2018-01-01", "2018-02-01T07:00:01Z",
         "`to` may be at most 31 days and 7 hours later than `from`, the longest calendar month of any zone."),
        ("0001-01-01", "0001-01-02", "`from` must lie in the years 1970 to 2999."),
    ],
)  # fmt: skip
async def test_windows_that_cannot_be_evaluated(graph, start, end, message):
    assert await graph.refused(WINDOW, **{"from": start, "to": end}) == [("BAD_USER_INPUT", message)]


async def test_a_zone_that_there_is_not_is_no_zone_of_a_window_either(graph):
    for timezone in ("Mars/Olympus", "", "../../etc/passwd"):
        message = f"“{timezone}” is not a time zone of the IANA database, such as Europe/Berlin."
        window = {"from": "2018-03-01", "to": "2018-04-01", "timezone": timezone}
        assert await graph.refused(WINDOW, **window) == [("BAD_USER_INPUT", message)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("(first: 0)", "`first` must lie between 1 and 100, not 0."),
        ("(first: 101)", "`first` must lie between 1 and 100, not 101."),
        ('(timezone: "Mars/Olympus")',
         "“Mars/Olympus” is not a time zone of the IANA database, such as Europe/Berlin."),
        ('(timezone: "")', "“” is not a time zone of the IANA database, such as Europe/Berlin."),
        ('(timezone: "../../etc/passwd")',
         "“../../etc/passwd” is not a time zone of the IANA database, such as Europe/Berlin."),
        ('(after: "9999-12-31")', "`after` must lie in the years 1970 to 2999."),
        ('(before: "9999-12-31")', "`before` must lie in the years 1970 to 2999."),
    ],
)  # fmt: skip
async def test_runs_that_cannot_be_computed(graph, arguments, message):
    query = """{ integrations(filter: {uuid: {eq: "i1"}}) { nodes { uuid schedule { nextRuns%s } } } }"""
    assert await graph.refused(query % arguments) == [("BAD_USER_INPUT", message)]


FILTERED = """query ($filter: IntegrationFilter, $after: String, $last: Int) {
    integrations(filter: $filter, after: $after, last: $last) { totalCount nodes { uuid } edges { cursor } }
    connectionRequests(first: 1) { nodes { integrations(filter: $filter, last: $last) {
        totalCount nodes { uuid } pageInfo { hasNextPage hasPreviousPage } } } } }"""
STEPS = {
    "not": (18, lambda inner: {"not": inner}),
    "not and": (9, lambda inner: {"not": {"and": [inner, {"uuid": {"ne": "x"}}]}}),
    "or and": (9, lambda inner: {"or": [{"and": [inner, {"uuid": {"ne": "x"}}]}, {"uuid": {"eq": "x"}}]}),
    "some": (3, lambda inner: {"connectionRequest": {"integrations": {"some": inner}}}),
    "every": (2, lambda inner: {"connectionRequest": {"integrations": {"every": inner}}}),
    "not some": (2, lambda inner: {"not": {"connectionRequest": {"not": {"integrations": {"some": inner}}}}}),
}


@pytest.mark.parametrize("name", STEPS)
async def test_a_filter_nests_as_deeply_as_both_databases_bear_and_no_deeper(graph, name):
    deepest, step = STEPS[name]
    cursor = (await graph.ask(FILTERED))["integrations"]["edges"][0]["cursor"]
    condition = {"uuid": {"eq": "i1"}}
    for _ in range(deepest):
        condition = step(condition)
    assert await graph.ask(FILTERED, filter=condition, after=cursor, last=2)
    for _ in range(2):
        condition = step(condition)
        refused = ("BAD_USER_INPUT", "The filter nests its conditions too deeply.")
        assert set(await graph.refused(FILTERED, filter=condition)) == {refused}


async def test_a_filter_nests_as_deeply_where_nulls_stand_elsewhere(graph):
    query = """query ($files: FileFilter, $requests: ConnectionRequestFilter, $after: String) {
        files(filter: $files, orderBy: {field: SIZE, nulls: LAST}, first: 2, after: $after) { edges { cursor } }
        connectionRequests(first: 1, filter: $requests, orderBy: {field: ORG_NAME, nulls: LAST}) { nodes {
            uploadedFiles(filter: $files, orderBy: {field: SIZE, nulls: LAST}, first: 2, after: $after) {
                totalCount edges { cursor } pageInfo { hasPreviousPage } } } }
        people { nodes { connectionRequests(filter: $requests, orderBy: {field: ORG_NAME, nulls: LAST}) {
            totalCount nodes { uuid } } } } }"""
    files, requests = {"uuid": {"eq": "f1"}}, {"uuid": {"eq": "r1"}}
    for _ in range(18):
        files = {"not": files}
    for _ in range(2):
        requests = {"not": {"integrations": {"some": {"connectionRequest": requests}}}}
    found = await graph.ask(query, files=files, requests=requests)
    [edge] = found["files"]["edges"]
    assert await graph.ask(query, files=files, requests=requests, after=edge["cursor"])


async def test_a_filter_holds_two_hundred_conditions_and_a_thousand_values(graph):
    query = "query ($filter: IntegrationFilter) { integrations(filter: $filter) { totalCount } }"
    one = {"uuid": {"eq": "i1"}}
    too_many = [("BAD_USER_INPUT", "A filter takes at most 200 conditions.")]
    assert await graph.ask(query, filter={"or": [one] * 200}) == {"integrations": {"totalCount": 1}}
    assert await graph.refused(query, filter={"or": [one] * 201}) == too_many
    assert await graph.refused(query, filter={"or": [{}] * 201}) == too_many
    assert await graph.refused(query, filter={"or": [{"and": [one] * 40}] * 10}) == too_many
    due = {"dueBetween": {"from": "2018-04-09", "to": "2018-04-10"}}
    assert await graph.ask(query, filter={"or": [due] * 10}) == {"integrations": {"totalCount": 1}}
    assert await graph.refused(query, filter={"or": [due] * 11}) == too_many
    values = [str(number) for number in range(1000)]
    assert await graph.ask(query, filter={"uuid": {"in": [*values[1:], "i1"]}}) == {
        "integrations": {"totalCount": 1}
    }
    assert await graph.refused(query, filter={"uuid": {"notIn": [*values, "i1"]}}) == [
        ("BAD_USER_INPUT", "A list in a filter takes at most 1000 values.")
    ]


@pytest.mark.parametrize(
    "given", ["", "(number: null)", '(id: "x", number: 1)', '(externalRef: "x", number: 1)']
)
async def test_exactly_one_id_of_a_connected_account(graph, given):
    assert await graph.refused(f"{{ connectedAccount{given} {{ uuid }} }}") == [
        ("BAD_USER_INPUT", "Give exactly one of `id`, `number` and `externalRef`.")
    ]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("filter: {nothing: {eq: 1}}", "GRAPHQL_VALIDATION_FAILED"),
        ("filter: {kind: {eq: WHATEVER}}", "GRAPHQL_VALIDATION_FAILED"),
        ('filter: {kind: {eq: "ACCESS"}}', "GRAPHQL_VALIDATION_FAILED"),
        ("filter: {orgName: {in: [null]}}", "GRAPHQL_VALIDATION_FAILED"),
        ("filter: {or: [null]}", "GRAPHQL_VALIDATION_FAILED"),
        ('filter: "x"', "GRAPHQL_VALIDATION_FAILED"),
        ("orderBy: {field: NOTHING}", "GRAPHQL_VALIDATION_FAILED"),
        ("orderBy: {direction: ASC}", "GRAPHQL_VALIDATION_FAILED"),
        ("first: 2147483648", "GRAPHQL_VALIDATION_FAILED"),
        ('first: "1"', "GRAPHQL_VALIDATION_FAILED"),
        ("nothing: 1", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_what_the_schema_does_not_allow(graph, field, given):
    assert [code for code, _ in await graph.refused(REQUESTS % f"({field})")] == [given]
