"""axe-core (https://github.com/dequelabs/axe-core) on a page: what breaks the Web Content Accessibility Guidelines."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent.parent / "ui/node_modules/axe-core/axe.min.js"


def violations(page: Page) -> list[str]:
    """One line for each element that breaks a rule, the best practices included.

    Style sheets are not loaded a second time: they would be put inline, which the pages forbid.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")
    return [
        f"{rule['id']} ({rule['impact']}): {' '.join(node['target'][-1:])}: {(node['failureSummary'] or '')[:300]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
