"""A secret in every member of every document, looked for at every door: none is shown to who may not see secrets."""

import base64
import json
import re
from contextlib import suppress

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from gateway.administration import create_token
from gateway.app import create_app
from gateway.db.data_versions import version
from gateway.db.tables import child_counters, counters, metadata
from gateway.db.tables.columns import may_hold_credentials
from gateway.db.types import Text
from gateway.db.vault import Vault, new_key
from gateway.exchange.exporting import export
from gateway.exchange.importing import import_files
from gateway.exchange.staging import BadFile
from gateway.metrics.metrics import Metrics
from gateway.metrics.sums import Sums
from gateway.observe.log import Log
from gateway.observe.rendering import Columns, JsonLines
from gateway.resolvers.event_log import sight
from gateway.settings import Settings
from gateway.traces.opening import open_traces
from gateway.vendors import VENDORS
from gateway.webhooks.cloud_events import rendered
from tests.crawl.documents import DOCUMENTS, FORMS, MARK, REFUSED, leaves, with_secrets, written
from tests.crawl.operations import LAST, all_told, queries, subscriptions
from tests.data import context_of, events_of
from tests.graph import open_graph, open_http
from tests.lengths import IS_LONG
from tests.patience import ENOUGH, PATIENT
from tests.servers import open_server
from tests.traces.collector import open_collector
from tests.vendors.gateway import make_organization

pytestmark = pytest.mark.anyio

BY_NAME = {vendor.name: vendor for vendor in VENDORS}
MEMBERS = [(name, path) for name, document in DOCUMENTS.items() for path in leaves(document)]
TAKEN = [(name, path) for name, path in MEMBERS if written(path) not in REFUSED[name]]

CONNECTIONS = "/connection?include_secrets=true&expand=connector"
PATHS = (
    "/organizations/connections/request/",
    "/organizations/connections/request/r1/",
    "/organizations/connections/",
    "/v1/requests",
    "/v1/requests/q1",
    "/v1/requests/q1/comments",
    "/v1/requests/relay",
    "/api/3/connections",
    "/api/3/connections/1",
    "/api/3/ecomCustomers",
    CONNECTIONS,
    "/connection/conn_x_1?include_secrets=true&expand=connector",
    "/connector?expand=schemas",
    "/connector-config",
    "/customer",
    "/viewer",
    "/api/3/users/me",
    "/api/3/",
)
ROW_TABLES = [table for table in metadata.sorted_tables if table not in (counters, child_counters)]


def mark(position):
    return f"{MARK}{position:03}x"


NAMED, WRITTEN = mark(999), mark(998)
"""Marks in the names of tokens, and in what is written after the import."""


def marks_in(text):
    """The marks in an answer, in its cursors and global ids too, and in JSON texts that stand in a text."""
    decoded = []
    for each in re.findall(r"[A-Za-z0-9_-]{16,}", text):
        with suppress(ValueError, UnicodeDecodeError):
            decoded.append(base64.urlsafe_b64decode(each + "=" * (-len(each) % 4)).decode())
    return set(re.findall(rf"{MARK}\d\d\dx", " ".join([text, *decoded])))


def named(marks):
    """The members that marks were put into."""
    return sorted(
        f"{name} {written(path)}" for name, path in (TAKEN[int(each[len(MARK) : -1])] for each in marks)
    )


async def imported(store, folder, vendor, document):
    path = folder / f"{vendor}.json"
    path.write_text(json.dumps(document))
    await import_files(store, BY_NAME[vendor], "north", [path])


@pytest.fixture
async def store(database):
    database.vault = Vault([new_key()])
    await make_organization(database)
    return database


@pytest.fixture
def collector(monkeypatch):
    with open_collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", str(ENOUGH))
        monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "100000")  # none is lost
        yield collector


async def crawled(store, url, lines, after, *scopes, **token):
    """What every door answers, by what was asked, and what subscribers behind a cursor are told.

    The log's lines are added to ``lines``, and a collector that there is gets what is traced.
    """
    _, bearer = await create_token(store, "north", name=f"ftp://u:{NAMED}@host", scopes=scopes, **token)

    def keep(said):
        lines.extend(
            render(dict(said) if isinstance(said, dict) else said) for render in (JsonLines(), Columns())
        )

    log = Log("debug", keep)
    settings = Settings(database_url=url, token_cache_seconds=0, traces=True, **PATIENT)
    sums = Sums()
    metrics, traces = Metrics(sums.add), open_traces(settings)
    app = create_app(settings, store, log, metrics=metrics, traces=traces)
    answers = {}
    headers = {"api-token": bearer}
    async with open_http(app, bearer) as http:
        for query in queries():
            answers[query] = (await http.post("/graphql", json={"query": query})).text
        for path in PATHS:
            answer = await http.get(path, headers=headers)
            answers[path] = answer.text
            if (link := answer.headers.get("link")) is not None and "successor" in link:
                successor = re.match("<([^>]+)>", link)[1]
                answers[f"successor of {path}"] = (await http.get(successor)).text
    asked = [each for each in subscriptions() if not token or "connectionRequestEvents" not in each]
    async with open_server(app) as served:
        answers |= await all_told(served.address, bearer, asked, after)
    traces.close()
    metrics.tell()
    registry = CollectorRegistry()
    registry.register(sums)
    answers["/metrics"] = generate_latest(registry).decode()
    return answers


CHANGE = """mutation ($id: ID!, $text: String) { %s(input: {id: $id, %s: $text}) { errors { message } } }"""
CHANGES = (
    ("connectionRequests", "TRADING_PARTNER", "updateConnectionRequest", "reason", ""),
    ("connectionRequests", "ACCESS", "updateConnectionRequest", "additionalInformation", LAST),
    ("connectedAccounts", "CONNECTOR", "updateConnectedAccount", "listId", LAST),
)
"""Of members that the vendor's documents lack, and of objects that keep every secret of theirs all the same."""


async def change_each(store, url):
    """Have each object say one more secret, so that an event tells of it."""
    async with open_graph(store, url, "north", ["read", "write", "secrets"]) as graph:
        for field, kind, mutation, member, last in CHANGES:
            found = await graph.ask(f"{{ {field}(filter: {{kind: {{eq: {kind}}}}}) {{ nodes {{ id }} }} }}")
            [node] = found[field]["nodes"]
            text = f"{last} ftp://u:{WRITTEN}@host"
            made = await graph.ask(CHANGE % (mutation, member), id=node["id"], text=text)
            assert made == {mutation: {"errors": []}}


STORES_AND_FORMS = [("sqlite", False), ("postgresql", True)]
"""Of a secret, whether it has every form: which store holds it makes no difference to those."""
if IS_LONG:
    STORES_AND_FORMS += [("sqlite", True), ("postgresql", False)]


@pytest.mark.parametrize(
    ("database_url", "mixed"),
    STORES_AND_FORMS,
    indirect=["database_url"],
    ids=[f"{store}-{'every form' if mixed else 'one form'}" for store, mixed in STORES_AND_FORMS],
)
async def test_a_secret_in_any_member_is_shown_to_nobody_who_may_not_see_it(
    store, database_url, tmp_path, mixed, collector
):
    texts = {name: {} for name in DOCUMENTS}
    for position, (name, path) in enumerate(TAKEN):
        texts[name][path] = FORMS[position % len(FORMS) if mixed else 0](mark(position))
    start = (await version(store, "north")).cursor
    for name, document in DOCUMENTS.items():
        await imported(store, tmp_path, name, with_secrets(document, texts[name]))

    lines = []
    await change_each(store, database_url)
    seen = await crawled(store, database_url, lines, start, "read", "secrets")
    exported = set()
    for vendor in VENDORS:
        for each in [text async for text in export(store, vendor, "north")]:
            exported |= marks_in(each.decode())
    every = {mark(position) for position in range(len(TAKEN))}
    assert named(every - exported) == []
    assert named(every - {each for answer in seen.values() for each in marks_in(answer)}) == []

    followed = {asked: answer for asked, answer in seen.items() if asked.startswith("subscription")}
    assert all('"resync":true' in answer for answer in followed.values())
    assert {WRITTEN} <= set.union(*map(marks_in, followed.values()))

    shown = await crawled(store, database_url, lines, start, "read", "admin")
    assert {asked: found for asked, answer in shown.items() if (found := marks_in(answer))} == {}
    assert sum("***" in answer for answer in shown.values()) > 20
    assert all("***" in shown[asked] for asked in followed)
    customer = texts["openint"]["customer_id",]
    customers = await crawled(store, database_url, lines, start, "read", "admin", customer_id=customer)
    assert {asked: found for asked, answer in customers.items() if (found := marks_in(answer))} == {}
    assert "***" in customers[CONNECTIONS]
    see = sight(context_of(store, "north", "read", "admin"))
    sent = b"".join([rendered(see(each), "north", "") for each in await events_of(store, "north")]).decode()
    assert not marks_in(sent)
    assert sent.count("***") > 5
    assert len(lines) > 100
    assert not marks_in(b"".join(lines).decode())
    spans = collector.spans
    assert {each.name for each in spans} >= {"POST /graphql", "query", "subscription", "SELECT people"}
    assert not marks_in(" ".join(each.text for each in spans))


async def test_no_import_takes_it_for_an_id_and_none_says_it(store, tmp_path):
    refused, said = {name: set() for name in DOCUMENTS}, []
    for name, path in MEMBERS:
        if "unknown" in path or "more" in path:
            continue
        try:
            await imported(store, tmp_path, name, with_secrets(DOCUMENTS[name], {path: FORMS[0](MARK)}))
        except BadFile as bad:
            refused[name].add(written(path))
            said.append(str(bad))
    assert refused == REFUSED
    assert MARK not in "".join(said)
    assert sum("must not hold a credential" in each for each in said) == 13


def test_few_texts_are_shown_as_they_are_stored():
    """Ids, references and closed sets: a column more in here is a decision."""
    keys = {"id", "organization_id", "vendor_uuid"}
    plain = {
        f"{table.name}.{column.name}"
        for table in ROW_TABLES
        for column in table.c
        if isinstance(column.type, Text) and not may_hold_credentials(column)
        if column.name not in keys and not column.foreign_keys
    }
    assert plain == {
        *("connected_accounts.kind", "connected_accounts.status", "connected_accounts.external_ref"),
        *("connection_requests.kind", "connection_requests.status", "connection_requests.status_case"),
        *("files.sha256", "files.storage_key", "decisions.outcome"),
        *("file_uploads.sha256", "file_uploads.received_sha256", "file_uploads.storage_key"),
        *("organizations.kind", "organizations.timezone", "organizations.status_case"),
        *("api_tokens.token_hash", "api_tokens.scopes"),
        *("passwords.username", "passwords.password_hash", "passwords.scopes", "account_leases.holder"),
        *("search_words.table_name", "search_words.word", "search_words.row_id"),  # words of masked texts
        *("events.type", "events.subject_type", "events.subject_id", "events.door", "events.token_id"),
        *("events.person_id", "events.customer_before", "events.customer_after"),
        *("events.data", "events.changes"),  # texts are masked before they are kept there
        *(
            "webhook_endpoints.types",
            "webhook_endpoints.disabled_reason",
            "webhook_endpoints.undelivered_after",
        ),
        *("webhook_attempts.webhook_id", "webhook_attempts.event_type", "webhook_attempts.outcome"),
        *("webhook_attempts.error", "webhook_leases.holder", "webhook_deliveries.subject"),
        *("connector_configs.connector_name", "commerce_customers.external_id", "commerce_customers.email"),
    }
