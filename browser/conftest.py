"""What looking at the pages needs: the gateway with its demonstration, Chromium, and a tab in each size and colour."""

import asyncio
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.axe import violations
from gateway.app import create_app
from gateway.pages.assets import bundle_status
from gateway.serving import DEMO_TOKEN, EXPLORER_TOKEN, prepare_demo
from gateway.settings import Settings
from tests.demonstration import PATIENT
from tests.loopback import past_proxies
from tests.pages.browsing import CHROMIUM, Tab, chromium, eventually, live_server, open_tab

past_proxies()

SCREENSHOTS = Path(__file__).parent / "screenshots"
SIZES = {
    320: 568,
    390: 844,
    768: 1024,
    1400: 900,
}  # CSS pixels: the narrowest that WCAG 2.2, 1.4.10, asks for, a phone, a tablet, a desk
# Everything has been drawn: the fonts are there, what moves has come to its place, and a frame has been shown since.
AT_REST = """async () => {
  await document.fonts.ready;
  const moving = () =>
    document
      .getAnimations()
      .filter((each) => each.playState === 'running' && Number.isFinite(each.effect.getComputedTiming().endTime));
  while (moving().length) await Promise.allSettled(moving().map((each) => each.finished));
  for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
}"""


def pytest_sessionstart() -> None:
    if CHROMIUM is None:
        pytest.exit("Chromium is needed (Debian: apt-get install chromium).", returncode=1)
    if status := bundle_status():
        pytest.exit(status, returncode=1)
    shutil.rmtree(SCREENSHOTS, ignore_errors=True)


@contextmanager
def demonstration(folder: Path) -> Iterator[str]:
    """The gateway as `gateway serve --demo` runs it; its address, without a slash at the end."""
    url = f"sqlite:///{folder}/gateway.db"
    settings = Settings.from_environment(
        PATIENT, database_url=url, demo_token=DEMO_TOKEN, explorer_token=EXPLORER_TOKEN
    )
    with ThreadPoolExecutor(1) as executor:  # Playwright's loop runs in this thread
        executor.submit(lambda: asyncio.run(prepare_demo(settings))).result()
    with live_server(create_app(settings)) as address:
        yield address


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demonstration that the tests use together."""
    with demonstration(tmp_path_factory.mktemp("demo")) as address:
        yield address


@pytest.fixture
def untouched_demo(tmp_path: Path) -> Iterator[str]:
    """A demonstration in which nobody has done anything, for pictures and weights."""
    with demonstration(tmp_path) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


class Visitor(Tab):
    """Somebody with a screen of one size, who likes it light or dark."""

    def __init__(self, tab: Tab, width: int, scheme: str) -> None:
        super().__init__(tab.page, tab.faults, tab.refused)
        self.width = width
        self.scheme = scheme

    def looks(self, name: str, *, whole: bool = False) -> None:
        """Keep a picture of what is there once it is at rest: it is accessible then, and no wider than the screen.

        Args:
            whole: keep the whole page, not only what the screen shows.
        """
        self.page.mouse.move(
            1, self.page.viewport_size["height"] - 1
        )  # off the buttons: no tooltip in the picture
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.evaluate(AT_REST)
        self.page.screenshot(path=SCREENSHOTS / f"{name}-{self.width}-{self.scheme}.png", full_page=whole)
        eventually(self.page, lambda: violations(self.page), [])
        is_within = "(width) => document.documentElement.scrollWidth <= width"
        eventually(self.page, lambda: self.page.evaluate(is_within, self.width), True)


@contextmanager
def visit(browser: Browser, width: int, scheme: str) -> Iterator[Visitor]:
    """A visitor for whom no page does what it should not."""
    context = browser.new_context(
        viewport={"width": width, "height": SIZES[width]},
        color_scheme=scheme,
        timezone_id="UTC",
        has_touch=width < 700,
        reduced_motion="reduce",
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab = open_tab(context)
    yield Visitor(tab, width, scheme)
    context.close()
    assert tab.faults == []


@pytest.fixture(
    params=[(width, scheme) for width in SIZES for scheme in ("light", "dark")],
    ids=lambda each: f"{each[0]}-{each[1]}",
)
def visitor(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visitor]:
    """A visitor in each size and colour."""
    with visit(browser, *request.param) as visitor:
        yield visitor


@pytest.fixture(params=SIZES)
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visitor]:
    """A visitor in each size."""
    with visit(browser, request.param, "light") as visitor:
        yield visitor


@pytest.fixture
def phone(browser: Browser) -> Iterator[Visitor]:
    """A visitor with a phone."""
    with visit(browser, 390, "light") as visitor:
        yield visitor
