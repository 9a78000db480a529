"""GraphiQL in every size and colour, by pointer and by keyboard; and its picture in the README."""

import json
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Response, expect

from browser.conftest import AT_REST, SCREENSHOTS
from tests.pages.browsing import answer, open_graphiql, open_tab

PAGE = """\
query Page($after: String) {
  connectionRequests(first: 1, after: $after) {
    edges { cursor node { orgName } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


def asked(response: Response) -> str:
    """The operation that is answered, as it was sent."""
    return response.request.post_data or ""


def test_the_first_query_is_answered(demo, visitor):
    page = visitor.page
    open_graphiql(page, f"{demo}/graphql", "query ConnectionRequests")
    visitor.looks("graphiql-opened")
    for icon in ("docs icon", "play icon"):
        expect(page.locator("svg > title", has_text=icon)).to_be_attached()
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"totalCount"')
    expect(page.locator(".facts")).to_contain_text("Price")
    visitor.looks("graphiql-answered")
    editors, response = page.locator(".graphiql-editors").bounding_box(), answer(page).bounding_box()
    assert min(editors["width"], response["width"]) > 280  # never a letter a line
    assert min(editors["height"], response["height"]) > 120


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("Search", '"connectedAccounts"'),
        ("DueFeeds", '"nextRuns"'),
        ("AskForAConnection", '"isAllowed"'),
        ("History", '"changes"'),
    ],
)
def test_every_tab_shows_something_of_the_busy_organization(demo, phone, tab, shown):
    page = phone.page
    open_graphiql(page, f"{demo}/graphql", "query ConnectionRequests")
    page.get_by_label("Demonstration").select_option("A busy organization")
    page.get_by_role("button", name=tab, exact=True).click()
    expect(page.get_by_label("Operation Editor")).to_contain_text(f" {tab}")
    with page.expect_response(
        lambda each: f" {tab}(" in asked(each) or f" {tab} " in asked(each)
    ) as answered:
        page.get_by_role("button", name="Execute query").click()
    told = answered.value.json()
    assert "errors" not in told
    assert shown in json.dumps(told)
    expect(answer(page)).to_contain_text('"data"')
    phone.looks(f"graphiql-{tab}")
    expect(page.locator(".facts")).to_contain_text("Price")


def test_a_subscription_shows_what_another_window_does(demo, screen):
    page = screen.page
    open_graphiql(page, f"{demo}/graphql", "query ConnectionRequests")
    page.get_by_label("Demonstration").select_option("A busy organization")
    page.get_by_role("button", name="Happening", exact=True).click()
    page.get_by_role("button", name="Execute query").click()
    expect(page.locator(".facts")).to_contain_text("Results are shown as they come")
    expect(answer(page)).to_contain_text('"type": null')  # where it begins
    other = open_tab(page.context).page
    other.goto(demo)
    expect(other.locator("#viewer")).to_contain_text("at Halyard Markets")
    link = other.locator("#pending a").first.get_attribute("href").replace("true", "false")
    open_graphiql(other, f"{demo}{link}", "mutation Approve")
    other.get_by_role("button", name="Execute query").click()
    expect(answer(other)).to_contain_text('"orgName"')
    expect(answer(page)).to_contain_text('"connection_request.')


def test_menus_and_dialogs_are_accessible(demo, visitor):
    page = visitor.page
    open_graphiql(page, f"{demo}/graphql", "query ConnectionRequests")
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"totalCount"')
    page.get_by_role("button", name="Copy as a program").click()
    expect(page.get_by_role("menuitem", name="Copy as curl")).to_be_visible()
    visitor.looks("graphiql-copy-menu")
    page.keyboard.press("Escape")
    for plugin, shown in (("Show History", "History"), ("Query builder", "connectionRequests")):
        page.get_by_role("button", name=plugin).first.click()
        expect(page.locator(".graphiql-plugin")).to_contain_text(shown)
        visitor.looks(f"graphiql-{plugin.lower().replace(' ', '-')}")
    for dialog in ("settings", "short keys"):
        page.get_by_role("button", name=f"Open {dialog} dialog").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        visitor.looks(f"graphiql-{dialog.replace(' ', '-')}")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_pages_follow_each_other(demo, visitor):
    page, seen, after = visitor.page, [], None
    for _ in range(2):
        page.goto("about:blank")
        operation = {"query": PAGE, "variables": json.dumps({"after": after})}
        open_graphiql(page, f"{demo}/graphql#{urlencode(operation)}", "query Page")
        with page.expect_response(lambda each: "query Page" in asked(each)) as answered:
            page.get_by_role("button", name="Execute query").click()
        requests = answered.value.json()["data"]["connectionRequests"]
        seen += [edge["cursor"] for edge in requests["edges"]]
        after = requests["pageInfo"]["endCursor"]
    assert len(set(seen)) == 2


def test_everything_can_be_reached_and_left_by_keyboard(demo, visitor):
    page = visitor.page
    open_graphiql(page, f"{demo}/graphql", "query ConnectionRequests")
    if visitor.width > 700:
        page.keyboard.press("Control+Enter")  # at once: the editor has the focus
        expect(answer(page)).to_contain_text('"totalCount"')
    page.get_by_label("Operation Editor").get_by_role("textbox").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Operation Editor").get_by_role("textbox")).not_to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Operation Editor").get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Execute query")).to_be_focused()


def test_the_documentation_begins_with_the_conventions(demo, visitor):
    page = visitor.page
    open_graphiql(page, f"{demo}/graphql", "query ConnectionRequests")
    page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(page.get_by_text("Every object with an")).to_be_visible()
    expect(page.get_by_role("combobox", name="Search the documentation")).to_be_visible()
    visitor.looks("graphiql-documentation")


def test_a_wrong_token_is_said_and_the_demonstrations_is_one_click_away(demo, visitor):
    page = visitor.page
    open_graphiql(page, f"{demo}/graphql", "query ConnectionRequests")
    page.get_by_label("Access token").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator(".banner:visible")).to_contain_text("did not accept the token")
    visitor.looks("graphiql-wrong-token")
    page.get_by_role("button", name="Use demo-token").click()
    expect(page.locator(".banner:visible")).to_have_count(0)
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"totalCount"')


@pytest.fixture
def desk(browser: Browser):
    context = browser.new_context(viewport={"width": 1520, "height": 860}, color_scheme="light")
    yield open_tab(context)
    context.close()


def test_the_picture_of_the_readme(untouched_demo, desk):
    page = desk.page
    open_graphiql(page, f"{untouched_demo}/graphql", "query ConnectionRequests")
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"data"')
    with page.expect_response(lambda each: "query ConnectionRequests" in asked(each)):
        page.get_by_role("button", name="Execute query").click()  # not the time of what is warming up
    page.get_by_role("button", name="Show Documentation Explorer").click()
    page.get_by_role("link", name="Query", exact=True).click()
    page.get_by_role("link", name="ConnectionRequest", exact=True).first.click()
    page.mouse.move(700, 855)  # off the buttons: no tooltip in the picture
    page.wait_for_load_state("networkidle")
    expect(page.locator(".scrollbar.visible")).to_have_count(0)  # they fade once nothing moves
    page.evaluate(AT_REST)
    page.screenshot(path=SCREENSHOTS / "readme-graphiql.png")
    assert desk.faults == []
