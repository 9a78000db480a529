"""The REST reference and the pages of OpenAPI documents: who gets them, and what they hold."""

import json

import pytest
from starlette.testclient import TestClient

from gateway.app import create_app
from gateway.pages.assets import bundle_status
from gateway.pages.reference import reference_page
from gateway.settings import Settings
from gateway.vendors import VENDORS
from tests.graph import open_http

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
DOCUMENTS = ["/openapi.json", *[f"/openapi/{vendor.name}.json" for vendor in VENDORS]]


def configuration(text: str):
    return json.loads(text.split('id="configuration">')[1].split("</script>")[0])


@pytest.mark.anyio
@pytest.mark.parametrize("path", DOCUMENTS)
async def test_a_browser_without_a_token_gets_a_page_and_everybody_else_the_document(
    database, database_url, path
):
    app = create_app(Settings(database_url=database_url), database)
    async with open_http(app) as http:
        page = await http.get(path, headers={"accept": HTML})
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "x-graphql" not in page.text
        for headers in (
            {},
            {"accept": "*/*"},
            {"accept": "application/json"},
            {"accept": HTML, "authorization": "x"},
        ):
            refused = await http.get(path, headers=headers)
            assert (refused.status_code, refused.headers["content-type"]) == (401, "application/json"), (
                headers
            )
        assert (await http.post(path, headers={"accept": HTML})).status_code == 405


@pytest.mark.anyio
async def test_without_pages_there_is_no_reference_either(database, database_url):
    app = create_app(Settings(database_url=database_url, graphiql=False), database)
    async with open_http(app) as http:
        assert [
            (await http.get(path, headers={"accept": HTML})).status_code for path in ("/docs", *DOCUMENTS)
        ] == [
            404,
            *[401] * len(DOCUMENTS),
        ]


@pytest.mark.skipif(bundle_status() is not None, reason="the pages are not built (make pages, needs Node.js)")
def test_the_reference_knows_how_each_vendor_is_called():
    page = reference_page(VENDORS, endpoint="/graphql", tokens={"demo-token": "examples"})
    response = TestClient(page, base_url="http://localhost", root_path="/under").get("/docs")
    assert "unsafe" not in response.headers["content-security-policy"]
    told = configuration(response.text)
    assert {each["name"]: [each["header"], each["scheme"]] for each in told["vendors"]} == {
        "crux": ["Authorization", "Token"],
        "opal": ["Authorization", "Bearer"],
        "activecampaign": ["Api-Token", ""],
        "openint": ["Authorization", "Bearer"],
    }
    assert told["vendors"][0]["document"] == "/under/openapi/crux.json"
    assert told["endpoint"] == "/under/graphql"


def test_without_a_bundle_the_documents_are_shown_and_what_builds_it_is_said():
    response = TestClient(
        reference_page(VENDORS, endpoint="/graphql", plain=True), base_url="http://e.test"
    ).get("/docs")
    assert "<code>make pages</code>" in response.text
    assert '<script type="module" src="/assets/documents.js"></script>' in response.text
    assert configuration(response.text) == {"document": "/openapi.json", "tokens": []}
