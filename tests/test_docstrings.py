"""Docstrings have one form: a summary sentence, then Google's blocks with one entry a line."""

import ast
import builtins
import re
from functools import cache

from tests.test_architecture import ROOT, SOURCES

HEADERS = ("Args:", "Attributes:", "Returns:", "Raises:")
INLINE = re.compile(
    r"\b(?:Args?|Arguments|Parameters?|Attributes?|Returns?|Yields?|Use|Example|Note):|\bRaises\b"
)
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
MORE_ERRORS = {*dir(builtins), "ClientDisconnect", "GraphQLError", "HttpParserError", "JSONDecodeError"}


@cache  # parsed when a test first asks: every process of a test run imports this module
def trees():
    return {path: ast.parse(path.read_text()) for path in SOURCES if "migrations" not in path.parts}


@cache
def classes():
    walked = (node for tree in trees().values() for node in ast.walk(tree))
    return {node.name: node for node in walked if isinstance(node, ast.ClassDef)}


@cache
def documented():
    """Every node with a docstring: its place, itself, the prose and the blocks as pairs of header and lines."""
    return list(_documented())


def _documented():
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, (ast.Module, ast.ClassDef, *FUNCTION)):
                continue
            text = ast.get_docstring(node, clean=False)
            if text is None:
                continue
            indent = " " * node.body[0].col_offset
            lines = [line.removeprefix(indent).rstrip() for line in text.split("\n")]
            prose, blocks = [], []
            for line in lines:
                if line in HEADERS:
                    blocks.append((line, []))
                else:
                    (blocks[-1][1] if blocks else prose).append(line)
            yield f"{path.relative_to(ROOT)}:{node.body[0].lineno}", node, prose, blocks


def entries(lines):
    """The names of a block's entries; None where a line neither is an entry nor goes on with one."""
    names = []
    for line in lines:
        if entry := re.match(r" {4}(\w+): \S", line):
            names.append(entry[1])
        elif line and not (names and re.match(r" {8}\S", line)):
            return None
    return names


def parameters(node):
    """The names of what a function is called with, or of what an instance of a class is made with."""
    if isinstance(node, FUNCTION):
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        every += [each for each in (node.args.vararg, node.args.kwarg) if each]
        return {each.arg for each in every} - {"self", "cls"}
    if isinstance(node, ast.ClassDef):
        made = [each for each in node.body if isinstance(each, FUNCTION) and each.name == "__init__"]
        return parameters(made[0]) if made else attributes(node)
    return set()


def attributes(node):
    """The names that a class, or one of the house above it, declares or gives to its instances."""
    names = set()
    for each in ast.walk(node):
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            names.add(each.target.id)
        elif isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store):
            names.add(each.attr)
    names |= {each.name for each in node.body if isinstance(each, FUNCTION)}
    for above in node.bases:
        if isinstance(above, ast.Name) and above.id in classes():
            names |= attributes(classes()[above.id])
    return names


def raised_by(node):
    """The errors of the house that a function raises by name, not those of functions inside of it."""
    found, waiting = set(), list(node.body)
    while waiting:
        each = waiting.pop()
        if isinstance(each, (*FUNCTION, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(each, ast.Raise) and isinstance(each.exc, ast.Call):
            made = each.exc.func.value if isinstance(each.exc.func, ast.Attribute) else each.exc.func
            found |= {made.id} & classes().keys() if isinstance(made, ast.Name) else set()
        waiting += ast.iter_child_nodes(each)
    return found


def public(body):
    """Functions and methods that other modules may call, without the commands, whose docstrings are their help."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public(node.body)
        elif isinstance(node, FUNCTION) and not node.name.startswith("_"):
            yield node


def public_nodes():
    """Where each public function stands, and itself."""
    for path, tree in trees().items():
        if "commands" not in path.parts:
            for node in public(tree.body):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def promised():
    """Names of the methods that protocols describe."""
    return {
        method.name
        for node in classes().values()
        if any(ast.unparse(base).startswith("Protocol") for base in node.bases)
        for method in node.body
        if isinstance(method, FUNCTION) and ast.get_docstring(method)
    }


def test_a_docstring_begins_with_a_sentence():
    wrong = [place for place, _, prose, _ in documented() if not prose or not prose[0].strip()]
    for place, _, prose, _ in documented():
        summary = "\n".join(prose).split("\n\n")[0].rstrip()
        if not summary.endswith((".", "?", ":")):
            wrong.append(f"{place}: {summary}")
    assert wrong == []


def test_blocks_come_last_and_in_one_order_with_one_entry_a_line():
    wrong = []
    for place, _, _, blocks in documented():
        order = [HEADERS.index(header) for header, _ in blocks]
        if order != sorted(set(order)):
            wrong.append(f"{place}: {[header for header, _ in blocks]}")
        for header, lines in blocks:
            indented = all(not line or line.startswith("    ") for line in lines)
            if not any(lines) or not indented or (header != "Returns:" and not entries(lines)):
                wrong.append(f"{place}: {header}")
    assert wrong == []


def test_nothing_is_told_of_parameters_and_errors_outside_of_the_blocks():
    wrong = []
    for place, node, prose, blocks in documented():
        text = " ".join(prose)
        told = re.findall(r"(?:^|[.;:,] | {2})`{1,2}(\w+)`{1,2} (?:is|are|says|gives|makes|names)\b", text)
        wrong += [f"{place}: `{name}` is told of in the text" for name in told if name in parameters(node)]
        for line in [*prose, *(line for _, lines in blocks for line in lines)]:
            if INLINE.search(line):
                wrong.append(f"{place}: {line.strip()}")
    assert wrong == []


def test_entries_name_what_there_is():
    errors = MORE_ERRORS | classes().keys()
    names = {"Args:": parameters, "Attributes:": attributes, "Raises:": lambda _: errors}
    wrong = []
    for place, node, _, blocks in documented():
        for header, lines in blocks:
            if header == "Returns:":
                continue
            known = names[header](node)
            wrong += [f"{place}: {header} {name}" for name in entries(lines) or () if name not in known]
    assert wrong == []


def test_a_public_function_of_many_parameters_has_a_docstring():
    """An implementation of a method that a protocol describes needs none of its own."""
    described = promised()
    bare = [
        place
        for place, node in public_nodes()
        if len(parameters(node)) > 2 and not ast.get_docstring(node) and node.name not in described
    ]
    assert bare == []


def test_a_public_function_names_the_errors_that_it_raises():
    unnamed = []
    for place, node in public_nodes():
        named = set(re.findall(r"^ {4,}(\w+): ", ast.get_docstring(node) or "", re.MULTILINE))
        unnamed += [f"{place}: {error}" for error in raised_by(node) - named]
    assert unnamed == []
