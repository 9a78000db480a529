"""JSON in every vendor's files: what some readers take otherwise than others is refused, or read to the letter."""

import json
from pathlib import Path

import pytest

from gateway.db.database import Database
from gateway.db.vault import Vault, new_key
from gateway.exchange.exporting import export
from gateway.exchange.importing import BadFile, import_files
from gateway.vendors import activecampaign, crux, opal, openint
from tests.exchange import hostile
from tests.vendors.gateway import make_organization

pytestmark = pytest.mark.anyio

VENDORS = {each.VENDOR.name: each.VENDOR for each in (activecampaign, crux, opal, openint)}

REFUSED = {
    '{"x":1,"x":1,': "The member 'x' comes twice.",
    '{"x":1,"\\u0078":2,': "The member 'x' comes twice.",
    '{"x":{"y":[{"a":1,"a":1}]},': "The member 'a' comes twice.",
    '{"x":NaN,': "NaN is not JSON.",
    '{"x":[-Infinity],': "-Infinity is not JSON.",
    '{"x":01,': "“,” or “}” was expected here.",
    '{"x":1.,': "“,” or “}” was expected here.",
    '{"x":+1,': "This is not JSON: Expecting value.",
    '{"x":.5,': "This is not JSON: Expecting value.",
    '{"x":"\\x41",': "This is not JSON: Invalid \\escape.",
    '{"x":"\t",': "This is not JSON: Invalid control character at.",
    '{"x":"\\ud8",': "This is not JSON: Invalid \\uXXXX escape.",
    "{x:1,": "This is not JSON: Expecting value.",
    "{'x':1,": "This is not JSON: Expecting value.",
    '{/* */"x":1,': "This is not JSON: Expecting value.",
    '{"x":1 "y":2,': "“,” or “}” was expected here.",
    '{"\\ud800":1,': "A member's name holds half a surrogate pair, which no store takes.",
    '{"x":' + "[" * 300 + "]" * 300 + ",": "nested more than 200 levels deep.",
}
"""How a record begins, and what is said of it."""

READ = {
    '\ufeff{"x":1,': ("x", 1),
    '\r\n\t {\r"x"\n:\t1 ,': ("x", 1),
    '{"x":"\\u0041\\/\\ud83d\\ude00",': ("x", "A/😀"),
    '{"\\u0078\\u00e9":null,': ("xé", None),
    '{"x":"\\ud800\\u0000",': ("x", "\ud800\0"),
    '{"x":"' + "a" * 300_000 + '",': ("x", "a" * 300_000),
    '{"x":' + "[" * 150 + "]" * 150 + ",": ("x", json.loads("[" * 150 + "]" * 150)),
}


@pytest.fixture
async def store(database: Database) -> Database:
    database.vault = Vault([new_key()])
    await make_organization(database)
    return database


@pytest.mark.parametrize("vendor", VENDORS)
async def test_ambiguous_text_is_refused_and_escapes_are_read(
    store: Database, tmp_path: Path, vendor: str
) -> None:
    path, record = tmp_path / "f.json", hostile.written(getattr(hostile, vendor)(1))
    for begins, told in REFUSED.items():
        path.write_text(begins + record[1:])
        with pytest.raises(BadFile) as failure:
            await import_files(store, VENDORS[vendor], "north", [path])
        assert failure.value.problems[0].startswith("f.json, line 1")
        assert told in failure.value.problems[0]
    for begins, (name, value) in READ.items():
        path.write_text(begins + record[1:])
        await import_files(store, VENDORS[vendor], "north", [path])
        [line] = [lines async for lines in export(store, VENDORS[vendor], "north")]
        assert json.loads(line)[name] == value
    path.write_bytes(record.replace("G", "é").encode("latin-1") if vendor == "crux" else b'{"x":"\xe9"}')
    with pytest.raises(BadFile, match="The file is not in UTF-8"):
        await import_files(store, VENDORS[vendor], "north", [path])
