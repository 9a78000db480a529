"""The page that a browser gets at the GraphQL endpoint: GraphiQL, or a plain one without its bundle."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.types import ASGIApp

from gateway.pages.assets import bundled
from gateway.pages.page import PageApplication, Tokens, WebPage
from gateway.pages.tabs import TABS, Tab, window_from_now

_PLAIN_BODY = """\
<main>
  <form id="operation" autocomplete="off">
    <div class="heading"><h1>GraphQL</h1> <button title="Ctrl-Enter">Run</button></div>
    <label>Begin with <select id="examples"></select></label>
    <label>Query <textarea id="query" rows="22" spellcheck="false"></textarea></label>
    <label>Variables (JSON) <textarea id="variables" rows="5" spellcheck="false"></textarea></label>
  </form>
  <section aria-labelledby="answer-heading">
    <h2 id="answer-heading">Answer</h2>
    <p id="hint" role="alert" hidden></p>
    <pre id="answer" aria-live="polite" tabindex="0"></pre>
  </section>
</main>
<footer>
  <p>This is the plain page. GraphiQL, with completion and the schema's documentation, is built by
  <code>make pages</code>, which needs Node.js 18 or newer; then start the gateway again.</p>
  <noscript>This page needs JavaScript. The endpoint answers any GraphQL client all the same.</noscript>
</footer>"""


def graphiql_page(
    *,
    endpoint: str,
    tokens: Tokens | None = None,
    tabs: Sequence[Tab] = TABS,
    title: str = "GraphQL gateway",
    plain: bool = False,
) -> ASGIApp:
    """The page, as an ASGI application that answers every request with it; who gets it is the caller's decision.

    The bundle is looked up once, here. The page's address may carry an operation, which fills a tab:
    `#query=…&variables=…&operationName=…`, or the same after `?` where the endpoint serves the page for it.

    Args:
        endpoint: path of the GraphQL endpoint, without the root path under which the application is mounted.
        tokens: of a demonstration.
        tabs: that a browser opens which has not been here.
        title: text of the browser's title bar.
        plain: serve the plain page even where the bundle was built.
    """

    def configure(prefix: str) -> Mapping[str, Any]:
        window = window_from_now()
        return {
            "endpoint": prefix + endpoint,
            "tabs": [
                {"about": each.about, "query": each.query, "variables": each.filled(window)} for each in tabs
            ],
        }

    return PageApplication(_page(title, None if plain else bundled("graphiql")), configure, tokens)


def _page(title: str, files: Mapping[str, str] | None) -> WebPage:
    if files is None:
        return WebPage(title=title, script="ide.js", style="ide.css", name="GraphiQL", body=_PLAIN_BODY)
    return WebPage(
        title=title,
        script=files["script"],
        style=files["style"],
        name="GraphiQL",
        body='<main id="page"></main>\n<noscript>GraphiQL needs JavaScript.</noscript>',
        inline_styles=True,
    )
