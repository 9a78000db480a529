"""The documents as a site (`make docs`): the Markdown of the repository as it lies there, README first.

Which pages there are follows from the files; a page that is new in `docs/` is in the menu by itself.
"""

from pathlib import Path

from sphinx.application import Sphinx

project = html_title = "Gateway"
extensions = ["myst_parser"]
root_doc = "README"
include_patterns = [
    "*.md",
    "docs/*.md",
    "docs/decisions/*.md",
    "examples/*.md",
    "examples/*/*.md",
    "benchmarks/*.md",
    "gateway/demo/*.md",
]
exclude_patterns = ["**/node_modules", "**/.venv", "site", "ui"]
myst_heading_anchors = 4  # as GitHub names them
nitpicky = True
suppress_warnings = [
    "misc.highlighting_failure"
]  # Pygments does not know `... @defer {`; the tests parse every block
html_theme = "furo"
html_copy_source = html_show_sourcelink = html_show_sphinx = False

GUIDES = """
```{toctree}
:hidden:
:caption: Guides
:glob:

docs/exploring
docs/front-ends
docs/legacy-callers
docs/operating
docs/settings
CONTRIBUTING
docs/*
```

```{toctree}
:hidden:
:caption: Beside them
:glob:

docs/decisions/README
examples/README
examples/*/README
gateway/demo/README
benchmarks/README
SECURITY
CHANGELOG
```
"""
DECISIONS = """
```{toctree}
:glob:

*
```
"""
INDEX = '<!doctype html><title>Gateway</title><meta http-equiv="refresh" content="0; url=README.html">'
# Menus are Sphinx's own; the files stay plain Markdown.
MENUS = {"README": GUIDES, "docs/decisions/README": DECISIONS}


def put_menu(_app: Sphinx, page: str, source: list[str]) -> None:
    source[0] += MENUS.get(page, "")


def lead_from_index(app: Sphinx, failure: Exception | None) -> None:
    """A folder is opened at `index.html`; the first page is README's."""
    if failure is None:
        index = Path(app.outdir) / "index.html"
        index.write_text(INDEX)


def setup(app: Sphinx) -> None:
    app.connect("source-read", put_menu)
    app.connect("build-finished", lead_from_index)
