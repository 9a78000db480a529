"""The REST reference in every size and colour: vendors tried with the token, equivalents opened in GraphiQL."""

import json

import pytest
from playwright.sync_api import expect

from gateway.serving import DEMO_TOKEN
from tests.pages.browsing import answer, eventually

VENDORS = {
    "crux": ("Crux Connect", "/organizations/connections/request/", "Thomas-Perkins"),
    "opal": ("Opal", "/v1/requests", "7c86c85d-0651-43e2-a748-d69d658418e8"),
    "activecampaign": ("ActiveCampaign", "/api/3/connections", "Acme, Inc."),
    "openint": ("OpenInt", "/v1/connection", "conn_"),
}


def try_list(visitor, demo, vendor):
    title, path, shown = VENDORS[vendor]
    page = visitor.page
    page.goto(f"{demo}/docs#{vendor}")
    expect(page.get_by_role("link", name=title, exact=True)).to_have_attribute("aria-current", "true")
    operation = page.locator(f".opblock-get:has([data-path='{path}'])").first
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute", exact=True).click()
    expect(operation.locator(".live-responses-table").first).to_contain_text(shown)


def test_a_list_is_tried_with_the_token(demo, visitor):
    try_list(visitor, demo, "crux")
    visitor.looks("reference")
    begins = {
        visitor.page.locator(each).first.bounding_box()["x"]
        for each in (".introduction h1", "#vendors a", ".opblock-tag", ".opblock")
    }
    assert len(begins) == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_vendor_is_called_as_its_callers_do(demo, phone, vendor):
    try_list(phone, demo, vendor)
    phone.looks(f"reference-{vendor}")


def test_what_a_browser_does_not_send_cannot_be_filled_in(demo, phone):
    try_list(phone, demo, "crux")
    operation = phone.page.locator(".opblock.is-open")
    expect(operation.locator(".unsent")).to_contain_text("Browsers send no body with this method")
    expect(operation.locator("textarea.body-param__text")).to_have_count(0)
    expect(operation.locator(".request-url")).to_contain_text("limit=50")
    expect(operation.locator(".curl-command")).not_to_contain_text("Content-Type")


def test_an_equivalent_opens_in_graphiql(demo, visitor):
    page = visitor.page
    page.goto(f"{demo}/docs#opal")
    page.locator(".opblock-get .opblock-summary-control").first.click()
    page.get_by_text("Show the document").first.click()
    visitor.looks("reference-equivalent")
    page.get_by_role("link", name="Open in GraphiQL").first.click()
    expect(page.get_by_label("Operation Editor").locator(".view-lines").first).to_contain_text("query Opal")
    with page.expect_response(lambda each: "query Opal" in (each.request.post_data or "")) as answered:
        page.get_by_role("button", name="Execute query").click()
    told = answered.value.json()
    assert "errors" not in told
    assert '"hasNextPage"' in json.dumps(told)
    expect(answer(page)).to_contain_text('"data"')


def test_a_document_asks_for_a_token_and_then_is_shown(demo, visitor):
    page = visitor.page
    page.goto(f"{demo}/openapi.json")
    page.get_by_label("Access token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("did not accept the token")
    visitor.looks("openapi-wrong-token")
    page.get_by_role("button", name="Use demo-token").click()
    expect(page.locator("#document")).to_contain_text('"openapi": "3.1.0"')
    visitor.looks("openapi")


def test_a_document_that_comes_late_is_not_shown_to_whoever_has_another_token_by_now(demo, phone):
    page = phone.page
    held = []

    def is_first(request):
        return request.headers.get("authorization") == f"Bearer {DEMO_TOKEN}"

    def keep(route):
        return held.append(route) if is_first(route.request) else route.continue_()

    page.route("**/openapi.json", keep)
    page.goto(f"{demo}/openapi.json")
    eventually(page, lambda: len(held), 1)
    page.get_by_label("Access token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("did not accept the token")
    with page.expect_event("requestfinished", is_first):
        held[0].continue_()
    page.evaluate("new Promise((later) => setTimeout(later))")  # what it would have done is done
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#document")).to_be_hidden()
