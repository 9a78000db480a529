"""Nobody who may not see secrets finds out a credential by filters, orders, counts or cursors.

Two organizations differ in nothing but their credentials: whatever is asked, both have to answer the same.
"""

import random

import pytest
from graphql import GraphQLInputObjectType, get_named_type
from sqlalchemy import true

from gateway.app import create_app
from gateway.db import tables
from gateway.db.tables.columns import HOLDS_CREDENTIAL, is_short
from gateway.schema.schema import make_schema
from gateway.settings import Settings
from tests.data import changing
from tests.graph import open_http
from tests.lengths import IS_LONG, cases
from tests.patience import PATIENT
from tests.vendors.gateway import DAY, insert, make_organization, make_token

pytestmark = pytest.mark.anyio

LOW, HIGH = "ftp://u:aaaa@host", "ftp://u:zzzz@host"
SCHEMA = make_schema()._schema
LISTS = ("connectionRequests", "integrations", "files", "people", "connectedAccounts", "connectors")
HIDDEN = "hidden"


def short_of(table, text):
    return {column.name: text for column in table.c if is_short(column) and "json" not in column.info}


def rows_of(secret):
    """One row of each table that holds the credential in every short column, and others around it."""
    rows = {}
    for name, more in {
        "people": {},
        "connectors": {},
        "connection_requests": {
            "kind": "trading_partner",
            "status": "pending",
            "requested_at": DAY,
            "requester_id": HIDDEN,
        },
        "integrations": {"position": 0, "connection_request_id": HIDDEN},
        "files": {"position": 0},
        "file_attachments": {"position": 0, "connection_request_id": HIDDEN},
        "requested_items": {"position": 0, "connection_request_id": HIDDEN},
        "connected_accounts": {
            "kind": "connector",
            "status": "healthy",
            "is_internal": False,
            "is_syncing": False,
            "connection_request_id": HIDDEN,
        },
    }.items():
        table = tables.metadata.tables[name]
        rows[name] = [
            {"id": id, **more, **short_of(table, text)}
            for id, text in ((HIDDEN, secret), ("a", "ftp://u"), ("m", "ftp://u:mmmm"), ("z", "zz"))
        ]
    for each in rows["file_attachments"]:
        each["file_id"] = each["id"]
    for number, each in enumerate(rows["connected_accounts"], 1):
        each |= {"external_ref": f"conn_{each['id']}", "number": number}
    rows["connected_accounts"] += [
        {
            **each,
            "id": f"{each['id']}2",
            "kind": "connector",
            "external_ref": f"conn_2{each['id']}",
            "number": None,
            "external_id": f"{each['external_id']}/2",
        }
        for each in rows["connected_accounts"]
    ]
    return rows


@pytest.fixture
async def store(database):
    for organization, secret in (("low", LOW), ("high", HIGH)):
        await make_organization(database, organization)
        await insert(database, organization, **rows_of(secret))
    return database


NEGATIVE = ({"ne": "ftp://u:mmmm"}, {"notIn": [LOW]}, {"isNull": False}, {"contains": "AAA"})
CONDITIONS = (
    *({operator: text} for text in (LOW, HIGH) for operator in ("eq", "eqIgnoreCase", "ne", "startsWith")),
    *({"in": [HIGH, "zz"]}, {"startsWith": "ftp://u:a"}, {"isNull": True}, {"eq": None}, {"ne": None}),
    *NEGATIVE,
)


def members(filter_type, depth=1):
    """Conditions on short texts of a row and of rows beside it, as members of a filter; each is the variable `is`."""
    for name, field in filter_type.fields.items():
        of_type = get_named_type(field.type)
        if of_type.name == "StringFilter" and "Requires the scope" not in field.description:
            yield f"{{{name}: $is}}"
        elif name in ("and", "or", "not") or not isinstance(of_type, GraphQLInputObjectType) or not depth:
            continue
        elif "some" in of_type.fields:
            for inner in members(get_named_type(of_type.fields["some"].type), depth - 1):
                yield from (f"{{{name}: {{{word}: {inner}}}}}" for word in ("some", "every", "none"))
        else:
            yield from (f"{{{name}: {inner}}}" for inner in members(of_type, depth - 1))


ASKED = cases(2)
"""How many documents are asked of each list, of its own rows and of rows beside them."""


def documents_of(name):
    """Documents of at most 10 fields that filter in every way, each with a condition that it is asked with."""
    by_depth = {}
    for member in members(get_named_type(SCHEMA.query_type.fields[name].args["filter"].type)):
        forms = (member, f"{{not: {member}}}", f"{{not: {{or: [{{not: {member}}}]}}}}")
        by_depth.setdefault(member.count(":") == 1, []).extend(forms)
    for is_shallow, forms in by_depth.items():
        draw = random.Random(name)
        draw.shuffle(forms)
        every = [
            (" ".join(_fields(name, forms[at : at + 10])), condition)
            for at in range(0, len(forms), 10)
            for condition in (CONDITIONS if is_shallow else NEGATIVE)
        ]
        for fields, condition in draw.sample(every, min(ASKED, len(every))):
            yield f"query ($is: StringFilter) {{ {fields} }}", condition


def _fields(name, forms):
    return (f"f{n}: {name}(filter: {form}) {{ totalCount nodes {{ id }} }}" for n, form in enumerate(forms))


def orders_of(name):
    """Every order; briefly each in one direction, which is drawn."""
    field = SCHEMA.query_type.fields[name]
    draw = random.Random(name)
    for order in get_named_type(get_named_type(field.args["orderBy"].type).fields["field"].type).values:
        for direction in draw.sample(("ASC", "DESC"), 2 if IS_LONG else 1):
            yield f"orderBy: {{field: {order}, direction: {direction}}}"


async def asked(http, query, **variables):
    answer = (await http.post("/graphql", json={"query": query, "variables": variables})).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


async def open_both(store, url, *scopes):
    app = create_app(Settings(database_url=url, token_cache_seconds=0, **PATIENT), store)
    return [open_http(app, await make_token(store, each, *scopes)) for each in ("low", "high")]


@pytest.mark.parametrize("name", LISTS)
async def test_two_organizations_answer_the_same_whatever_their_credentials_are(store, database_url, name):
    low, high = await open_both(store, database_url, "read")
    async with low as low, high as high:
        for document, condition in documents_of(name):
            answer = await asked(low, document, **{"is": condition})
            assert answer == await asked(high, document, **{"is": condition}), (document, condition)
        for order in orders_of(name):
            page = (
                "edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } totalCount"
            )
            whole = f"{{ {name}({order}) {{ {page} }} }}"
            answer = await asked(low, whole)
            assert answer == await asked(high, whole)
            query = f"""query ($at: String) {{
                next: {name}({order}, first: 1, after: $at) {{ {page} }}
                previous: {name}({order}, last: 1, before: $at) {{ {page} }} }}"""
            for edge in answer[name]["edges"]:
                assert await asked(low, query, at=edge["cursor"]) == await asked(
                    high, query, at=edge["cursor"]
                )


SEARCHES = ("aaaa", "zzzz", "a", "z", "ftp u aaaa host", "ftp u", "zz", "host", "u z", "mmmm")


@pytest.mark.parametrize("name", ["connectionRequests", "people"])
async def test_nor_do_words(store, database_url, name):
    """Whoever may see secrets finds no row by them either: words are those of masked texts."""
    fields = [
        f"f{n}{m}: {name}(filter: {form % text}) {{ totalCount nodes {{ id }} }}"
        for n, text in enumerate(SEARCHES)
        for m, form in enumerate(('{search: "%s"}', '{not: {search: "%s"}}'))
    ]
    for scopes in (("read",), ("read", "secrets")):
        low, high = await open_both(store, database_url, *scopes)
        async with low as low, high as high:
            answer = await asked(low, f"{{ {' '.join(fields)} }}")
            assert answer == await asked(high, f"{{ {' '.join(fields)} }}")
            assert answer["f00"]["totalCount"] == answer["f10"]["totalCount"] == 0
            assert answer["f70"]["totalCount"] > 0


TEXTS = (LOW, HIGH)
PATHS = (
    *(f"/api/3/connections?filters[{name}]={text}" for name in ("service", "externalid") for text in TEXTS),
    *(
        f"/api/3/connections?orders[{name}]={way}&limit=1&offset={at}"
        for name in ("service", "name", "externalid")
        for way in ("ASC", "DESC")
        for at in range(4)
    ),
    *(f"/connection?search_query={text}" for text in ("aaa", "zzz", "ftp", "conn")),
    *(f"/connection?{name}={text}" for name in ("connector_names", "customer_id") for text in TEXTS),
    *(f"/v1/requests?{name}={text}" for name in ("group_id", "resource_id") for text in TEXTS),
)


async def test_nor_do_the_legacy_paths_tell_them_apart(store, database_url):
    low, high = await open_both(store, database_url, "read")
    async with low as low, high as high:
        for http in (low, high):
            http.headers["api-token"] = http.headers["authorization"].removeprefix("Bearer ")
        for path in PATHS:
            one, other = await low.get(path), await high.get(path)
            assert one.status_code == 200, path
            assert one.text.replace('"low"', "") == other.text.replace('"high"', ""), path


async def found(http, query):
    [page] = (await asked(http, query)).values()
    return [each["uuid"] for each in page["nodes"]], page["totalCount"]


async def test_a_row_with_a_credential_matches_nothing_without_the_scope(store, database_url):
    reader, _ = await open_both(store, database_url, "read")
    owner, _ = await open_both(store, database_url, "read", "secrets")
    async with reader as reader, owner as owner:
        for arguments, for_owner, for_reader in (
            (f'filter: {{email: {{eq: "{LOW}"}}}}', [HIDDEN], []),
            ('filter: {email: {startsWith: "ftp://u:"}}, orderBy: {field: FIRST_NAME}', [HIDDEN, "m"], ["m"]),
            ('filter: {not: {email: {eq: "zz"}}}, orderBy: {field: EMAIL}', ["a", HIDDEN, "m"], ["a", "m"]),
            ('filter: {or: [{email: {eq: "zz"}}, {uuid: {eq: "hidden"}}]}', ["z", HIDDEN], ["z", HIDDEN]),
            ("orderBy: {field: EMAIL}", ["a", HIDDEN, "m", "z"], ["a", "m", "z"]),
            ("orderBy: {field: CREATED_AT}", ["a", HIDDEN, "m", "z"], ["a", HIDDEN, "m", "z"]),
        ):
            query = f"{{ people({arguments}) {{ totalCount nodes {{ uuid }} }} }}"
            assert await found(owner, query) == (for_owner, len(for_owner)), arguments
            assert await found(reader, query) == (for_reader, len(for_reader)), arguments
        query = """{ connectionRequest(uuid: "hidden") {
            integrations(orderBy: {field: INTEGRATION_TYPE}) { totalCount nodes { uuid } }
            uploadedFiles(orderBy: {field: NAME}) { totalCount nodes { uuid } } } }"""
        assert [each["totalCount"] for each in (await asked(owner, query))["connectionRequest"].values()] == [
            4,
            4,
        ]
        for each in (await asked(reader, query))["connectionRequest"].values():
            assert each == {"totalCount": 3, "nodes": [{"uuid": "a"}, {"uuid": "m"}, {"uuid": "z"}]}


async def noted(store):
    """The people of whom it is noted that they hold a credential."""
    statement = store.prepare(
        ("noted",), lambda: tables.people.select().where(tables.people.c[HOLDS_CREDENTIAL].is_(true()))
    )
    return sorted((row.organization_id, row.id) for row in await store.fetch(statement, {}))


async def test_what_is_noted_of_a_row_follows_its_texts(store):
    assert await noted(store) == [("high", HIDDEN), ("low", HIDDEN)]
    async with changing(store, "low") as write:
        await write.update(tables.people, "a", {"first_name": "see https://h/?token=x"})
        await write.update_each(
            tables.people, {HIDDEN: {"email": "b@c.example"}, "m": {"phone": "ftp://a:b@c"}}
        )
    assert await noted(store) == [("high", HIDDEN), ("low", "a"), ("low", HIDDEN), ("low", "m")]
    async with changing(store, "low") as write:
        clean = dict.fromkeys(short_of(tables.people, None))
        await write.update_many(tables.people, ["a", HIDDEN], clean)
        await write.update_each(
            tables.people, {"m": {"phone": "1"}}, before=await write.rows(tables.people, ["m"])
        )
    assert await noted(store) == [("high", HIDDEN)]
