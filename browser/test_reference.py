"""The REST reference in every size and colour: vendors tried with the token, equivalents opened in GraphiQL."""

import pytest
from playwright.sync_api import expect

from tests.pages.browsing import answer

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


def test_an_equivalent_opens_in_graphiql(demo, visitor):
    page = visitor.page
    page.goto(f"{demo}/docs#opal")
    page.locator(".opblock-get .opblock-summary-control").first.click()
    page.get_by_text("Show the document").first.click()
    visitor.looks("reference-equivalent")
    page.get_by_role("link", name="Open in GraphiQL").first.click()
    expect(page.get_by_label("Operation Editor").locator(".view-lines").first).to_contain_text("query Opal")
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"hasNextPage"')
    expect(answer(page)).not_to_contain_text('"errors"')


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
