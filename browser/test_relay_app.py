"""The Relay application in every size and colour: ask, search, decide, send a file, and see it in another window."""

import re
from contextlib import ExitStack

import httpx2
import pytest
from playwright.sync_api import Page, expect

from browser.relay_app import relay_app
from gateway.serving import EXPLORER_TOKEN
from tests.demonstration import demo as demo_process
from tests.pages.browsing import PATIENCE, eventually, held, open_tab
from tests.ports import free_port

CREATE = (
    "mutation ($name: String) { createConnectionRequest(input: {orgName: $name}) { errors { message } } }"
)
CORRECT = """mutation ($id: ID!) {
  updateConnectionRequest(input: {id: $id, reason: "Corrected"}) { errors { message } } }"""
LOST = "AQAAAAAAAAABAAAAAAAAAAE"  # of another store
SAY = """mutation ($id: ID!) {
  addComment(input: {connectionRequestId: $id, body: "From elsewhere"}) { comment { id } } }"""
UNSAY = "mutation ($id: ID!) { deleteComment(input: {id: $id}) { deletedId } }"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with demo_process(tmp_path_factory.mktemp("relay")) as address:
        yield address


@pytest.fixture(scope="module")
def app(gateway):
    with relay_app(gateway) as address:
        yield address


def ask(gateway: str, query: str, **variables):
    headers = {"authorization": f"Bearer {EXPLORER_TOKEN}"}
    body = {"query": query, "variables": variables}
    answer = httpx2.post(f"{gateway}/graphql", json=body, headers=headers, timeout=PATIENCE).json()
    assert "errors" not in answer, answer
    return answer["data"]


def rows(page: Page):
    return page.get_by_role("list", name="Connection requests").get_by_role("listitem")


def status(page: Page):
    return page.get_by_role("region", name="Summary").get_by_role("status")


def ask_in_the_app(page: Page, app: str, name: str) -> None:
    page.goto(f"{app}/ask")
    page.get_by_label("Organization").fill(name)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def test_the_inbox_pages_searches_and_filters(app, gateway, visitor):
    page = visitor.page
    name = f"Zebra {visitor.width} {visitor.scheme}"
    ask(gateway, CREATE, name=name)
    page.goto(app)
    expect(rows(page)).to_have_count(20)
    visitor.looks("relay-inbox")
    page.mouse.wheel(0, 20_000)
    expect(rows(page).nth(39)).to_be_attached()
    page.get_by_label("Search").fill(f"zeb {visitor.width} {visitor.scheme}")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text(name)
    expect(page).to_have_url(re.compile("search=zeb"))
    page.reload()
    expect(rows(page)).to_have_count(1)
    page.get_by_role("navigation", name="Status").get_by_role("link", name="Denied").click()
    expect(page.get_by_role("main")).to_contain_text("There is no such request.")
    visitor.looks("relay-nothing")


def test_a_request_is_asked_for_and_decided(app, visitor):
    page = visitor.page
    name = f"Asked {visitor.width} {visitor.scheme}"
    page.goto(f"{app}/ask")
    page.get_by_label("Organization").fill(name)
    page.get_by_label("E-mail address").fill("nobody")
    page.get_by_label("When").fill("every day")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_label("When")).to_have_accessible_description(
        "“every day” has 2 fields; a cron text has five, or six with seconds first."
    )
    expect(page.get_by_label("E-mail address")).to_have_attribute("aria-invalid", "true")
    visitor.looks("relay-ask", whole=True)
    page.get_by_label("E-mail address").fill("")
    page.get_by_label("When").fill("30 6,12 * * *")
    page.get_by_role("button", name="Ask", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_role("list", name="Next runs of items").get_by_role("listitem")).to_have_count(3)
    file = {"name": "prices.csv", "mimeType": "text/csv", "buffer": b"sku,price\n"}
    page.get_by_label("Send a file").set_input_files([file])
    expect(page.get_by_role("link", name="prices.csv")).to_be_visible()
    page.get_by_label("Say something").fill("Please soon.")
    page.get_by_role("button", name="Say it").click()
    expect(page.get_by_role("listitem").filter(has_text="Please soon.")).to_be_visible()
    page.get_by_role("region", name="Decide").get_by_label("Comment").fill("Welcome.")
    page.get_by_role("button", name="Approve").click()
    expect(status(page)).to_contain_text("Approved by Jeroen de Vries")
    expect(page.get_by_role("region", name="Summary")).to_contain_text("Welcome.")
    visitor.looks("relay-request", whole=True)

    page.get_by_role("button", name="Detach prices.csv").click()
    expect(page.get_by_role("link", name="prices.csv")).to_have_count(0)
    page.get_by_role("button", name="Delete the comment “Please soon.”").click()
    expect(page.get_by_text("Please soon.")).to_have_count(0)


def test_a_file_comes_back_as_it_was(app, phone):
    page = phone.page
    ask_in_the_app(page, app, "With a file")
    page.get_by_label("Send a file").set_input_files(
        [{"name": "a.csv", "mimeType": "text/csv", "buffer": b"1,2"}]
    )
    with page.expect_download() as download:
        page.get_by_role("link", name="a.csv").click()
    assert download.value.path().read_bytes() == b"1,2"


def test_what_is_approved_in_one_window_is_seen_in_the_other(app, phone):
    page = phone.page
    page.goto(f"{app}/?status=PENDING")
    tabs = page.get_by_role("navigation", name="Status")
    expect(rows(page)).to_have_count(20)
    expect(tabs.get_by_role("link", name="Approved")).to_have_text(re.compile(r"\d"))
    before = tabs.get_by_role("link", name="Approved").inner_text()
    other = open_tab(page.context).page
    ask_in_the_app(other, app, "In both windows")
    expect(rows(page).first).to_contain_text("In both windows")
    other.get_by_role("button", name="Approve").click()
    expect(status(other)).to_contain_text("Approved by")
    expect(rows(page).filter(has_text="In both windows")).to_have_count(0)
    expect(tabs.get_by_role("link", name="Approved")).not_to_have_text(before, use_inner_text=True)
    tabs.get_by_role("link", name="Approved").click()
    expect(rows(page).filter(has_text="In both windows")).to_contain_text("Approved")


def test_a_page_follows_what_others_do_with_its_request(app, gateway, phone):
    page = phone.page
    ask_in_the_app(page, app, "Watched")
    global_id = page.evaluate("decodeURIComponent(location.pathname.split('/').at(-1))")
    told = ask(gateway, SAY, id=global_id)
    said = page.get_by_role("listitem").filter(has_text="From elsewhere")
    expect(said).to_be_visible()
    ask(gateway, UNSAY, id=told["addComment"]["comment"]["id"])
    expect(said).to_have_count(0)
    deny = "mutation ($id: ID!) { denyConnectionRequest(input: {id: $id}) { errors { message } } }"
    ask(gateway, deny, id=global_id)
    expect(status(page)).to_contain_text("Denied by Jeroen de Vries")
    expect(page.get_by_role("region", name="Decide")).to_have_count(0)


def test_a_decision_is_shown_at_once_and_taken_back_where_it_is_refused(app, gateway, phone):
    page = phone.page
    ask_in_the_app(page, app, "Refused")
    held = []

    def hold(route):
        is_decision = "DecideApproveMutation" in (route.request.post_data or "")
        return held.append(route) if is_decision else route.continue_()

    page.route("**/graphql", hold)
    page.get_by_role("button", name="Approve").click()
    expect(status(page)).to_have_text("Approved")  # the gateway has not heard of it yet
    eventually(page, lambda: len(held), 1)
    held[0].fulfill(json={"data": None, "errors": [{"message": "The store is away."}]})
    page.unroute("**/graphql")
    expect(status(page)).to_have_text("Pending")
    expect(page.get_by_role("alert")).to_have_text("The store is away.")


def test_what_goes_wrong_is_said_and_tried_again(app, phone):
    page = phone.page
    page.route(
        "**/graphql", lambda route: route.fulfill(json={"errors": [{"message": "The store is away."}]})
    )
    page.goto(app)
    expect(page.get_by_role("alert")).to_contain_text("The store is away.")
    page.unroute("**/graphql")
    page.get_by_role("button", name="Try again").click()
    expect(rows(page)).to_have_count(20)
    phone.faults[:] = [each for each in phone.faults if "The store is away." not in each]


def test_the_keyboard_is_enough(app, phone):
    page = phone.page
    page.goto(app)
    expect(rows(page)).to_have_count(20)
    rows(page).nth(2).get_by_role("link").focus()
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_be_focused()
    page.go_back()
    expect(heading).to_have_text("Inbox")
    expect(page).to_have_title("Inbox · Connections")


def test_what_changes_on_a_later_page_stays_there(app, gateway, phone):
    page = phone.page
    page.goto(app)
    expect(rows(page)).to_have_count(20)
    first = rows(page).first.inner_text()
    oldest = ask(gateway, "{ connectionRequests(last: 1) { nodes { id } } }")["connectionRequests"]["nodes"][
        0
    ]
    ask(gateway, CORRECT, id=oldest["id"])
    ask(gateway, CREATE, name="After the correction")
    expect(rows(page).first).to_contain_text("After the correction")
    expect(rows(page).nth(1)).to_have_text(first, use_inner_text=True)


def test_who_comes_back_too_late_reads_anew(app, gateway, phone):
    """The events behind their cursor are gone."""
    page = phone.page
    answers = []

    def as_of_long_ago(route):
        if "InboxQuery" not in route.request.post_data:
            return route.continue_()
        answer = route.fetch()
        body = answer.json()
        if not answers:
            body["data"]["eventCursor"] = LOST
        answers.append(body["data"]["eventCursor"])
        return route.fulfill(response=answer, json=body)

    page.route("**/graphql", as_of_long_ago)
    page.goto(app)
    expect(rows(page)).to_have_count(20)
    while len(answers) < 2:  # the page asks again by itself
        page.wait_for_event("response")
    page.unroute_all(behavior="wait")
    ask(gateway, CREATE, name="After all")
    expect(rows(page).first).to_contain_text("After all")


def test_a_gateway_that_is_not_there_is_said_to_be_so(phone):
    with relay_app("http://127.0.0.1:9") as address:  # the port of “discard”, where nobody listens
        phone.page.goto(address)
        expect(phone.page.get_by_role("alert")).to_contain_text("The gateway does not answer.")
        phone.page.goto("about:blank")
    phone.faults.clear()  # the connections that failed meanwhile


def test_nothing_is_missed_while_the_gateway_is_started_again(tmp_path, phone):
    page = phone.page
    with ExitStack() as first:
        port = str(free_port())
        address = first.enter_context(demo_process(tmp_path, port))
        with relay_app(address) as app:
            page.goto(app)
            expect(rows(page)).to_have_count(20)
            ask(address, CREATE, name="Before")
            expect(rows(page).first).to_contain_text("Before")
            first.close()
            with demo_process(tmp_path, port) as again:
                ask(again, CREATE, name="In between")
                expect(rows(page).first).to_contain_text("In between")
                page.goto("about:blank")
    phone.faults.clear()  # the connections that failed meanwhile


def test_a_socket_that_died_silently_is_opened_anew(app, gateway, phone):
    page, opened, dead = phone.page, [], set()

    def pass_on(socket):
        server, number = socket.connect_to_server(), len(opened)
        opened.append(socket)
        socket.on_message(lambda message: number in dead or server.send(message))
        server.on_message(lambda message: number in dead or socket.send(message))

    page.route_web_socket(re.compile("/graphql$"), pass_on)
    page.clock.install()
    page.goto(app)
    expect(rows(page)).to_have_count(20)
    ask(gateway, CREATE, name="Before the silence")
    expect(rows(page).first).to_contain_text("Before the silence")
    first = len(opened)
    dead.update(range(first))
    ask(gateway, CREATE, name="During the silence")

    def wait() -> bool:
        page.clock.run_for(10_000)  # a ping is sent, and not answered
        return len(opened) > first

    eventually(page, wait, True)
    expect(rows(page).first).to_contain_text("During the silence")


def test_what_is_on_its_way_is_not_forgotten_by_the_next_step(app, phone):
    page = phone.page
    page.goto(app)
    expect(rows(page)).to_have_count(20)
    with held(page, "query InboxQuery") as kept:
        page.get_by_role("navigation", name="Status").get_by_role("link", name="Denied").click()
        eventually(page, lambda: len(kept), 1)
        page.get_by_label("Search").fill("warehouse")
        expect(page).to_have_url(re.compile("status=DENIED&search=warehouse"))
        page.get_by_role("navigation", name="Status").get_by_role("link", name="Approved").click()
        expect(page).to_have_url(re.compile("status=APPROVED&search=warehouse"))
    expect(rows(page).first).to_contain_text("Approved")
    expect(page.get_by_label("Search")).to_have_value("warehouse")
    page.go_back()
    expect(rows(page).first).to_contain_text("Denied")
    page.get_by_label("Search").fill("")
    page.get_by_role("navigation", name="Status").get_by_role("link", name="All").click()
    expect(page).to_have_url(f"{app}/")
    page.go_back()
    page.go_back()
    expect(page.get_by_label("Search")).to_have_value("")
    expect(rows(page)).to_have_count(20)
