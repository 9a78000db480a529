"""A headless Chromium that looks at pages of a live server, and writes down whatever a page should not do."""

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Route,
    expect,
    sync_playwright,
)
from starlette.types import ASGIApp

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 180.0  # seconds for whatever a page does: many times what it takes, since a machine may be busy
expect.set_options(timeout=PATIENCE * 1000)
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def live_server(app: ASGIApp) -> Iterator[str]:
    """The application behind a real server on a free loopback port; its address, without a slash at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS, timeout=PATIENCE * 3000)
        yield browser
        browser.close()


@dataclass
class Tab:
    """A browser tab that writes down whatever a page should not do.

    Attributes:
        faults: errors and warnings of the console, requests to other hosts, requests that failed.
        refused: requests that the server answered with 401; Chromium reports each as a console error, too.
    """

    page: Page
    faults: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def open_tab(context: BrowserContext) -> Tab:
    context.set_default_timeout(PATIENCE * 1000)
    page = context.new_page()
    tab = Tab(page)

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            said = tab.refused if "status of 401" in message.text else tab.faults
            said.append(f"console: {message.text}")

    def requested(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:http://127.0.0.1:")):
            tab.faults.append(f"foreign request: {request.url}")

    def failed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # what was still loading when the tab went to another page
            tab.faults.append(f"failed: {request.url} {request.failure}")

    page.on("console", console)
    page.on("pageerror", lambda error: tab.faults.append(f"page error: {error}"))
    page.on("requestfailed", failed)
    page.on("request", requested)
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective, e.blockedURI))"
    )
    return tab


def open_graphiql(page: Page, url: str, expected: str = "query Requests") -> None:
    """Opens the page and waits for its editor, which loads after the buttons around it."""
    page.goto(url)
    expect(page.get_by_label("Operation Editor").locator(".view-lines").first).to_contain_text(expected)


def answer(page: Page) -> Any:
    return page.get_by_label("Result Window")


def eventually(page: Page, look: Callable[[], Any], expected: Any) -> None:
    """Look again and again until what is seen is as expected, as `expect` does for elements."""
    end = monotonic() + PATIENCE
    while (seen := look()) != expected and monotonic() < end:
        page.wait_for_timeout(50)
    assert seen == expected


@contextmanager
def held(page: Page, *operations: str) -> Iterator[list[Route]]:
    """The requests of some operations, which go on in the end alone."""
    kept: list[Route] = []
    is_ended = False

    def keep(route: Route) -> None:
        asked = route.request.post_data or ""
        if not is_ended and any(each in asked for each in operations):
            kept.append(route)
        else:
            route.continue_()

    page.route("**/graphql", keep)
    yield kept
    is_ended = True
    for route in kept:
        route.continue_()


def stored(page: Page, area: str) -> dict[str, str]:
    values: dict[str, str] = page.evaluate(f"Object.fromEntries(Object.entries({area}))")
    return values
