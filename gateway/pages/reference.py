"""The pages of the legacy paths' descriptions: the reference at `/docs`, and what browsers get at `/openapi.json`."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from starlette.types import ASGIApp

from gateway.pages.assets import bundled
from gateway.pages.page import REFERENCE_URL, PageApplication, Tokens, WebPage
from gateway.rest.vendor import Vendor

DOCUMENT_URL: Final = "/openapi.json"

_REFERENCE = """\
<main>
  <div class="introduction">
    <h1>REST reference</h1>
    <p>Every documented path of the four vendors' APIs, answered as their callers know it. Requests that you try
    here are sent with the access token above. Each operation shows its GraphQL equivalent.</p>
    <nav id="vendors" aria-label="Vendors">{links}</nav>
  </div>
  <div id="reference"></div>
  <noscript>The reference needs JavaScript. Its documents are at {document}, for callers with a token.</noscript>
</main>"""

_DOCUMENT = """\
<main>
  <div class="introduction">
    <h1>OpenAPI</h1>
    <p>{about}</p>
    <nav id="vendors" aria-label="Documents">{links}</nav>
  </div>
  <p id="hint" role="status"></p>
  <pre id="document" tabindex="0" aria-label="Document" hidden></pre>
  <noscript>This page needs JavaScript. The documents are here, for callers with a token.</noscript>
</main>"""
_READ_IT = (
    "The description of the paths that the gateway answers, for tools. People read it in the "
    '<a href="{}">REST reference</a>.'
)
_BUILD_IT = (
    "The description of the paths that the gateway answers. The reference, in which each can be tried, is built by "
    "<code>make pages</code>, which needs Node.js 18 or newer; then start the gateway again."
)


def reference_page(
    vendors: Sequence[Vendor], *, endpoint: str, tokens: Tokens | None = None, plain: bool = False
) -> ASGIApp:
    """The reference, as an ASGI application that answers every request with it.

    Args:
        vendors: whose paths are served.
        endpoint: path of the GraphQL endpoint, without the root path under which the application is mounted.
        tokens: of a demonstration.
        plain: serve the documents alone even where the bundle was built.
    """
    files = None if plain else bundled("reference")
    if files is None:
        return _documents(vendors, _BUILD_IT, tokens)
    listed = [_listed(each) for each in vendors]

    def configure(prefix: str) -> Mapping[str, Any]:
        return {
            "root": prefix,
            "endpoint": prefix + endpoint,
            "vendors": [{**each, "document": prefix + each["document"]} for each in listed],
        }

    links = " ".join(f'<a href="#{each.name}">{escape(each.title)}</a>' for each in vendors)
    page = WebPage(
        title="REST reference",
        name="REST reference",
        script=files["script"],
        style=files["style"],
        body=_REFERENCE.format(links=links, document=DOCUMENT_URL),
    )
    return PageApplication(page, configure, tokens)


def document_page(vendors: Sequence[Vendor], *, tokens: Tokens | None = None) -> ASGIApp:
    """What a browser gets at the address of a document, which it shows once there is a token."""
    return _documents(vendors, _READ_IT.format(REFERENCE_URL), tokens)


def _documents(vendors: Sequence[Vendor], about: str, tokens: Tokens | None) -> ASGIApp:
    names = {DOCUMENT_URL: "All vendors", **{f"/openapi/{each.name}.json": each.title for each in vendors}}
    links = " ".join(f'<a href="{path}">{escape(title)}</a>' for path, title in names.items())
    page = WebPage(
        title="OpenAPI",
        name="REST reference",
        script="documents.js",
        style="documents.css",
        body=_DOCUMENT.format(about=about, links=links),
    )
    return PageApplication(page, lambda prefix: {"document": prefix + DOCUMENT_URL}, tokens)


def _listed(vendor: Vendor) -> dict[str, Any]:
    """What the page has to know of a vendor: its document, and where its callers put their tokens."""
    scheme = vendor.security[0]
    return {
        "name": vendor.name,
        "title": vendor.title,
        "document": f"/openapi/{vendor.name}.json",
        "header": scheme.get("name", "Authorization"),
        "scheme": vendor.token_scheme,
    }
