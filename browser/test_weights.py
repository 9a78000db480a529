"""What each page weighs, and when it is first painted: kept beside the pictures, and the weights are bounded."""

import json

import pytest
from playwright.sync_api import Browser, expect

from browser.conftest import SCREENSHOTS
from tests.pages.browsing import eventually, open_tab

PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
PAGES = {
    "/": ("#runs > *", 75_000),
    "/graphql": (".view-lines .view-line", 2_050_000),
    "/docs": (".opblock", 560_000),
    "/openapi.json": ("#document:not([hidden])", 690_000),
}
"""What is there once the page is, and the most bytes that it and what it loads by itself may have, as they are sent."""


@pytest.mark.parametrize("path", PAGES)
def test_a_page_weighs_no_more_than_it_should(untouched_demo: str, browser: Browser, path: str) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    tab = open_tab(context)
    network = context.new_cdp_session(tab.page)
    network.send("Network.enable")
    sent: list[int] = []
    network.on("Network.loadingFinished", lambda event: sent.append(int(event["encodedDataLength"])))
    there, most = PAGES[path]
    with tab.page.expect_response(
        lambda each: each.request.method == "POST" or path not in ("/", "/graphql")
    ):
        tab.page.goto(f"{untouched_demo}{path}")
    expect(tab.page.locator(there).first).to_be_visible()
    eventually(tab.page, lambda: bool(tab.page.evaluate(PAINT)), True)  # a moment after what it tells of
    found = {"bytes": sum(sent), "requests": len(sent), "first paint, ms": round(tab.page.evaluate(PAINT))}
    context.close()
    SCREENSHOTS.mkdir(exist_ok=True)
    with (SCREENSHOTS / "weights.jsonl").open("a") as file:
        file.write(json.dumps({"page": path, **found}) + "\n")
    assert 0 < sum(sent) <= most
