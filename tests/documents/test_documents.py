"""What the documents show is what who follows them gets: `make docs-test`; README's part of it in `make test`, too."""

import os
import re
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import unquote

import pytest
from graphql import OperationDefinitionNode, build_schema, parse, specified_rules, validate
from graphql.validation import NoUndefinedVariablesRule, NoUnusedFragmentsRule
from typer.main import get_command

from gateway.cli import app
from tests.documents.blocks import MARKS, ROOT, documents, steps_of, unaccounted
from tests.documents.session import checkout, follow
from tests.ports import free_port
from tests.postgresql import own_server
from tests.test_examples import demo

FOLLOWED = [name for name, blocks in documents().items() if steps_of(blocks)]
if os.environ.get("GATEWAY_DOCUMENTS") != "all":
    FOLLOWED = ["README.md"]
MADE = ("benchmarks/results/",)  # by running what it is named by
POSTGRESQL = "postgresql://gateway@db/gateway?sslmode=verify-full"


@pytest.mark.parametrize("name", FOLLOWED)
def test_who_follows_a_document_gets_what_it_shows(name, tmp_path):
    blocks = documents()[name]
    folder = checkout(tmp_path / "checkout")
    commands = "".join(step.block.text for step in steps_of(blocks))
    places = {place: f"{tmp_path}{place}" for place in ("/opt/gateway", "/etc/gateway")}
    (tmp_path / "etc").mkdir(mode=0o700)
    path = ""
    with ExitStack() as stack:
        if POSTGRESQL in commands:
            server = stack.enter_context(own_server())
            server.run("CREATE DATABASE gateway")
            base, _, query = server.url.partition("?")
            for place, database in (
                (POSTGRESQL, "gateway"),
                ("postgresql://gateway@db/restored", "restored"),
            ):
                places[place] = f"{base.rpartition('/')[0]}/{database}?{query}"
            path = str(server.programs)
        if re.search("^gateway serve", commands, re.MULTILINE):
            address = f"127.0.0.1:{free_port()}"
        else:
            address = stack.enter_context(demo(tmp_path)).removeprefix("http://")
        follow(blocks, folder, address, places, path)


@pytest.mark.parametrize("name", documents())
def test_every_block_is_run_or_says_why_not(name):
    blocks = documents()[name]
    assert unaccounted(blocks) == []
    for step in steps_of(blocks):  # neither would give in a test what it gives to a reader
        assert not re.search(r"^make |curl.*https://", step.block.text, re.MULTILINE), step.block.place
    for block in blocks:
        assert block.mark in ("", *MARKS), block.place
        if block.mark == "not run":
            assert len(block.said.split()) > 2, block.place
        if block.mark == "run by":
            path, _, test = block.said.partition("::")
            if test:
                assert f"def {test}(" in (ROOT / path).read_text(), block.place
            else:
                run = {line for step in steps_of(documents()[path]) for line in commands_of(step.block.text)}
                assert set(commands_of(block.text)) <= run, block.place


def commands_of(text):
    """The lines of a block without what is said of them."""
    return [re.sub(r"\s+#\s.*$", "", line).strip() for line in text.splitlines() if line.strip()]


def test_every_query_is_one_of_the_schema():
    sdl = (ROOT / "schema.graphql").read_text()
    schema = build_schema(sdl)
    lines = {" ".join(line.split()) for line in sdl.splitlines()}
    seen = 0
    for block in (block for blocks in documents().values() for block in blocks):
        if block.mark == "schema":
            assert {" ".join(line.split()) for line in block.text.splitlines()} <= lines, block.place
            continue
        for text in queries_in(block):
            document = parse(text)
            is_whole = any(isinstance(each, OperationDefinitionNode) for each in document.definitions)
            left_out = () if is_whole else (NoUnusedFragmentsRule, NoUndefinedVariablesRule)
            rules = [each for each in specified_rules if each not in left_out]
            assert [error.message for error in validate(schema, document, rules)] == [], block.place
            seen += 1
    assert seen > 5


def queries_in(block):
    """The documents of GraphQL in a block: itself, or the tagged texts of a program."""
    if block.language == "graphql":
        return [block.text]
    tagged = re.findall(r"\b(?:gql|graphql)\(?\s*(?:`|\"\"\")(.*?)(?:`|\"\"\")", block.text, re.DOTALL)
    return [text for text in tagged if "${" not in text]


def test_every_link_leads_somewhere():
    found = []
    for name in documents():
        text = re.sub(FENCED, "", (ROOT / name).read_text())
        for link in re.findall(r"\]\(([^)\s]+)", text):
            path, _, anchor = unquote(link).partition("#")
            target = (ROOT / name).parent / path if path else ROOT / name
            if "://" in link or (target.is_file() and (not anchor or anchor in anchors_of(target))):
                continue
            found.append(f"{name}: {link}")
    assert found == []


def test_every_file_and_every_command_that_is_named_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    root = get_command(app)
    missing = []
    for name in documents():
        if name == "CHANGELOG.md":  # it tells of what was there
            continue
        text = (ROOT / name).read_text()
        paths = re.findall(
            r"`((?:gateway|tests|benchmarks|browser|docs|examples|deploy|ui)/[\w./-]*[\w/])`", text
        )
        missing += [f"{name}: {each}" for each in paths if each not in MADE and not (ROOT / each).exists()]
        made = re.findall(r"(?:^|`)make ([a-z][a-z-]+)", text, re.MULTILINE)
        missing += [f"{name}: make {each}" for each in made if each not in targets]
        run = re.findall(r"(?:^|`)gateway ([a-z][a-z-]*(?: [a-z][a-z-]*)*)", text, re.MULTILINE)
        missing += [f"{name}: gateway {each}" for each in run if not is_command(root, each.split())]
    assert missing == []


def test_the_changelog_has_each_kind_of_change_once_in_a_release():
    text = (ROOT / "CHANGELOG.md").read_text()
    _, _unreleased, *releases = re.split(r"^## .*$", text, flags=re.MULTILINE)
    assert len(releases) > 1
    kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    for release in releases:
        found = re.findall(r"^### (.*)$", release, re.MULTILINE)
        assert found == [each for each in kinds if each in found]
        assert re.findall(r"^(?!$|### |- |  \S).*$", release, re.MULTILINE) == []
    entries = re.findall(r"^- .*$", "".join(releases), re.MULTILINE)
    assert [each for each in entries if entries.count(each) > 1] == []


def is_command(group, words):
    """Whether words begin with the name of a command, below whatever group it is in."""
    for word in words:
        group = group.commands.get(word)
        if not hasattr(group, "commands"):
            break
    return group is not None


FENCED = re.compile(r"^(```+).*?^\1$|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def anchors_of(path: Path):
    """What GitHub, and MyST, call the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    plain = [re.sub(r"\]\([^)]*\)", "", each) for each in headings]
    return {re.sub(r"[^\w\- ]", "", each).strip().lower().replace(" ", "-") for each in plain}
