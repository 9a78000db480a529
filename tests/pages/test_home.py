"""The first page: browsers get it, and programs what they got before."""

import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.graph import open_http

pytestmark = pytest.mark.anyio

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def test_browsers_get_the_page_and_programs_are_led_to_the_graph(database, database_url):
    async with open_http(create_app(Settings(database_url=database_url), database)) as http:
        page = await http.get("/", headers={"accept": HTML})
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "unsafe" not in page.headers["content-security-policy"]
        assert '"tokens": []' in page.text
        for headers in (
            {},
            {"accept": "*/*"},
            {"accept": "application/json"},
            {"accept": HTML, "authorization": "Bearer x"},
        ):
            answer = await http.get("/", headers=headers)
            assert (answer.status_code, answer.headers["location"]) == (307, "/graphql"), headers
        assert (await http.post("/", headers={"accept": HTML})).status_code == 405


@pytest.mark.parametrize(
    "name",
    [
        *("home.js", "overview.js", "finding.js", "day.js", "runs.js", "graphql.js", "events.js", "token.js"),
        *("home.css", "prose.css"),
    ],
)
async def test_its_files_are_plain_and_need_no_node(database, database_url, name):
    async with open_http(create_app(Settings(database_url=database_url), database)) as http:
        assert (await http.get(f"/assets/{name}")).status_code == 200
