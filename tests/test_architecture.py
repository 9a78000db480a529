"""Rules of the house that a reader could forget: imports, sizes, names, descriptions, documents."""

import ast
import re
import subprocess
from collections import defaultdict
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    is_introspection_type,
    is_specified_scalar_type,
)

from gateway.db.bookkeeping import BOOKKEEPING
from gateway.schema.schema import make_schema
from gateway.settings import Settings

ROOT = Path(__file__).parent.parent
SCHEMA = make_schema()._schema
OWN_TYPES = {
    name: each
    for name, each in SCHEMA.type_map.items()
    if not is_introspection_type(each) and not is_specified_scalar_type(each)
}

# What Playwright reads of a page as it is at the moment.
LOOKS_ONCE = {
    *("all", "all_inner_texts", "all_text_contents", "bounding_box", "count", "evaluate", "evaluate_all"),
    *("get_attribute", "inner_html", "inner_text", "input_value", "text_content", "title"),
    *("is_checked", "is_disabled", "is_editable", "is_enabled", "is_hidden", "is_visible"),
}


def tracked(*suffixes):
    """Files that are committed or will be, with one of these endings."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    paths = [ROOT / line for line in listed.stdout.splitlines() if not suffixes or line.endswith(suffixes)]
    return [path for path in paths if path.is_file()]


SOURCES = [path for path in tracked(".py") if path.is_relative_to(ROOT / "gateway")]
TESTS = [path for path in tracked(".py") if path.is_relative_to(ROOT / "tests")]


def rooms_of_the_map():
    """README's map: each room of the house in order, and the rooms that it says it imports."""
    rows = re.findall(r"^\| `([a-z]+)` \|.*\|([^|]*)\|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    return {room: set(re.findall(r"`(\w+)`", imported)) for room, imported in rows}


@cache
def parsed(path):
    return ast.parse(path.read_text())


def part_of(module):
    return module.split(".")[1] if "." in module else ""


def imports_of(path):
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports name their module in full"
            yield node.module
            if node.module == "gateway":  # rooms, or the version, which is the package's own
                yield from (f"gateway.{each.name}" for each in node.names if each.name != "__version__")


def test_imports_go_as_the_map_in_the_readme_says():
    found = {path.relative_to(ROOT / "gateway").parts[0].removesuffix(".py"): set() for path in SOURCES}
    for path in SOURCES:
        room = path.relative_to(ROOT / "gateway").parts[0].removesuffix(".py")
        found[room] |= {part_of(module) for module in imports_of(path) if module.startswith("gateway.")} - {
            room
        }
    del found["__init__"]
    assert rooms_of_the_map() == found


def test_a_room_knows_rooms_above_it_alone():
    above = set()
    for room, imported in rooms_of_the_map().items():
        assert imported <= above, f"{room} imports {imported - above}, which stand below it"
        above.add(room)


def test_storage_alone_knows_sql_dialects_and_drivers():
    wrong = []
    for path in SOURCES:
        part = path.relative_to(ROOT / "gateway").parts[0]
        for module in imports_of(path):
            if part != "db" and re.match(r"asyncpg|sqlite3|alembic|sqlalchemy\.dialects", module):
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert wrong == []


def test_rows_change_through_one_seam_that_wants_events_or_as_bookkeeping_that_is_named():
    """Who changes rows past `gateway.resolvers.writes` stands in BOOKKEEPING, with why no event tells of it."""
    opening = set()
    for path in SOURCES:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if module in ("gateway.db.sqlite", "gateway.db.postgresql"):  # where transactions come from
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Attribute) and node.attr == "transaction":
                called = ast.unparse(node)
                if not called.endswith(("self.transaction", "changes.transaction")):
                    opening.add(module)
    named = {each.by for each in BOOKKEEPING if each.by}
    assert named <= {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in SOURCES}
    assert opening - {"gateway.resolvers.writes"} <= named


def test_one_vendor_knows_nothing_of_another():
    for path in SOURCES:
        parts = path.relative_to(ROOT / "gateway").parts
        if parts[0] == "vendors" and len(parts) > 2:
            own = f"gateway.vendors.{parts[1]}"
            others = [
                each
                for each in imports_of(path)
                if each.startswith("gateway.vendors") and not each.startswith(own)
            ]
            assert others == [], path


def test_files_have_a_size_that_can_be_read():
    limits = [(path, 400) for path in SOURCES] + [(path, 600) for path in TESTS]
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path, limit in limits
        if (lines := len(path.read_text().splitlines())) > limit and "migrations/versions" not in str(path)
    }
    assert too_long == {}


def test_functions_fit_a_screen():
    too_long = []
    for path in SOURCES:
        if "migrations/versions" in str(path):
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                if lines > 40:
                    too_long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {lines} lines")
    assert too_long == []


def test_a_test_of_a_page_waits_for_what_it_looks_at():
    """By `expect` and `eventually`: what is looked at once may not be drawn yet on a busy machine."""
    once = []
    for path in tracked(".py"):
        if path.is_relative_to(ROOT / "browser") or path.is_relative_to(ROOT / "tests" / "pages"):
            asserted = [each for each in ast.walk(parsed(path)) if isinstance(each, ast.Assert)]
            for each in asserted:
                called = {node.attr for node in ast.walk(each.test) if isinstance(node, ast.Attribute)}
                once += [f"{path.relative_to(ROOT)}:{each.lineno} {name}" for name in called & LOOKS_ONCE]
    assert once == []


def test_modules_are_named_by_what_belongs_there_and_say_so():
    vague = {
        "utils",
        "util",
        "helpers",
        "common",
        "base",
        "manager",
        "managers",
        "service",
        "services",
        "core",
        "misc",
    }
    for path in SOURCES + TESTS:
        assert not vague & set(path.relative_to(ROOT).with_suffix("").parts), path
    for path in SOURCES:
        text = path.read_text()
        if text.strip() and "migrations" not in path.parts:
            assert ast.get_docstring(ast.parse(text)), f"{path} says nothing of itself"


def test_no_comment_bends_a_line():
    """A comment that makes its line too long stands above it: the formatter would break the code instead."""
    bent = []
    for path in SOURCES + TESTS:
        lines = path.read_text().splitlines()
        for number, (before, line, after) in enumerate(zip(lines, lines[1:], lines[2:], strict=False), 2):
            closes = re.match(r"\s*[)\]}]+[,:]?\s+# (?!type: |fmt: |noqa)", line)
            alone = before.endswith(("(", "[", "{")) and "  # " in line and re.match(r"\s*[)\]}]", after)
            if closes or alone:
                bent.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert bent == []


def test_a_class_has_its_name_for_itself():
    """Types of the public graph may be called as the rows behind them are, and a vendor's words are the vendor's."""
    named = defaultdict(list)
    for path in SOURCES:
        if "vendors" in path.relative_to(ROOT).parts:
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef) and not any(
                ast.unparse(each).startswith(("strawberry.", "row_type(")) for each in node.decorator_list
            ):
                named[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {name: places for name, places in named.items() if len(places) > 1} == {}


def test_everything_public_has_a_description():
    missing = []
    for name, each in OWN_TYPES.items():
        if not each.description:
            missing.append(name)
        if isinstance(each, GraphQLEnumType):
            missing += [f"{name}.{value}" for value, it in each.values.items() if not it.description]
        for field_name, field in getattr(each, "fields", {}).items():
            if not field.description:
                missing.append(f"{name}.{field_name}")
            for argument_name, argument in getattr(field, "args", {}).items():
                if not argument.description:
                    missing.append(f"{name}.{field_name}({argument_name})")
    for directive in SCHEMA.directives:
        assert directive.description
    assert missing == []


def test_descriptions_are_sentences():
    texts = {name: each.description for name, each in OWN_TYPES.items()}
    for name, each in OWN_TYPES.items():
        texts.update({f"{name}.{key}": it.description for key, it in getattr(each, "fields", {}).items()})
        if isinstance(each, GraphQLEnumType):
            texts.update({f"{name}.{key}": it.description for key, it in each.values.items()})
    wrong = {name: text for name, text in texts.items() if not re.fullmatch(r"[A-Z`].*[.)]", text, re.DOTALL)}
    assert wrong == {}


def test_only_relays_connections_are_named_so():
    for name, each in OWN_TYPES.items():
        if name.endswith("Connection"):
            assert isinstance(each, GraphQLObjectType)
            assert set(each.fields) == {"edges", "nodes", "pageInfo", "totalCount"}
            edge = OWN_TYPES[name.removesuffix("Connection") + "Edge"]
            assert set(edge.fields) == {"cursor", "node"}
            assert str(each.fields["edges"].type) == f"[{edge.name}!]!"
            assert str(each.fields["pageInfo"].type) == "PageInfo!"
            assert str(edge.fields["node"].type) == name.removesuffix("Connection") + "!"


def test_names_follow_the_conventions():
    for name, each in OWN_TYPES.items():
        assert re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)
        if isinstance(each, GraphQLEnumType):
            assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", value) for value in each.values), name
        for field_name, field in getattr(each, "fields", {}).items():
            assert re.fullmatch(r"[a-z][A-Za-z0-9]*", field_name), f"{name}.{field_name}"
            if str(field.type).rstrip("!") == "DateTime" and name not in ("DateTimeFilter", "TimeWindow"):
                assert field_name.endswith("At"), f"{name}.{field_name}"
        if isinstance(each, GraphQLObjectType) and "id" in each.fields:
            assert "Node" in {interface.name for interface in each.interfaces}, name
        if isinstance(each, GraphQLInputObjectType):
            assert name.endswith(("Filter", "Order", "Input")) or name == "TimeWindow", name


def test_lists_take_the_arguments_of_relay():
    for name, each in OWN_TYPES.items():
        for field_name, field in getattr(each, "fields", {}).items():
            if str(field.type).endswith("Connection!"):
                wanted = {
                    "first": "Int",
                    "after": "String",
                    "last": "Int",
                    "before": "String",
                    "offset": "Int",
                }
                found = {key: str(argument.type) for key, argument in field.args.items()}
                assert {**found, **wanted} == found, f"{name}.{field_name}"
                extra = found.keys() - wanted.keys()
                assert extra <= {"filter", "orderBy"}, f"{name}.{field_name}"


def test_the_schema_is_committed():
    path = ROOT / "schema.graphql"
    assert path.read_text() == make_schema().as_str() + "\n", (
        "run `.venv/bin/gateway schema > schema.graphql`"
    )


def test_the_schema_is_printed_the_same_every_time():
    assert make_schema.__wrapped__().as_str() == make_schema().as_str()


def test_every_setting_is_documented_with_its_default():
    table = (ROOT / "docs" / "settings.md").read_text()
    rows = re.findall(r"^\| `(GATEWAY_\w+)` \| *(.*?) *\|", table, re.MULTILINE)
    defaults = {each.name: each.default for each in fields(Settings)}
    documented = {name: text.replace(",", "").strip("`") for name, text in rows}
    assert documented == {
        variable: shown_default(defaults[name]) for variable, name in Settings.variables().items()
    }, "docs/settings.md has a row for each attribute of Settings, with its default"


def shown_default(value: object) -> str:
    """A default as the table has it, without commas."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.replace(",", "") if isinstance(value, str) else f"{value:.0f}"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.stem
)
def test_a_decision_is_short_and_has_a_title(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= 40
    assert lines[0].startswith("# ")


ADDRESSES = re.compile(
    r"pypi\.org|pythonhosted|registry\.npmjs|registry\.yarnpkg|(?<!emit-)index-url|/root/|/home/\w|/tmp/\w+/\w"
)


def test_no_file_names_a_registry_or_a_machine():
    found = []
    for path in tracked():
        if path == Path(__file__) or path.suffix in (".png", ".woff2"):
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if ADDRESSES.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []
