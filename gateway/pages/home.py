"""The first page: what this is, where to go, and what is going on."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.types import ASGIApp

from gateway.pages.page import PageApplication, Tokens, WebPage
from gateway.pages.tabs import TABS, window_from_now

READY_URL: Final = "/readyz"

# Its addresses are relative: the page stands at the root of the others.
_BODY = """\
<main>
  <div class="hero">
    <div class="introduction">
      <h1>Connection requests, in one graph</h1>
      <p class="lede">Organizations ask each other for a connection, somebody approves, and data feeds, files and
      connected accounts follow. The gateway serves all of it as one GraphQL API, and still answers the four REST APIs
      that it replaces.</p>
      <p id="viewer" class="viewer" role="status"></p>
    </div>
    <div id="demonstrations" class="demonstrations" role="group" aria-labelledby="demonstrations-heading" hidden>
      <h2 id="demonstrations-heading">Show</h2>
    </div>
  </div>
  <ul class="ways">
    <li><a href="graphql"><strong>GraphiQL</strong> <span>Write queries, with completion and
      documentation.</span></a></li>
    <li><a href="docs"><strong>REST reference</strong> <span>Try the legacy paths, each beside its GraphQL
      equivalent.</span></a></li>
    <li><a href="openapi.json"><strong>OpenAPI</strong> <span>The legacy paths, described for
      tools.</span></a></li>
    <li><a href="readyz"><strong>Health</strong> <span id="health">Whether the server and its
      database are up.</span></a></li>
  </ul>
  <div id="live" hidden>
    <section aria-labelledby="statuses-heading">
      <h2 id="statuses-heading">Requests by status</h2>
      <ul id="statuses"></ul>
      <p id="nothing" class="nothing" hidden>There are no requests yet. Make one in GraphiQL, as shown below, or by a
      legacy path; <code>gateway import</code> brings in those that a vendor has.</p>
    </section>
    <section aria-labelledby="runs-heading">
      <h2 id="runs-heading">Feeds in the next 24 hours</h2>
      <div id="runs"></div>
    </section>
    <div class="pair">
      <section aria-labelledby="pending-heading">
        <h2 id="pending-heading">Pending approvals</h2>
        <ul id="pending" class="rows"></ul>
      </section>
      <section aria-labelledby="events-heading" id="log" hidden>
        <h2 id="events-heading">Latest events</h2>
        <ol id="events" class="rows"></ol>
      </section>
    </div>
    <section aria-labelledby="find-heading">
      <h2 id="find-heading">Find a request</h2>
      <form id="find" role="search">
        <input id="words" type="search" aria-label="Words" autocomplete="off" spellcheck="false"
          placeholder="names, contacts, reasons">
        <p id="found" role="status"></p>
      </form>
      <ul id="matches" class="rows"></ul>
    </section>
    <section aria-labelledby="try-heading">
      <h2 id="try-heading">Try in GraphiQL</h2>
      <ul id="try" class="ways"></ul>
    </section>
  </div>
  <p id="asking" class="asking" hidden></p>
  <noscript>This page needs JavaScript to show what is going on.</noscript>
</main>"""


def home_page(*, endpoint: str, tokens: Tokens | None = None) -> ASGIApp:
    """The page, as an ASGI application that answers every request with it.

    Args:
        endpoint: path of the GraphQL endpoint, without the root path under which the application is mounted.
        tokens: of a demonstration.
    """

    def configure(prefix: str) -> Mapping[str, Any]:
        shown = [
            {"about": each.about, "query": each.query, "variables": each.filled(window_from_now())}
            for each in TABS
        ]
        return {"endpoint": prefix + endpoint, "ready": prefix + READY_URL, "operations": shown}

    page = WebPage(
        title="Gateway",
        name="Gateway",
        script="home.js",
        style="home.css",
        body=_BODY,
    )
    return PageApplication(page, configure, tokens)
