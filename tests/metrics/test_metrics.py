"""What the real application counts, by the text that Prometheus would be given."""

import inspect

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from gateway.administration import create_token
from gateway.app import create_app
from gateway.limits import Limits
from gateway.metrics.families import FAMILIES
from gateway.metrics.metrics import Metrics
from gateway.metrics.sums import Sums
from gateway.observe.deliveries import DeliveryRecord
from gateway.observe.observers import Observer
from gateway.settings import Settings
from tests.data import NORTH, fill
from tests.graph import open_http
from tests.servers import open_server, open_socket

pytestmark = pytest.mark.anyio

REQUESTS, SECONDS = "gateway_requests_total", "gateway_request_duration_seconds_count"


class Counted:
    """An application that counts, and what it shows."""

    def __init__(self, database, database_url):
        self.sums = Sums()
        limits = Limits().decided(depth="observe:3", bytes="off")
        self.metrics = Metrics(self.sums.add, limits)
        settings = Settings(database_url=database_url, count_seconds=10, token_cache_seconds=0, limits=limits)
        self.app = create_app(settings, database, metrics=self.metrics)

    @property
    def text(self):
        registry = CollectorRegistry()
        registry.register(self.sums)
        return generate_latest(registry).decode()

    def shown(self):
        """Every sample by its name and the values of its labels, these in the order of the labels' names."""
        self.metrics.tell()
        return {
            (each.name, *(value for _, value in sorted(each.labels.items()))): each.value
            for family in text_string_to_metric_families(self.text)
            for each in family.samples
        }

    def of(self, *names):
        return {key: value for key, value in self.shown().items() if key[0] in names}


@pytest.fixture
async def counted(database, database_url):
    await fill(database, NORTH)
    return Counted(database, database_url)


@pytest.fixture
async def token(database):
    return (await create_token(database, "north", name="test", scopes=["read"]))[1]


async def test_requests_are_counted_by_what_answered_them(counted, token):
    async with open_http(counted.app, token) as http:
        for _ in range(3):
            await http.post("/graphql", json={"query": "query Mine { connectionRequests { totalCount } }"})
        await http.post("/graphql", json={"query": "{ nothing }"})
        await http.get("/v1/requests/nobody-s-secret-id")
        await http.get("/healthz")
        await http.request("BREW", "/no-such-path/secret")
        await http.post("/graphql", json={}, headers={"Authorization": "Bearer none"})
    assert counted.of(REQUESTS) == {
        (REQUESTS, "POST", "/graphql", "200", ""): 4,
        (REQUESTS, "POST", "/graphql", "401", ""): 1,
        (REQUESTS, "GET", "/v1/requests/{id}", "404", "opal"): 1,
        (REQUESTS, "GET", "/healthz", "200", ""): 1,
        (REQUESTS, "other", "other", "404", ""): 1,
    }
    assert counted.of(SECONDS) == {
        (SECONDS, "POST", "/graphql", ""): 5,
        (SECONDS, "GET", "/v1/requests/{id}", "opal"): 1,
        (SECONDS, "other", "other", ""): 1,
    }
    assert counted.of("gateway_refusals_total") == {
        ("gateway_refusals_total", "GRAPHQL_VALIDATION_FAILED"): 1,
        ("gateway_refusals_total", "NOT_FOUND"): 1,
        ("gateway_refusals_total", "UNAUTHENTICATED"): 1,
    }
    # Nothing that a caller chooses, and nothing of whose it is.
    assert not any(each in counted.text for each in ("secret", "Mine", "north", "BREW", "nothing", token))


async def test_operations_statements_and_what_went_another_way(counted, token):
    nested = "{ connectionRequests { nodes { integrations { nodes { schedule { description } } } } } }"
    condition = "query ($s: Boolean = false) { __typename @skip(if: $s) }"
    async with open_http(counted.app, token) as http:
        before = counted.shown()
        for query in (nested, "{ __schema { description } }", condition):
            await http.post("/graphql", json={"query": query, "variables": {"s": None}})
    after = counted.shown()
    assert {key: after[key] for key in after if key[0] == "gateway_graphql_operations_total"} == {
        ("gateway_graphql_operations_total", "ok", "query"): 2,
        ("gateway_graphql_operations_total", "failed", "query"): 1,
    }
    assert after["gateway_graphql_operation_duration_seconds_count", "query"] == 3
    assert after["gateway_graphql_fallbacks_total", "selection that cannot be collected"] == 1
    assert after["gateway_limit_exceeded_total", "depth", "observe"] == 1
    assert ("gateway_limit_exceeded_total", "bytes", "off") not in after
    # Where what is known beforehand begins with 0, its first step is seen.
    assert before["gateway_limit_exceeded_total", "depth", "observe"] == 0
    assert before["gateway_limit_exceeded_total", "rows", "enforce"] == 0
    assert after["gateway_database_statement_duration_seconds_count",] >= 4
    assert after["gateway_database_rows_total",] > before["gateway_database_rows_total",] == 0
    assert after["gateway_processes",] == 1
    assert after["gateway_cpu_seconds_total",] >= before["gateway_cpu_seconds_total",] > 0
    [version] = [key for key in after if key[0] == "gateway_info"]
    assert version[1][0].isdigit()


async def test_connections_and_subscriptions_are_counted_while_they_last(counted, database, token):
    states = [("gateway_connections", each) for each in ("busy", "idle", "websocket")]
    async with open_server(counted.app) as server, open_socket(server.address, token) as socket:
        await socket.ask("1", "subscription { connectionRequestEvents { type } }")
        await socket.read()
        await socket.ask("2", "{ connectionRequests { totalCount } }")
        assert [(await socket.read())["type"] for _ in range(2)] == ["next", "complete"]
        during = counted.shown()
        assert [during[each] for each in states] == [0, 0, 1]
        assert during["gateway_subscriptions",] == 1
        if database.dialect_name == "postgresql":
            assert during["gateway_database_connections", "idle"] >= 1
        assert during["gateway_database_waiting",] == during["gateway_requests_waiting",] == 0
    after = counted.shown()
    assert [after[each] for each in states] == [0, 0, 0]
    assert after["gateway_subscriptions",] == 0
    assert {key: value for key, value in after.items() if key[0] == REQUESTS} == {
        (REQUESTS, "SUBSCRIBE", "/graphql", "200", ""): 2,
        (REQUESTS, "GET", "/graphql", "101", ""): 1,
    }
    # How long a socket or a subscription lasts says nothing of how long anybody waits.
    assert {key[1] for key in after if key[0] == SECONDS} == {"SUBSCRIBE"}
    assert after[SECONDS, "SUBSCRIBE", "/graphql", ""] == 1


async def test_deliveries_are_counted_by_their_outcome():
    sums = Sums()
    metrics = Metrics(sums.add)
    for outcome in ("delivered", "failed", "failed"):
        metrics.delivery(DeliveryRecord("north", "e", "w", "t", 1, outcome, 200, None, 0.2))
    metrics.tell()
    [family] = [each for each in sums.collect() if each.name == "gateway_webhook_deliveries"]
    assert {each.labels["outcome"]: each.value for each in family.samples} == {
        "delivered": 1,
        "failed": 2,
        "given_up": 0,
    }


def test_it_is_told_of_everything_that_an_observer_is():
    for name, method in inspect.getmembers(Observer, inspect.isfunction):
        if not name.startswith("_"):
            assert (
                inspect.signature(getattr(Metrics, name)).parameters.keys()
                == inspect.signature(method).parameters.keys()
            )


def test_names_are_as_prometheus_has_them():
    for each in FAMILIES:
        assert each.name.startswith("gateway_")
        assert each.name.endswith("_total") == (each.kind == "counter")
        assert each.kind != "histogram" or each.name.endswith("_seconds")
        assert list(each.bounds) == sorted(each.bounds)
        assert "le" not in each.labels
    assert len({each.name for each in FAMILIES}) == len(FAMILIES)
