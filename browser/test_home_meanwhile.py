"""The first page while things happen: late answers, tabs behind others, connections that die silently."""

from datetime import datetime, timedelta

from playwright.sync_api import expect

from browser.conftest import visit
from browser.test_home import ask_for_a_connection
from tests.pages.browsing import CHROMIUM, OPTIONS, PATIENCE, eventually, held

HIDE = """Object.defineProperty(document, "hidden", { configurable: true, get: () => window.isBehind ?? false });
window.bring = (isBehind) => {
  window.isBehind = isBehind;
  document.dispatchEvent(new Event("visibilitychange"));
};"""
HOLD_BODIES = """const read = Response.prototype.json;
window.waiting = [];
Response.prototype.json = async function () {
  const told = await read.call(this);
  if (window.isHolding) await new Promise((later) => waiting.push(later));
  return told;
};"""


def asked(page, operation):
    """The requests that a page sends for an operation, from now on."""
    sent = []
    page.on("request", lambda each: operation in (each.post_data or "") and sent.append(each))
    return sent


def test_what_happens_during_a_look_is_looked_at_after_it(demo, phone):
    page, other = phone.page, phone.page.context.new_page()
    for each in (page, other):
        each.goto(demo)
        expect(each.locator("#log")).to_be_visible()
    with held(page, "query Now") as kept:
        ask_for_a_connection(demo, "First of two")
        eventually(page, lambda: len(kept), 1)
        ask_for_a_connection(demo, "Second of two")
        expect(other.locator("#pending")).to_contain_text("Second of two")
        assert len(kept) == 1  # an older answer cannot come after a newer one
    expect(page.locator("#pending")).to_contain_text("Second of two")


def test_an_answer_whose_body_comes_late_is_not_shown_to_whoever_has_another_token_by_now(demo, phone):
    page = phone.page
    page.add_init_script(HOLD_BODIES)
    page.goto(demo)
    expect(page.locator("#runs")).not_to_be_empty()
    expect(page.locator("#health")).to_contain_text("are up")
    page.evaluate("isHolding = true")
    page.get_by_label("Words").fill("Thomas")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    eventually(page, lambda: page.evaluate("waiting.length"), 2)
    page.evaluate("isHolding = false")
    page.get_by_role("button", name="A busy organization").click()
    expect(page.locator("#viewer")).to_contain_text("at Halyard Markets")
    expect(page.locator("#found")).not_to_be_empty()
    found = page.locator("#found").inner_text()
    page.evaluate("waiting.forEach((later) => later())")
    page.evaluate("new Promise((later) => setTimeout(later))")  # what they would have done is done
    expect(page.locator("#viewer")).to_contain_text("at Halyard Markets")
    expect(page.locator("#found")).to_have_text(found)


def test_a_tab_behind_others_holds_no_connection(demo, phone):
    page = phone.page
    page.add_init_script(HIDE)
    followed = asked(page, "subscription Happening")
    with held(page, "query Now") as kept:
        page.goto(demo)
        eventually(page, lambda: len(kept), 1)
        page.evaluate("bring(true)")
    expect(page.locator("#runs")).not_to_be_empty()
    assert followed == []
    with page.expect_request(lambda each: "subscription Happening" in (each.post_data or "")):
        page.evaluate("bring(false)")


def test_a_connection_that_died_silently_is_begun_anew(demo, phone):
    page = phone.page
    followed = asked(page, "subscription Happening")
    page.clock.install()
    page.goto(demo)
    eventually(page, lambda: len(followed), 1)
    expect(page.locator("#runs")).not_to_be_empty()

    def wait() -> bool:
        page.clock.run_for(60_000)  # what the gateway says every 12 seconds does not come so soon
        return len(followed) > 1

    eventually(page, wait, True)
    ask_for_a_connection(demo, "After the silence")
    expect(page.locator("#pending")).to_contain_text("After the silence")


def test_a_gateway_that_fails_is_said_to_and_everything_comes_back_with_it(demo, phone):
    page = phone.page
    page.clock.install()
    page.goto(demo)
    expect(page.locator("#runs")).not_to_be_empty()
    away = {"errors": [{"message": "The store is away."}]}
    page.route("**/graphql", lambda route: route.fulfill(status=503, json=away))
    page.route("**/readyz", lambda route: route.fulfill(status=503, json={"status": "unavailable"}))
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#viewer")).to_have_text("The store is away. This page tries again by itself.")
    expect(page.locator("#health")).to_have_text("Ready: unavailable.")
    expect(page.locator("#live")).to_be_visible()  # as it was
    expect(page.locator("#asking")).to_be_hidden()
    page.unroute_all(behavior="wait")
    page.clock.run_for(6_000)
    expect(page.locator("#viewer")).to_contain_text("You are Joe Account")
    expect(page.locator("#health")).to_have_text("The server and its database are up.")
    phone.faults[:] = [each for each in phone.faults if "status of 503" not in each]


def test_runs_that_could_not_be_had_are_asked_for_again(demo, phone):
    page = phone.page
    page.clock.install()

    def lose(route):
        is_lost = "query Runs" in (route.request.post_data or "")
        return route.abort("connectionreset") if is_lost else route.continue_()

    page.route("**/graphql", lose)
    with page.expect_event("requestfailed"):
        page.goto(demo)
    page.unroute_all(behavior="wait")
    expect(page.locator("#log")).to_be_visible()
    page.clock.run_for(61_000)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#runs")).not_to_be_empty()
    phone.faults[:] = [each for each in phone.faults if "ERR_CONNECTION_RESET" not in each]


def test_how_long_ago_something_was_is_told_anew(demo, phone):
    page = phone.page
    ask_for_a_connection(demo, "A while ago")
    page.goto(demo)
    told = page.locator("#pending li", has_text="A while ago").locator("time")
    requested_at = datetime.fromisoformat(told.get_attribute("datetime"))
    for seconds, words in ((-9, "this minute"), (9, "this minute"), (230, "3 minutes ago")):
        page.clock.set_fixed_time(requested_at + timedelta(seconds=seconds))
        page.evaluate("window.dispatchEvent(new Event('online'))")  # has it look again
        expect(told).to_have_text(words)


def test_who_comes_back_to_a_page_that_was_kept_sees_the_organization_that_was_chosen_since(demo, browser):
    keeping = browser.browser_type.launch(
        executable_path=CHROMIUM,
        args=OPTIONS,
        ignore_default_args=["--disable-back-forward-cache"],
        timeout=PATIENCE * 3000,
    )
    with keeping, visit(keeping, 390, "light") as visitor:
        page = visitor.page
        page.goto(demo)
        expect(page.locator("#viewer")).to_contain_text("at Demo Retailer")
        page.get_by_role("link", name="OpenAPI").click()
        page.get_by_label("Demonstration").select_option("A busy organization")
        page.evaluate("setTimeout(() => history.back())")  # which Playwright would wait for a load after
        expect(page.locator("#viewer")).to_contain_text("at Halyard Markets")
