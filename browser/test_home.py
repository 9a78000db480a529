"""The first page in every size and colour: asked for a token, live, and what another window changes is seen."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from playwright.sync_api import expect

from browser.conftest import visit
from gateway.serving import DEMO_TOKEN
from tests.pages.browsing import answer, open_graphiql

ASK = """
mutation ($orgName: String!, $feeds: [NewIntegrationInput!]!) {
  createConnectionRequest(input: {orgName: $orgName, integrations: $feeds}) {
    connectionRequest { id }
    errors { message }
  }
}
"""
PICTURE = Path(__file__).parent.parent / "docs" / "home.png"
FEEDS = [("items", "0 * * * *"), ("orders", "30 6,12,18 * * *"), ("tracking", "*/20 9-17 * * *")]


def ask_for_a_connection(demo: str, org_name: str) -> None:
    feeds = [{"integrationType": kind, "updateFrequency": cron} for kind, cron in FEEDS]
    body = {"query": ASK, "variables": {"orgName": org_name, "feeds": feeds}}
    headers = {"authorization": f"Bearer {DEMO_TOKEN}"}
    payload = httpx2.post(f"{demo}/graphql", json=body, headers=headers).json()["data"][
        "createConnectionRequest"
    ]
    assert payload["errors"] == []


def test_it_is_live(demo, visitor):
    page = visitor.page
    name = f"Acme {visitor.width} {visitor.scheme}"
    ask_for_a_connection(demo, name)
    page.goto(demo)
    expect(page.locator("#pending")).to_contain_text(name)
    expect(page.locator("#statuses")).to_contain_text("pending")
    expect(page.locator("#runs svg")).to_be_visible()
    assert page.locator("#runs .run").count() > 24
    expect(page.locator("#events")).to_contain_text(f"connection request created {name}")
    expect(page.locator("#health")).to_have_text("The process lives, and its store answers.")
    visitor.looks("home", whole=True)


def test_it_asks_for_a_token(demo, visitor):
    page = visitor.page
    page.goto(demo)
    page.get_by_label("Access token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("did not accept the token")
    expect(page.locator("#live")).to_be_hidden()
    visitor.looks("home-wrong-token")
    page.get_by_role("button", name="Use demo-token").click()
    expect(page.locator("#live")).to_be_visible()


def test_what_is_approved_in_one_window_is_seen_in_the_other(demo, phone):
    ask_for_a_connection(demo, "Seen Elsewhere")
    page = phone.page
    page.goto(demo)
    waiting = page.locator("#pending li", has_text="Seen Elsewhere")
    link = waiting.get_by_role("link", name="Approve in GraphiQL").get_attribute("href")
    operation = {name: value for name, [value] in parse_qs(urlsplit(link).fragment).items()}
    operation["variables"] = json.dumps({**json.loads(operation["variables"]), "dryRun": False})
    other = page.context.new_page()
    open_graphiql(other, f"{demo}/graphql#{urlencode(operation)}", "mutation Approve")
    other.get_by_role("button", name="Execute query").click()
    expect(answer(other)).to_contain_text('"APPROVED"')
    expect(waiting).to_have_count(0)


def test_the_picture_of_the_readme(untouched_demo, browser):
    for name in ("Deal Zone", "Toystore"):
        ask_for_a_connection(untouched_demo, name)
    with visit(browser, 1400, "light") as visitor:
        page = visitor.page
        page.set_viewport_size({"width": 1180, "height": 900})
        page.goto(untouched_demo)
        expect(page.locator("#runs svg")).to_be_visible()
        expect(page.locator("#events li").first).to_be_visible()
        page.screenshot(path=PICTURE)
