"""GraphiQL's page: its headers and assets, and a headless Chromium that uses it against a live server."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.testclient import TestClient

from gateway.app import create_app
from gateway.pages import assets
from gateway.pages.assets import bundle_status
from gateway.pages.graphiql import graphiql_page
from gateway.pages.tabs import Tab as Operation
from gateway.serving import prepare_demo
from gateway.settings import Settings
from tests.demonstration import PATIENT
from tests.pages.browsing import (
    CHROMIUM,
    PATIENCE,
    Tab,
    answer,
    chromium,
    eventually,
    held,
    live_server,
    open_graphiql,
    open_tab,
    stored,
)
from tests.pages.endpoint import FIRST, FIRST_QUERY, TOKEN, application

TOKENS = {TOKEN: "the documented examples"}
in_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine (Debian: apt-get install chromium)"
)
with_bundle = pytest.mark.skipif(
    bundle_status() is not None, reason="GraphiQL's bundle is not built (make pages, needs Node.js)"
)

# What the page says for a moment, from now on.
LISTEN = """() => {
  window.heard = [];
  const place = document.querySelector("p[role=status]");
  const told = { childList: true, characterData: true, subtree: true };
  new MutationObserver(() => heard.push(place.textContent)).observe(place, told);
}"""


@pytest.fixture(scope="module")
def demo_server() -> Iterator[str]:
    with live_server(application(graphiql_page(endpoint="/graphql", tokens=TOKENS, tabs=FIRST))) as url:
        yield url


@pytest.fixture(scope="module")
def gateway_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The gateway itself, as `gateway serve --demo` runs it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('graphiql')}/gateway.db"
    with ThreadPoolExecutor(1) as executor:  # Playwright's loop runs in this thread
        executor.submit(lambda: asyncio.run(prepare_demo(Settings(database_url=url)))).result()
    settings = Settings.from_environment(PATIENT, database_url=url, demo_token=TOKEN)
    with live_server(create_app(settings)) as address:
        yield address


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with live_server(application(graphiql_page(endpoint="/graphql", tabs=FIRST))) as url:
        yield url


@pytest.fixture(scope="module")
def plain_server() -> Iterator[str]:
    with live_server(application(graphiql_page(endpoint="/graphql", tabs=FIRST, plain=True))) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """What all tabs share: the assets in the cache, compiled."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Tab]:
    """A tab of somebody who was never here before."""
    tab = open_tab(context)
    session = context.new_cdp_session(tab.page)
    session.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "cookies,local_storage"})
    yield tab
    tab.page.close()
    context.clear_permissions()


@in_browser
@with_bundle
def test_first_tab_answers_and_docs_open(demo_server, tab):
    page = tab.page
    open_graphiql(page, f"{demo_server}/graphql")
    expect(page).to_have_title("GraphQL gateway")
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"Deal Zone 1"')
    page.get_by_role("button", name="Show Documentation Explorer").click()
    page.get_by_role("link", name="ConnectionRequest", exact=True).click()
    expect(page.get_by_text("One organization's wish to exchange data with another.")).to_be_visible()
    page.get_by_role("button", name="Show Query builder").click()
    expect(page.get_by_text("Explorer", exact=True)).to_be_visible()
    assert (tab.faults, tab.refused) == ([], [])


@in_browser
@with_bundle
def test_the_gateways_own_first_tab_answers_and_docs_open(gateway_server, tab):
    page = tab.page
    open_graphiql(page, f"{gateway_server}/graphql", "query ConnectionRequests")
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"totalCount"')
    expect(answer(page)).not_to_contain_text('"errors"')
    page.get_by_role("button", name="Show Documentation Explorer").click()
    page.get_by_role("link", name="ConnectionRequest", exact=True).click()
    expect(page.get_by_role("link", name="uploadedFiles", exact=True)).to_be_visible()
    assert (tab.faults, tab.refused) == ([], [])


@in_browser
@with_bundle
def test_demo_token_fills_the_headers_and_is_never_kept_on_disk(demo_server, tab):
    page = tab.page
    open_graphiql(page, f"{demo_server}/graphql")
    page.get_by_role("button", name="Headers", exact=True).click()
    expect(page.get_by_label("Headers", exact=True)).to_contain_text('"Bearer demo-token"')
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"Deal Zone 1"')
    written = {"gateway:graphiql:queries", "gateway:graphiql:tabState"}
    eventually(page, lambda: written <= stored(page, "localStorage").keys(), True)
    kept = stored(page, "localStorage")
    assert json.loads(kept["gateway:graphiql:queries"]) == {
        "queries": [{"query": FIRST_QUERY, "headers": None, "operationName": "Requests"}]
    }
    assert TOKEN not in json.dumps(kept)
    open_graphiql(page, page.url)
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"Deal Zone 1"')
    assert (tab.faults, tab.refused) == ([], [])


def is_kept(page: Page, key: str, text: str) -> bool:
    return text in stored(page, "localStorage").get(f"gateway:graphiql:{key}", "")


@in_browser
@with_bundle
def test_headers_are_kept_only_by_the_users_choice(demo_server, tab):
    page = tab.page
    open_graphiql(page, f"{demo_server}/graphql")
    for choice, kept in (("On", True), ("Off", False)):
        page.get_by_role("button", name="Open settings dialog").click()
        page.get_by_role("dialog").get_by_role("button", name=choice, exact=True).click()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.get_by_label("Operation Editor").locator(".monaco-editor").first.click()
        page.keyboard.press("Control+End")
        page.keyboard.insert_text(f"# {choice}")  # another query, which the history remembers, too
        eventually(page, partial(is_kept, page, "query", f"# {choice}"), True)
        page.get_by_role("button", name="Execute query").click()
        expect(answer(page)).to_contain_text('"Deal Zone 1"')
        eventually(page, partial(is_kept, page, "queries", f"# {choice}"), True)
        eventually(page, lambda: TOKEN in json.dumps(stored(page, "localStorage")), kept)
    assert (tab.faults, tab.refused) == ([], [])


@in_browser
@with_bundle
def test_token_typed_later_brings_answers_and_docs(server, tab):
    page = tab.page
    open_graphiql(page, f"{server}/graphql")
    hint = page.locator(".banner:visible")
    expect(hint).to_contain_text("The gateway asks for a token: enter it under Access token.")
    page.get_by_label("Access token").fill("wrong")
    page.get_by_role("button", name="Use", exact=True).click()
    expect(hint).to_contain_text("did not accept the token")
    expect(page.locator(".facts")).to_contain_text("Status401")  # of the refusal that is shown
    page.get_by_label("Access token").fill(TOKEN)
    page.keyboard.press("Enter")
    expect(hint).to_have_count(0)
    page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(page.get_by_role("link", name="ConnectionRequest", exact=True)).to_be_visible()
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"Deal Zone 1"')
    assert stored(page, "sessionStorage") == {"gateway:token": TOKEN}
    assert TOKEN not in json.dumps(stored(page, "localStorage"))
    assert (tab.faults, bool(tab.refused)) == ([], True)


@in_browser
@with_bundle
def test_token_typed_in_the_headers_editor_brings_the_docs_after_the_first_answer(server, tab):
    page = tab.page
    open_graphiql(page, f"{server}/graphql")
    page.get_by_role("button", name="Headers", exact=True).click()
    page.get_by_label("Headers", exact=True).locator(".monaco-editor:visible").click()
    page.keyboard.insert_text(json.dumps({"authorization": f"Bearer {TOKEN}"}))
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"Deal Zone 1"')
    page.get_by_role("button", name="Show Documentation Explorer").click()
    expect(page.get_by_role("link", name="ConnectionRequest", exact=True)).to_be_visible()
    assert (tab.faults, bool(tab.refused)) == ([], True)


@in_browser
@with_bundle
def test_a_late_refusal_of_the_former_token_says_nothing_of_the_present_one(server, tab):
    page = tab.page
    open_graphiql(page, f"{server}/graphql")
    hint = page.locator(".banner:visible")
    page.get_by_label("Access token").fill("wrong")
    page.keyboard.press("Enter")
    expect(hint).to_contain_text("did not accept the token")
    with held(page, "query Requests") as kept:
        page.get_by_role("button", name="Execute query").click()
        eventually(page, lambda: len(kept), 1)
        page.get_by_label("Access token").fill(TOKEN)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Show Documentation Explorer").click()
        expect(page.get_by_role("link", name="Query", exact=True)).to_be_visible()
    expect(answer(page)).to_contain_text("A token is needed")
    expect(hint).to_have_count(0)
    assert (tab.faults, bool(tab.refused)) == ([], True)


@in_browser
@with_bundle
def test_another_token_replaces_the_prefilled_header(demo_server, tab):
    page = tab.page
    open_graphiql(page, f"{demo_server}/graphql")
    page.get_by_role("button", name="Headers", exact=True).click()
    headers = page.get_by_label("Headers", exact=True)
    expect(headers).to_contain_text('"Bearer demo-token"')
    page.get_by_label("Access token").fill("mine")
    page.keyboard.press("Enter")
    expect(headers).to_contain_text('"Bearer mine"')
    page.get_by_label("Access token").fill("")
    page.keyboard.press("Enter")
    expect(headers).not_to_contain_text("Authorization")
    assert tab.faults == []


@in_browser
@with_bundle
@pytest.mark.parametrize("separator", ["#", "?"])
def test_link_fills_a_tab(demo_server, tab, separator):
    page = tab.page
    query = (
        "query One { connectionRequests(first: 1) { orgName } } "
        "query Some($n: Int!) { connectionRequests(first: $n) { n: orgName } }"
    )
    parameters = page.evaluate(
        "(values) => String(new URLSearchParams(values))",
        {"query": query, "variables": '{"n": 3}', "operationName": "Some"},
    )
    open_graphiql(page, f"{demo_server}/graphql{separator}{parameters}", "query Some")
    editor = page.get_by_label("Operation Editor")
    expect(page.get_by_label("Variables", exact=True)).to_contain_text('{"n": 3}')
    expect(page.locator(".graphiql-tab-button[aria-current]")).to_have_text("Some")
    editor.locator(".monaco-editor").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Control+Enter")
    expect(answer(page)).to_contain_text('"n": "Deal Zone 2"')
    assert (tab.faults, tab.refused) == ([], [])


@in_browser
@with_bundle
def test_copied_link_carries_the_query_and_no_token(demo_server, tab):
    page = tab.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_graphiql(page, f"{demo_server}/graphql")
    page.evaluate(LISTEN)
    page.get_by_role("button", name="Copy a link to this query").click()
    eventually(page, lambda: "Link copied" in page.evaluate("heard"), True)
    link = page.evaluate("navigator.clipboard.readText()")
    address, _, fragment = link.partition("#")
    assert (address, parse_qs(fragment)) == (
        f"{demo_server}/graphql",
        {"query": [FIRST_QUERY], "operationName": ["Requests"]},
    )
    assert tab.faults == []


@in_browser
@with_bundle
@pytest.mark.parametrize("arguments", ["", "(endless: true)"])
def test_results_of_a_subscription_are_shown_as_they_come_until_it_ends_or_is_stopped(
    demo_server, tab, arguments
):
    page = tab.page
    query = f"subscription Numbers {{ count{arguments} }}"
    open_graphiql(page, f"{demo_server}/graphql#{urlencode({'query': query})}", "subscription Numbers")
    page.get_by_role("button", name="Execute query").click()
    expect(answer(page)).to_contain_text('"count": 2')
    if arguments:
        page.get_by_role("button", name="Stop query").click()
    expect(page.get_by_role("button", name="Execute query")).to_be_visible()
    expect(answer(page)).to_contain_text('"count": 2')
    assert tab.faults == []


def copied_as(page: Page, name: str) -> str:
    """The operation as a program, off the clipboard."""
    page.evaluate(LISTEN)
    page.get_by_role("button", name="Copy as a program").click()
    page.get_by_role("menuitem", name=f"Copy as {name}").click()
    eventually(page, lambda: f"Copied as {name}" in page.evaluate("heard"), True)
    program: str = page.evaluate("navigator.clipboard.readText()")
    return program


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("curl", ["bash", "-s"]),
        ("fetch (JavaScript)", ["node", "--input-type=module"]),
        ("Python", [sys.executable, "-"]),
    ],
)
@in_browser
@with_bundle
def test_an_operation_is_copied_as_a_program_that_runs(demo_server, tab, name, command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]} on this machine")
    page = tab.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text = """it's "quoted" `a` ${b} $c \\ \n \u00e9"""
    query = 'query Some($text: String!) {  # it\'s `a` ${b} \\ """\n  echo(text: $text)\n}\n'
    parameters = urlencode({"query": query, "variables": json.dumps({"text": text}, indent=2)})
    open_graphiql(page, f"{demo_server}/graphql#{parameters}", "query Some")
    program = copied_as(page, name)
    done = subprocess.run(command, input=program, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, (program, done.stderr)
    answered = json.loads(done.stdout)
    assert answered.get("data", answered) == {"echo": text}
    page.get_by_label("Access token").fill("of my own")
    page.keyboard.press("Enter")
    program = copied_as(page, name)
    assert "GATEWAY_TOKEN" in program
    assert "of my own" not in program
    assert tab.faults == []


@in_browser
def test_plain_page_runs_a_query(plain_server, tab):
    page = tab.page
    page.goto(f"{plain_server}/graphql#query=%7B+connectionRequests+%7B+orgName+%7D+%7D")
    expect(page.get_by_label("Query")).to_have_value("{ connectionRequests { orgName } }")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".banner")).to_contain_text("asks for a token: enter it")
    page.get_by_label("Access token").fill(TOKEN)
    page.keyboard.press("Enter")  # what was asked is asked again
    expect(page.locator("#answer")).to_contain_text('"Deal Zone 1"')
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_label("Query").fill("query ($n: Int!) { connectionRequests(first: $n) { n: orgName } }")
    page.get_by_label("Variables").fill("{n: 3}")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("alert")).to_contain_text("The variables are not JSON")
    page.get_by_label("Variables").fill('{"n": 3}')
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer")).to_contain_text('"n": "Deal Zone 2"')
    assert stored(page, "localStorage") == {}
    assert (tab.faults, len(tab.refused)) == ([], 1)


@in_browser
def test_on_the_plain_page_a_change_is_made_once_with_the_token_that_is_in_use_by_then(plain_server, tab):
    page, sent = tab.page, []
    page.goto(f"{plain_server}/graphql#query=mutation+%7B+rename+%7D")
    page.get_by_label("Access token").fill("wrong")
    page.keyboard.press("Enter")
    with held(page, "mutation") as kept:
        page.get_by_role("button", name="Run").dblclick()
        eventually(page, lambda: len(kept), 1)
        page.on("request", lambda each: sent.append(each.headers["authorization"]))
        page.get_by_label("Access token").fill(TOKEN)
        page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text('"rename": 1')  # how often it was changed
    expect(page.locator(".banner:visible")).to_have_count(0)
    assert (tab.faults, sent) == ([], [f"Bearer {TOKEN}"])


@pytest.fixture
def client() -> TestClient:
    return TestClient(
        application(
            graphiql_page(
                endpoint="/graphql",
                tokens={"</script><b>": "x"},
                tabs=(Operation("Two.", "{ a & b }"),),
                plain=True,
            )
        ),
        base_url="http://localhost",
    )


def test_page_headers(client):
    response = client.get("/graphql")
    assert response.status_code == 200
    assert {name: response.headers[name] for name in ("content-type", "referrer-policy", "vary")} == {
        "content-type": "text/html; charset=utf-8",
        "referrer-policy": "no-referrer",
        "vary": "Accept",
    }
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"].split("; ") == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]


@with_bundle
def test_graphiql_differs_from_the_plain_page_in_styles_only():
    policy = (
        TestClient(application(graphiql_page(endpoint="/graphql")))
        .get("/graphql")
        .headers["content-security-policy"]
    )
    plain = (
        TestClient(application(graphiql_page(endpoint="/graphql", plain=True)))
        .get("/graphql")
        .headers["content-security-policy"]
    )
    assert policy.replace("style-src 'self' 'unsafe-inline'", "style-src 'self'") == plain


def test_configuration_cannot_end_its_element(client):
    text = client.get("/graphql").text
    configuration = text.split('id="configuration">')[1].split("</script>")[0]
    assert json.loads(configuration) == {
        "endpoint": "/graphql",
        "tabs": [{"about": "Two.", "query": "{ a & b }", "variables": None}],
        "tokens": [{"token": "</script><b>", "shows": "x"}],
    }


def test_root_path_prefixes_every_address():
    page = graphiql_page(endpoint="/graphql", plain=True)
    text = TestClient(page, root_path='/a"b').get("/").text
    assert 'src="/a&quot;b/assets/ide.js"' in text
    assert '"endpoint": "/a\\"b/graphql"' in text


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("ide.js", "text/javascript; charset=utf-8"),
        ("ide.css", "text/css; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
    ],
)
def test_plain_assets(client, name, media_type):
    response = client.get(f"/assets/{name}")
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"


@with_bundle
def test_hashed_assets_may_be_kept_for_ever(client):
    text = TestClient(application(graphiql_page(endpoint="/graphql"))).get("/graphql").text
    script = text.split('<script type="module" src="')[1].split('"')[0]
    response = client.get(script)
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.head(script).status_code == 200
    assert client.post(script).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/absent.js",
        "/assets/manifest.json",
        "/assets/..%2fgraphiql.py",
        "/assets/%2e%2e/graphiql.py",
        "/assets/..%5cgraphiql.py",
        "/assets/%2fetc%2fpasswd",
        "/assets/ide.js%00",
    ],
)
def test_nothing_else_is_served(client, path):
    assert client.get(path).status_code == 404


def test_without_a_bundle_the_plain_page_is_served_and_one_line_says_so(monkeypatch, tmp_path: Path):
    monkeypatch.setattr(assets, "BUNDLE", tmp_path / "absent")
    assert bundle_status() == (
        "GraphiQL and the REST reference are not built, so browsers get plain pages. "
        "With Node.js 18 or newer installed, `make pages` builds them."
    )
    client = TestClient(application(graphiql_page(endpoint="/graphql", tabs=FIRST)))
    assert '<script type="module" src="/assets/ide.js"></script>' in client.get("/graphql").text
    assert client.get("/assets/ide.js").status_code == 200
