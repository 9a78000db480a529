"""The first page in every size and colour: asked for a token, live, and what another window changes is seen."""

import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from playwright.sync_api import expect

from browser.conftest import AT_REST, SCREENSHOTS, visit
from gateway.serving import DEMO_TOKEN
from tests.pages.browsing import PATIENCE, answer, eventually, held, open_graphiql, open_tab

ASK = """
mutation ($orgName: String!, $feeds: [NewIntegrationInput!]!) {
  createConnectionRequest(input: {orgName: $orgName, integrations: $feeds}) {
    connectionRequest { id }
    errors { message }
  }
}
"""
FEEDS = [("items", "0 * * * *"), ("orders", "30 6,12,18 * * *"), ("tracking", "*/20 9-17 * * *")]


def ask_for_a_connection(demo: str, org_name: str) -> None:
    feeds = [{"integrationType": kind, "updateFrequency": cron} for kind, cron in FEEDS]
    body = {"query": ASK, "variables": {"orgName": org_name, "feeds": feeds}}
    headers = {"authorization": f"Bearer {DEMO_TOKEN}"}
    answer = httpx2.post(f"{demo}/graphql", json=body, headers=headers, timeout=PATIENCE)
    assert answer.json()["data"]["createConnectionRequest"]["errors"] == []


def test_it_is_live(demo, visitor):
    page = visitor.page
    name = f"Acme {visitor.width} {visitor.scheme}"
    ask_for_a_connection(demo, name)
    page.goto(demo)
    expect(page.locator("#viewer")).to_contain_text("You are Joe Account, Account Manager at Demo Retailer")
    expect(page.locator("#pending")).to_contain_text(name)
    expect(page.locator("#statuses")).to_contain_text("pending")
    expect(page.locator("#runs svg")).to_be_visible()
    expect(page.locator("#runs details")).to_contain_text("(America/Chicago).")
    expect(page.locator("#events")).to_contain_text(f"requested a connection: {name}")
    expect(page.locator("#health")).to_have_text("The server and its database are up.")
    visitor.looks("home", whole=True)


def test_a_busy_organization_is_one_click_away_with_its_day_and_its_words(demo, visitor):
    page = visitor.page
    page.goto(demo)
    page.get_by_role("button", name="A busy organization").click()
    expect(page.locator("#viewer")).to_contain_text("at Halyard Markets")
    busy = re.compile(
        r"^[2-9]\d\d( of \d{3})? feeds run [\d,]{5,} times"
    )  # most on a Monday, fewest on a Saturday
    expect(page.locator("#runs")).to_contain_text(busy)
    expect(page.locator("#runs .column rect").nth(60)).to_be_attached()
    expect(page.locator("#pending li")).to_have_count(7)
    expect(page.locator("#events time").first).to_be_visible()
    page.get_by_label("Words").fill("no such words")
    expect(page.locator("#found")).to_contain_text("None has these words.")
    page.get_by_label("Words").fill("wareh")
    expect(page.locator("#found")).to_contain_text(re.compile(r"^\d+ found: .*approved"))
    visitor.looks("home-explorer", whole=True)
    page.get_by_text("As a table").click()
    visitor.looks("home-explorer-table", whole=True)
    page.locator("#matches a").first.click()
    expect(page.get_by_label("Operation Editor").locator(".view-lines").first).to_contain_text(
        "query Request"
    )
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"orgContactFullName"')


def test_it_asks_for_a_token(demo, visitor):
    page = visitor.page
    page.goto(demo)
    page.get_by_label("Access token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("did not accept the token")
    expect(page.locator("#live")).to_be_hidden()
    expect(page.get_by_label("Demonstration")).to_have_value("")
    visitor.looks("home-wrong-token")
    page.get_by_role("button", name="Use demo-token").click()
    expect(page.locator("#live")).to_be_visible()


def test_what_is_approved_in_one_window_is_seen_in_the_other(demo, screen):
    name = f"Seen Elsewhere {screen.width}"
    ask_for_a_connection(demo, name)
    page = screen.page
    page.goto(demo)
    waiting = page.locator("#pending li", has_text=name)
    link = waiting.get_by_role("link", name="Approve in GraphiQL").get_attribute("href")
    operation = {name: value for name, [value] in parse_qs(urlsplit(link).fragment).items()}
    operation["variables"] = json.dumps({**json.loads(operation["variables"]), "dryRun": False})
    other = open_tab(page.context).page
    open_graphiql(other, f"{demo}/graphql#{urlencode(operation)}", "mutation Approve")
    other.get_by_role("button", name="Execute query").click()
    expect(answer(other)).to_contain_text('"orgName"')
    expect(waiting).to_have_count(0)


def test_what_happens_before_the_page_hears_of_events_is_seen_nevertheless(demo, phone):
    page = phone.page
    with held(page, "subscription Happening") as kept:
        page.goto(demo)
        eventually(page, lambda: len(kept), 1)
        ask_for_a_connection(demo, "Asked Meanwhile")
        expect(page.locator("#pending")).not_to_contain_text("Asked Meanwhile")
    expect(page.locator("#pending")).to_contain_text("Asked Meanwhile")


def test_nothing_of_one_organization_is_shown_as_another_ones(demo, phone):
    page = phone.page
    page.goto(demo)
    expect(page.locator("#runs")).not_to_be_empty()
    expect(page.locator("#log")).to_be_visible()
    page.get_by_label("Words").fill("Thomas")
    expect(page.locator("#matches li")).not_to_have_count(0)
    with held(page, "query Runs", "query Events", "query Found"):
        page.get_by_role("button", name="A busy organization").click()
        expect(page.locator("#viewer")).to_contain_text("at Halyard Markets")
        expect(page.locator("#live")).to_be_visible()
        for part in ("#runs", "#events", "#found", "#matches"):
            expect(page.locator(part)).to_be_empty()
    expect(page.locator("#runs")).to_contain_text("feeds run")
    expect(page.locator("#log")).to_be_visible()
    expect(page.locator("#found")).not_to_be_empty()


def test_the_picture_of_the_readme(untouched_demo, browser):
    with visit(browser, 1400, "light") as visitor:
        page = visitor.page
        page.set_viewport_size({"width": 1180, "height": 1062})
        page.goto(untouched_demo)
        page.get_by_role("button", name="A busy organization").click()
        expect(page.locator("#viewer")).to_contain_text("at Halyard Markets")
        expect(page.locator("#runs svg")).to_be_visible()
        expect(page.locator("#events li").first).to_be_attached()
        page.mouse.move(1, 1)
        page.evaluate(AT_REST)
        page.screenshot(path=SCREENSHOTS / "readme-home.png")
