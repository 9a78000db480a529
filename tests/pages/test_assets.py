"""The files of pages: by name alone, compressed where the caller takes it, kept as long as their names allow."""

import gzip

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gateway.pages import assets
from gateway.pages.assets import asset_routes, bundle_status

CODE = b"export const a = 1;\n"


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """A bundle of one script with its compressed forms, and one style sheet without."""
    (tmp_path / "page-ABC.js").write_bytes(CODE)
    (tmp_path / "page-ABC.js.br").write_bytes(b"as if by brotli")
    (tmp_path / "page-ABC.js.gz").write_bytes(gzip.compress(CODE))
    (tmp_path / "page-DEF.css").write_bytes(b"a {}")
    (tmp_path / "manifest.json").write_text("{}")
    monkeypatch.setattr(assets, "BUNDLE", tmp_path)
    return tmp_path


@pytest.fixture
def client():
    return TestClient(Starlette(routes=asset_routes()), headers={"accept-encoding": "identity"})


@pytest.mark.parametrize(
    ("accepted", "coding", "content"),
    [("identity", None, CODE), ("gzip", "gzip", CODE), ("gzip, br", "br", b"as if by brotli")],
)
def test_a_hashed_file_comes_as_its_caller_takes_it_and_may_be_kept_for_ever(
    bundle, client, accepted, coding, content
):
    with client.stream("GET", "/assets/page-ABC.js", headers={"accept-encoding": accepted}) as response:
        raw = b"".join(response.iter_raw())
    assert gzip.decompress(raw) == content if coding == "gzip" else raw == content
    assert response.headers.get("content-encoding") == coding
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"


def test_what_has_no_compressed_form_comes_as_it_is(bundle, client):
    response = client.get("/assets/page-DEF.css", headers={"accept-encoding": "gzip, br"})
    assert (response.content, response.headers.get("content-encoding")) == (b"a {}", None)


@pytest.mark.parametrize("name", ["page-ABC.js.br", "page-ABC.js.gz", "manifest.json"])
def test_nothing_but_files_of_pages_has_a_name(bundle, client, name):
    assert client.get(f"/assets/{name}").status_code == 404


def test_a_bundle_that_was_built_anew_has_other_names(bundle, client):
    for path in bundle.glob("page-ABC*"):
        path.unlink()
    assert client.get("/assets/page-ABC.js").status_code == 404


def test_a_plain_file_is_sent_again_only_when_it_changed(client):
    first = client.get("/assets/site.css")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/assets/site.css", headers={"if-none-match": f'"x", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    lines = [("if-none-match", '"x"'), ("if-none-match", first.headers["etag"])]
    assert client.get("/assets/site.css", headers=lines).status_code == 304


@pytest.mark.skipif(bundle_status() is not None, reason="the pages are not built (make pages, needs Node.js)")
def test_the_bundle_weighs_less_than_a_third_compressed():
    scripts = [path for path in assets.BUNDLE.glob("*") if path.suffix in (".js", ".css")]
    small = [path.with_name(path.name + ".br") for path in scripts]
    assert sum(path.stat().st_size for path in small if path.is_file()) * 3 < sum(
        path.stat().st_size for path in scripts
    )
