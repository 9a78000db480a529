"""What is built of the sources: the wheel serves everything, and what would be missing or too much is refused."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import httpx2
import pytest

from tests.patience import ENOUGH

ROOT = Path(__file__).parents[1]
BUILD = "import sys, backend; backend.{}(sys.argv[1], dict([each.split('=') for each in sys.argv[2:]]))"
STATIC = {
    "manifest.json": '{"graphiql": {"script": "graphiql-A.js", "style": "graphiql-A.css"},'
    ' "reference": {"script": "reference-A.js", "style": "reference-A.css"}}',
    "graphiql-A.js": "export {};",
}


def committed(*paths):
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *paths]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.splitlines() if (ROOT / name).is_file()}


@pytest.fixture
def sources(tmp_path):
    """A copy of what a build reads, as a checkout has it, with a bundle of the pages that was built before."""
    folder = tmp_path / "sources"
    needed = (
        "gateway",
        "building",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "requirements.lock",
        "requirements-traces.lock",
        "ui/package.json",
    )
    for name in committed(*needed):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "gateway/pages/static").mkdir()
    for name, content in STATIC.items():
        (folder / "gateway/pages/static" / name).write_text(content)
    return folder


def build(kind, sources, output, *settings, **environment):
    """Runs the backend as a front end does; the exit code, and the last line that it says."""
    output.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", BUILD.format(f"build_{kind}"), str(output), *settings],
        cwd=sources,
        env={**os.environ, "PYTHONPATH": str(sources / "building"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stderr.splitlines() or [""])[-1]


def test_a_wheel_in_an_environment_of_its_own_serves_everything(sources, tmp_path):
    assert build("wheel", sources, tmp_path / "built", "pages=as-is") == (0, "")
    [wheel] = (tmp_path / "built").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("gateway/")}
        archive.extractall(tmp_path / "site")
    assert held == committed("gateway") | {f"gateway/pages/static/{name}" for name in STATIC}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    server = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "serve", "--demo", "--port", "0"],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(tmp_path / "site")},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        [base] = re.fullmatch(
            r"GraphiQL and GraphQL  (http:\S+)/graphql\n", server.stderr.readline()
        ).groups()
        with httpx2.Client(
            base_url=base, headers={"authorization": "Bearer demo-token"}, timeout=ENOUGH
        ) as http:
            answer = http.post("/graphql", json={"query": "{ connectionRequests { totalCount } }"}).json()
            assert answer == {"data": {"connectionRequests": {"totalCount": 3}}}
            legacy = http.get(
                "/organizations/connections/request/", headers={"authorization": "Token demo-token"}
            )
            assert legacy.json()["pagination"]["total_count"] == 2
            equivalent = re.fullmatch(r"<(.+)>; rel=\"successor-version\"", legacy.headers["link"])[1]
            assert http.get(equivalent).status_code == 200
            assert len(http.get("/openapi.json").json()["paths"]) > 10
            for path in ("/", "/graphql", "/docs"):
                page = httpx2.get(base + path, headers={"accept": "text/html"}, timeout=ENOUGH)
                assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
            assert http.get("/assets/graphiql-A.js").text == "export {};"
    finally:
        server.terminate()
        server.wait(ENOUGH)
        server.stderr.close()


def test_an_sdist_holds_what_a_wheel_is_built_of(sources, tmp_path):
    assert build("sdist", sources, tmp_path / "built", "pages=as-is") == (0, "")
    [sdist] = (tmp_path / "built").iterdir()
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    [unpacked] = (tmp_path / "unpacked").iterdir()
    # There is no `ui/` in it, so that no Node.js is asked for.
    assert build("wheel", unpacked, tmp_path / "wheels", PATH="/nonexistent") == (0, "")
    [wheel] = (tmp_path / "wheels").iterdir()
    held = zipfile.ZipFile(wheel).namelist()
    assert "gateway/pages/static/manifest.json" in held
    assert committed("gateway") <= set(held)


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_without_node_a_build_says_how_to_go_without(sources, tmp_path, kind):
    code, said = build(kind, sources, tmp_path / "built", PATH="/nonexistent")
    assert code == 1
    assert said == (
        "The pages cannot be built: Node.js 18 or newer, with npm, is needed, and is not on the PATH. "
        "To take the pages as they lie in gateway/pages/static/, or none where there are none "
        "(browsers get plain pages then), add -C pages=as-is."
    )
    assert list((tmp_path / "built").iterdir()) == []


def test_a_node_that_is_too_old_is_named(sources, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("node", "npm"):
        (folder / name).write_text("#!/bin/sh\necho v16.20.2\n")
        (folder / name).chmod(0o755)
    code, said = build("wheel", sources, tmp_path / "built", PATH=str(folder))
    assert code == 1
    assert f"Node.js 18 or newer is needed, and {folder}/node is v16.20.2." in said


def test_a_setting_that_there_is_not_is_refused(sources, tmp_path):
    assert build("wheel", sources, tmp_path / "built", "pages=none") == (
        1,
        "The setting pages is build or as-is, not 'none'.",
    )


def test_what_git_ignores_gets_into_no_wheel(sources, tmp_path):
    shutil.copy(ROOT / ".gitignore", sources)
    subprocess.run(["git", "init", "--quiet", str(sources)], check=True)
    (sources / "gateway" / "gateway.db.key").write_text("secret")
    assert build("wheel", sources, tmp_path / "built", "pages=as-is") == (
        1,
        "These are no part of the package, remove them first: gateway/gateway.db.key.",
    )
