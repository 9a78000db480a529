"""Takes the README's picture of GraphiQL: `.venv/bin/python ui/screenshot.py URL FILE.png`.

The server behind the URL (`http://127.0.0.1:8000/graphql`) must have its bundle and a token prefilled (`make serve`).
"""

import shutil
import sys

from playwright.sync_api import ViewportSize, sync_playwright

SIZE = ViewportSize(width=1360, height=800)  # CSS pixels


def take(url: str, target: str) -> None:
    """Runs the first tab's query at `url`, opens the documentation beside it and writes a PNG to `target`."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        options = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
        ]
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        page = browser.new_page(viewport=SIZE)
        page.goto(url)
        page.get_by_label("Operation Editor").locator(".view-line").first.wait_for()
        page.get_by_role("button", name="Execute query").click()
        page.get_by_label("Result Window").get_by_text('"data"').wait_for()
        page.get_by_role("button", name="Show Documentation Explorer").click()
        page.get_by_role("link", name="ConnectionRequest", exact=True).click()
        page.mouse.move(SIZE["width"] / 2, SIZE["height"] - 5)  # off the buttons: no tooltip in the picture
        page.wait_for_load_state("networkidle")
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: screenshot.py URL FILE.png")
    take(sys.argv[1], sys.argv[2])
