"""What is run in GraphiQL: once, in the tab that asked for it, and for as long as somebody is there."""

from playwright.sync_api import expect

from tests.pages.browsing import answer, eventually, held, open_graphiql

QUERY = "query ConnectionRequests"


def asked(page, operation):
    """The requests that a page sends for an operation, from now on."""
    sent = []
    page.on("request", lambda each: operation in (each.post_data or "") and sent.append(each))
    return sent


def facts(page):
    return page.locator(".facts")


def test_an_answer_that_comes_late_is_not_shown_in_another_tab(demo, phone):
    page = phone.page
    open_graphiql(page, f"{demo}/graphql", QUERY)
    with held(page, QUERY) as kept:
        page.get_by_role("button", name="Execute query").click()
        eventually(page, lambda: len(kept), 1)
        page.get_by_role("button", name="Search", exact=True).click()
        expect(page.get_by_label("Operation Editor")).to_contain_text("query Search")
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"connectionRequestCounts"')
    page.get_by_role("button", name="ConnectionRequests", exact=True).click()
    expect(facts(page)).to_have_text("Stopped.")
    expect(answer(page)).not_to_contain_text('"data"')


def test_a_subscription_ends_with_its_tab(demo, phone):
    page = phone.page
    open_graphiql(page, f"{demo}/graphql", QUERY)
    page.get_by_role("button", name="Happening", exact=True).click()
    with held(page, "subscription Happening") as kept:
        page.get_by_role("button", name="Execute query").click()
        eventually(page, lambda: len(kept), 1)
        page.get_by_role("button", name="New tab").click()
        expect(page.get_by_role("button", name="Execute query")).to_be_visible()
    page.get_by_role("button", name="Happening", exact=True).click()
    expect(facts(page)).to_have_text("Stopped.")


def test_a_change_is_made_once_and_its_answer_shown_however_it_is_pressed(demo, phone):
    page = phone.page
    open_graphiql(page, f"{demo}/graphql#query=mutation+Twice+%7B+__typename+%7D", "mutation Twice")
    sent = asked(page, "mutation Twice")
    with held(page, "mutation Twice") as kept:
        page.get_by_label("Operation Editor").get_by_role("textbox").focus()
        page.keyboard.down("Control")
        for _ in range(3):
            page.keyboard.down("Enter")  # held down
        page.keyboard.up("Enter")
        eventually(page, lambda: len(kept), 1)
        page.keyboard.press("Enter")  # a second time: to stop it
        page.keyboard.up("Control")
        expect(page.get_by_role("button", name="Execute query")).to_be_visible()
    expect(answer(page)).to_contain_text('"Mutation"')
    expect(facts(page)).to_contain_text("Status200")
    assert len(sent) == 1


def test_two_clicks_in_a_row_run_a_query_once(demo, phone):
    page = phone.page
    open_graphiql(page, f"{demo}/graphql", QUERY)
    sent = asked(page, QUERY)
    with held(page, QUERY):
        page.get_by_role("button", name="Execute query").dblclick()
        expect(page.get_by_role("button", name="Stop query")).to_be_visible()
    expect(answer(page)).to_contain_text('"totalCount"')
    assert len(sent) == 1


def test_a_connection_that_died_silently_is_said_to(demo, phone):
    page = phone.page
    open_graphiql(page, f"{demo}/graphql", QUERY)
    page.get_by_role("button", name="Happening", exact=True).click()
    page.clock.install()
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"type": null')

    def wait() -> bool:
        page.clock.run_for(60_000)  # what the gateway says every 12 seconds does not come so soon
        return "errors" in answer(page).inner_text()

    eventually(page, wait, True)
    expect(answer(page)).to_contain_text("The connection is lost: nothing comes any more.")
    expect(page.get_by_role("button", name="Execute query")).to_be_visible()
