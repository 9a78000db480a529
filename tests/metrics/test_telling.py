"""From the processes that count to whoever asks for it: channels, sums, and `/metrics` over HTTP."""

import queue
import socket

import httpx2
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from gateway.listening import listening
from gateway.metrics.channels import Channel
from gateway.metrics.families import DELAY_SECONDS, PROCESSES, REFUSALS
from gateway.metrics.scraping import show
from gateway.metrics.sums import Sums
from gateway.metrics.tally import Report, Tally
from gateway.settings import SettingError, Settings
from tests.patience import ENOUGH


def telling_of(series, **more):
    tally = Tally()
    for number in range(series):
        tally.count((REFUSALS.name, f"CODE_{number}"), number)
        tally.observe(DELAY_SECONDS, (DELAY_SECONDS.name,), number)
    return Report(7, *tally.take(), **more)


def heard_by(channel):
    heard = queue.Queue()
    channel.listen(heard.put)
    return heard


def samples(sums):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in sums.collect()
        for sample in family.samples
    }


def test_a_long_telling_comes_whole():
    channel, sums = Channel(), Sums()
    heard = heard_by(channel)
    assert channel.tell(telling_of(250, gauges={(PROCESSES.name,): 1}))
    while True:
        part = heard.get(timeout=ENOUGH)
        sums.add(part)
        if part.gauges is not None:
            break
    found = samples(sums)
    assert [found["gateway_refusals_total", f"CODE_{number}"] for number in (0, 1, 249)] == [0, 1, 249]
    assert found["gateway_event_loop_delay_seconds_count",] == 250
    assert found["gateway_event_loop_delay_seconds_sum",] == sum(range(250))
    assert found["gateway_event_loop_delay_seconds_bucket", "1.0"] == 2  # 0 and 1, its upper end
    assert found["gateway_processes",] == 1


def test_what_nobody_comes_to_hear_is_told_later_and_once():
    channel = Channel()
    told, sums = 0, Sums()
    while channel.tell(telling_of(250)):
        told += 1
        assert told < 10_000
    tally = Tally()
    rest = telling_of(250)
    assert not channel.tell(rest)
    tally.give_back(rest)
    heard = heard_by(channel)
    while not channel.tell(late := Report(7, *tally.take(), gauges={(PROCESSES.name,): 1})):
        tally.give_back(late)
    while (part := heard.get(timeout=ENOUGH)).gauges is None or part.gauges == {}:
        sums.add(part)
    whole = samples(sums)["gateway_refusals_total", "CODE_249"] / 249
    assert whole in (told + 1, told + 2)  # of the first that failed, this part may have come
    assert samples(sums)["gateway_refusals_total", "CODE_1"] == told + 2


def test_a_process_that_is_silent_has_no_gauges_and_what_it_counted_stays():
    now = 0.0
    sums = Sums(lambda: now)
    for process in (1, 2):
        sums.add(Report(process, {(REFUSALS.name, "X"): 2}, {}, {(PROCESSES.name,): 1}))
    assert samples(sums)["gateway_processes",] == 2
    now = 8.0
    sums.add(Report(2, {}, {}, {(PROCESSES.name,): 1}))
    now = 12.0
    assert samples(sums)["gateway_processes",] == 1
    sums.add(Report(2, {(REFUSALS.name, "X"): 1}, {}, {(PROCESSES.name,): 1}, is_last=True))
    found = samples(sums)
    assert ("gateway_processes",) not in found
    assert found["gateway_refusals_total", "X"] == 5


@pytest.fixture(scope="module")
def shown():
    """A server of metrics that one process has told something."""
    with listening("127.0.0.1", 0) as sockets:
        tell = show(sockets, is_alone=True)
        tell(telling_of(3, gauges={(PROCESSES.name,): 1}))
        url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        with httpx2.Client(base_url=url, timeout=ENOUGH) as http:
            yield http


@pytest.mark.parametrize(
    ("accept", "type", "read"),
    [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8", read_text),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=", read_openmetrics),
        ("application/openmetrics-text; version=x", "application/openmetrics-text; version=", read_openmetrics),
        ("", "text/plain; version=0.0.4; charset=utf-8", read_text),
    ],
)  # fmt: skip
def test_it_is_shown_in_the_form_that_is_asked_for(shown, accept, type, read):
    answer = shown.get("/metrics?x=1", headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"].startswith(type)) == (200, True)
    found = {each.name for each in read(answer.text)}
    assert {"gateway_refusals", "gateway_event_loop_delay_seconds", "gateway_processes"} <= found


def test_nothing_else_is_there(shown):
    assert shown.head("/metrics").status_code == 200
    assert shown.head("/metrics").text == ""
    assert shown.get("/").status_code == shown.get("/graphql").status_code == 404
    assert shown.post("/metrics").status_code == 501
    assert "python" not in shown.get("/").headers["server"].lower()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("[::1]:9464", ("::1", 9464)),
        ("localhost:0", ("localhost", 0)),
        ("", None),
    ],
)
def test_an_address_is_a_host_and_a_port(address, expected):
    assert Settings.from_environment({"GATEWAY_METRICS_ADDRESS": address}).metrics_at == expected


@pytest.mark.parametrize(
    "address", ["9464", ":9464", "::1:9464", "127.0.0.1", "host:65536", "http://host:1", "a:b"]
)
def test_what_is_none_is_refused(address):
    with pytest.raises(SettingError, match="GATEWAY_METRICS_ADDRESS must be an address and a port"):
        Settings.from_environment({"GATEWAY_METRICS_ADDRESS": address})


def test_an_address_in_use_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(SettingError, match=rf"Cannot listen on 127.0.0.1:{port}"),
            listening("127.0.0.1", port),
        ):
            pass
