"""Schedules in the graph: runs and windows are read in one zone, the organization's unless another is named."""

import pytest

pytestmark = pytest.mark.anyio

# The text is "* 20 12 3 8,9 *"; the organization's zone is America/Chicago.
DUE = """query ($from: DateTime!, $to: DateTime!, $timezone: String) {
    integrations(filter: {uuid: {eq: "i2"}, dueBetween: {from: $from, to: $to, timezone: $timezone}}) {
        nodes { schedule { nextRuns(first: 1, after: $from, timezone: $timezone) } } } }"""


@pytest.mark.parametrize(
    ("timezone", "hour"),
    [
        (None, "17:20"),
        ("America/Chicago", "17:20"),
        ("UTC", "12:20"),
        ("Europe/Berlin", "10:20"),
        ("Asia/Kathmandu", "06:35"),
    ],
)
async def test_windows_and_runs_are_read_in_the_organizations_zone_or_another(graph, timezone, hour):
    window = {"from": f"2018-08-03T{hour}:00Z", "to": f"2018-08-03T{hour}:02Z", "timezone": timezone}
    run = {"schedule": {"nextRuns": [f"2018-08-03T{hour}:01Z"]}}
    assert await graph.ask(DUE, **window) == {"integrations": {"nodes": [run]}}
    window |= {"from": "2018-08-02T18:00Z", "to": f"2018-08-03T{hour}:00Z"}
    assert await graph.ask(DUE, **window) == {"integrations": {"nodes": []}}


@pytest.mark.parametrize(
    ("before", "runs"),
    [
        ("2018-08-03T17:20:02Z", ["17:20:00Z", "17:20:01Z"]),
        ("2018-08-03T19:20:01.5+02:00", ["17:20:00Z", "17:20:01Z"]),
        ("2018-08-03T17:20:01Z", ["17:20:00Z"]),
        ("2018-08-03T17:20:00Z", []),
        ("2018-08-01T00:00:00Z", []),
    ],
)
async def test_runs_end_before_an_instant(graph, before, runs):
    query = """query ($before: DateTime) { integrations(filter: {uuid: {eq: "i2"}}) {
        nodes { schedule { nextRuns(first: 100, after: "2018-08-02", before: $before) } } } }"""
    run = {"schedule": {"nextRuns": [f"2018-08-03T{each}" for each in runs]}}
    assert await graph.ask(query, before=before) == {"integrations": {"nodes": [run]}}


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2018-08-01T00:00:00-05:00", "2018-09-01T00:00:00-05:00"),
        ("2018-08-01T00:00:00+02:00", "2018-09-01T00:00:00+02:00"),
        ("2018-07-04T00:00:00Z", "2018-08-04T07:00:00Z"),
    ],
)
async def test_a_window_takes_a_calendar_month_in_any_zone(graph, start, end):
    query = """query ($from: DateTime!, $to: DateTime!) {
        integrations(filter: {dueBetween: {from: $from, to: $to}}) { nodes { uuid } } }"""
    found = (await graph.ask(query, **{"from": start, "to": end}))["integrations"]["nodes"]
    assert sorted(each["uuid"] for each in found) == ["i1", "i2"]


async def test_the_cron_texts_are_read_once_however_many_lists_are_filtered_by_them(graph):
    window = 'dueBetween: {from: "2018-08-01T00:00:00Z", to: "2018-08-31T00:00:00Z"}'
    lists = " ".join(f"a{n}: integrations(filter: {{{window}}}) {{ nodes {{ uuid }} }}" for n in range(5))
    seen = await graph.statements("{ " + lists + " }")
    assert len([sql for sql in seen if "RECURSIVE" in sql]) == 1
    assert len(seen) == 6
