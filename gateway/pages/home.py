"""The first page: what this is, where to go, and what is going on."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.types import ASGIApp

from gateway.pages.page import PageApplication, Tokens, WebPage

READY_URL: Final = "/readyz"

# Its addresses are relative: the page stands at the root of the others.
_BODY = """\
<main>
  <div class="introduction">
    <h1>Connection requests, in one graph</h1>
    <p>Organizations ask each other for a connection; somebody approves; integrations, files and connected accounts come
    of it. The gateway serves all of that as GraphQL, and still answers the REST APIs that used to serve it.</p>
    <p id="viewer" class="viewer" role="status"></p>
  </div>
  <ul class="ways">
    <li><a href="graphql"><strong>GraphiQL</strong> <span>Ask the graph, with completion and its
      documentation.</span></a></li>
    <li><a href="docs"><strong>REST reference</strong> <span>The legacy paths, tried with your token; each beside its
      equivalent.</span></a></li>
    <li><a href="openapi.json"><strong>OpenAPI</strong> <span>The documents of the legacy paths, for
      tools.</span></a></li>
    <li><a href="readyz"><strong>Health</strong> <span id="health">What the process and its store say.</span></a></li>
  </ul>
  <div id="live" hidden>
    <div class="pair">
      <section aria-labelledby="statuses-heading">
        <h2 id="statuses-heading">Requests by status</h2>
        <dl id="statuses"></dl>
      </section>
      <section aria-labelledby="pending-heading">
        <h2 id="pending-heading">Pending approvals</h2>
        <ul id="pending"></ul>
      </section>
    </div>
    <section aria-labelledby="runs-heading">
      <h2 id="runs-heading">Feeds of the coming 24 hours</h2>
      <div id="runs"></div>
    </section>
    <section aria-labelledby="events-heading" id="log" hidden>
      <h2 id="events-heading">Last events</h2>
      <ol id="events"></ol>
    </section>
  </div>
  <p id="asking" class="asking">What is going on is shown here to whoever has an access token.</p>
  <noscript>What is going on needs JavaScript to be shown.</noscript>
</main>"""


def home_page(*, endpoint: str, tokens: Tokens | None = None) -> ASGIApp:
    """The page, as an ASGI application that answers every request with it.

    Args:
        endpoint: path of the GraphQL endpoint, without the root path under which the application is mounted.
        tokens: of a demonstration.
    """

    def configure(prefix: str) -> Mapping[str, Any]:
        return {"endpoint": prefix + endpoint, "ready": prefix + READY_URL}

    page = WebPage(
        title="Gateway",
        name="Gateway",
        script="home.js",
        style="home.css",
        body=_BODY,
    )
    return PageApplication(page, configure, tokens)
