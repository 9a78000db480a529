"""The guide for front ends says of every code that an error of the graph can have what to do, and of no other."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields

from gateway.limits import Limits
from gateway.resolvers import errors
from tests.documents.blocks import ROOT

OF_LEGACY_PATHS = {"PRECONDITION_FAILED"}  # they take If-Match


def codes_of_transport() -> Iterator[str]:
    """The codes of requests that are not executed, where they are refused."""
    for path in (ROOT / "gateway" / "transport").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("RequestError"):
                yield from (each.value for each in node.args[1:2] if isinstance(each, ast.Constant))


def test_every_code_is_explained():
    kinds = [each for each in vars(errors).values() if isinstance(each, type)]
    codes = {each.code for each in kinds if issubclass(each, errors.GatewayError) and hasattr(each, "code")}
    codes |= {getattr(Limits(), each.name).code for each in fields(Limits)}
    codes |= {"INTERNAL_SERVER_ERROR", *codes_of_transport()}
    guide = (ROOT / "docs" / "front-ends.md").read_text()
    rows = re.findall(r"^\| ((?:`[A-Z_]+`(?:, )?)+) \|", guide, re.MULTILINE)
    assert sorted(re.findall("[A-Z_]+", " ".join(rows))) == sorted(codes - OF_LEGACY_PATHS)
