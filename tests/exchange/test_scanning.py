"""Records out of a file: its forms, its repairs, and where it breaks."""

import io
import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.exchange import json_stream
from gateway.exchange.scanning import NotReadable, Scanner
from gateway.shapes.json_text import dumps, parse
from gateway.shapes.repairs import line_of
from tests.exchange.toy import ENVELOPES, LAYOUT, RELAY, REPAIRING
from tests.lengths import cases

A, B = '{"id": "a", "name": null}', '{"name": "é🚀", "id": "b"}'


def scan(text: str | bytes, layout=LAYOUT) -> list[tuple[int, str]]:
    data = text if isinstance(text, bytes) else text.encode()
    scanner = Scanner(io.BytesIO(data), layout)
    return [(record.place.line, dumps(record.members)) for record in scanner.records()]


COMPACT = ['{"id":"a","name":null}', '{"name":"é🚀","id":"b"}']


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"{A}\n{B}\n", [1, 2]),
        (f"{A}{B}", [1, 1]),
        (f"[{A},\n{B}]", [1, 2]),
        (f'{{"people": [{A},{B}], "total": 2}}', [1, 1]),
        (f'{{"total": 2, "people": [\n\n{A},{B}]}}', [3, 3]),
        (f'{{"people": [{A}]}}\n{{"people": []}}\n{{"people": [{B}]}}', [1, 3]),
        (f'{{"person": {A}}} {{"person": {B}}}', [1, 1]),
        (f"\ufeff{A}\r\n\ufeff\r\n{B}", [1, 3]),
    ],
)
def test_every_form_of_a_file_is_read(text: str, lines: list[int]) -> None:
    assert scan(text) == list(zip(lines, COMPACT, strict=True))


@pytest.mark.parametrize("text", ["", " \n\n", '{"people":[]}', "[]"])
def test_a_file_may_hold_nothing(text: str) -> None:
    assert scan(text) == []


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize(
    "text", [f'{{"total":12,"people":[{A},{B}],"n":1.5,"m":10.05e+12,"o":-1E5}}', f"{A}\n{B}"]
)
def test_where_a_file_is_cut_into_pieces_does_not_matter(monkeypatch, text: str, size: int) -> None:
    monkeypatch.setattr(json_stream, "CHUNK", size)
    assert [each for _, each in scan(text)] == COMPACT


CUT_OFF = "The file ends too early: it is cut off."


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"people":[{"id":"a"}', f"line 1, column 22, people[0]: {CUT_OFF}"),
        ('{"people":[{"id":"a"}]', f"line 1, column 23: {CUT_OFF}"),
        ('{"id":"a"}\n{"id":', f"line 2, column 7: {CUT_OFF}"),
        ('{"id":"a"}\n{"id":"b', f"line 2, column 7: {CUT_OFF}"),
        ('{"id":"a"}\n{"id" "b"}', "line 2, column 7: This is not JSON: Expecting ':' delimiter."),
        (
            '{"id":"a",}',
            "line 1, column 11: This is not JSON: Expecting property name enclosed in double quotes.",
        ),
        ('{"people":[{"id":"a"},]}', "line 1, column 23, people[0]: There is an extra comma."),
        (
            '{"people":[{"id":"a"}\n{"id":"b"}]}',
            "line 2, column 1, people[0]: “,” or “]” was expected here.",
        ),
        (f'{{"people":[{A},\n1]}}', "line 2, column 1, people[1]: An object was expected here."),
        ('\n "text"', "line 2, column 2: An object was expected here."),
        (f'{{"people":[{A},{{"id":NaN}}]}}', "line 1, column 38, people[1]: NaN is not JSON."),
        ('{"id":"a","id":"b"}', "line 1, column 1: The member 'id' comes twice."),
        ('{"x":1,"x":2}', "line 1, column 12, x: The member 'x' comes twice."),
        (b'{"id":"a"}\n\n{"id":"\xff"}', "line 3, column 8: The file is not in UTF-8."),
        (b'{"id":"\xe2\x82', "line 1, column 8: The file is not in UTF-8."),
        ('{"id":"a"}'.encode("utf-16"), "line 1, column 1: The file is in UTF-16, not in UTF-8."),
        ('{"id":"a"}\n' + '{"x":' * 2000, "line 2, column 6, x: It is nested too deeply."),
        ("{1:2}", "line 1, column 2: A member's name was expected here."),
        (
            "\n<html>",
            "line 2, column 1: This is HTML or XML, not JSON: perhaps the page of a server that was not reached.",
        ),
        (
            "HTTP/1.1 200 OK\r\n\r\n{}",
            "line 1, column 1: These are the header fields of an answer, as `curl -i` prints them: leave them out.",
        ),
        (
            '{"people":[{"id":"a"}],"id":"b"}',
            "line 1, column 1: This has the members of an answer and of a record: it could be either.",
        ),
    ],
)
def test_where_a_file_breaks_is_told(text, told: str) -> None:
    with pytest.raises(NotReadable) as failure:
        scan(text)
    assert str(failure.value) == told


@pytest.mark.parametrize("size", [3, 16, 1 << 18])
def test_lines_and_columns_are_those_of_the_file_however_it_is_read(monkeypatch, size: int) -> None:
    monkeypatch.setattr(json_stream, "CHUNK", size)
    text = f'{{"people":[\n{A},\n  {A}, {A},\n{B} ö {B}]}}'
    with pytest.raises(NotReadable, match=rf"^line 4, column {len(B) + 2}, people\[3\]: "):
        scan(text)


def places(text: str, layout=LAYOUT) -> list[str]:
    return [str(record.place) for record in Scanner(io.BytesIO(text.encode()), layout).records()]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{A}\n{B}", ["line 1 (id a)", "line 2 (id b)"]),
        (
            f"{A}{B}{A}\n{B}",
            ["line 1 (id a)", "line 1, answer 2 (id b)", "line 1, answer 3 (id a)", "line 2 (id b)"],
        ),
        (f"[{A},\n{B}]", ["line 1, [0] (id a)", "line 2, [1] (id b)"]),
        (
            f'{{"people":[{A},{B}]}}{{"people":[{A}]}}',
            ["line 1, people[0] (id a)", "line 1, people[1] (id b)", "line 1, answer 2, people[0] (id a)"],
        ),
        (f'{{"person":{A}}}', ["line 1, person (id a)"]),
        (f'[{{"people":[{A}]}},{B}]', ["line 1, [0].people[0] (id a)", "line 1, [1] (id b)"]),
        (
            f'{{"edges":[{{"cursor":"x","node":{A}}},{{"node":{B}}}]}}',
            ["line 1, edges[0].node (id a)", "line 1, edges[1].node (id b)"],
        ),
        ('{"people":[{"name":"n"},{"id":7}]}', ["line 1, people[0]", "line 1, people[1] (id 7)"]),
    ],
)
def test_a_record_knows_its_place(text: str, told: list[str]) -> None:
    assert places(text, RELAY) == told


def test_an_answer_without_records_is_read_as_one_that_has_none() -> None:
    assert scan('{"total":0}{}{"people":[]}', RELAY) == []
    with pytest.raises(NotReadable, match="one of these members was expected: people"):
        scan('{"total":0}', ENVELOPES)


@pytest.mark.parametrize(
    "text",
    [
        '{"id":"a","name":null,}',
        '{"people":[{"id":"a","name":null,},]}',
        '{"people":[{"id":"a","name":null}],}',
        '{"id":"a","name":null, "x":{"y":[1,],},\n}',
        '{"id":"a","name":null,"x":{"y":1}\n\n',
    ],
)
def test_the_faults_of_printed_documents_are_repaired(text: str) -> None:
    [(_, record)] = scan(text, REPAIRING)
    assert json.loads(record)["id"] == "a"


@pytest.mark.parametrize(
    "text",
    [
        '{"people":[{"id":"a","name":null}]',
        '{"people":[{"id":"a","name":null}',
        '{"id":"a","name":null',
        '{"id":"a","name":"nul',
        '{"id":"a","x":{"y":1}',
        '{"id":"a","name":null,"x":{"y":{"z":1}',
        '{"id":"a","name":null,"x":[{"y":1}',
        '{"id":"a","name":null,"x":{"y":1}\n{"id":"b","name":null}',
        '{"id":"a","name":null,,}',
        '{"id":"a" "name":null}',
    ],
)
def test_nothing_else_is_repaired(text: str) -> None:
    with pytest.raises(NotReadable):
        scan(text, REPAIRING)


def test_a_comma_inside_a_text_stays() -> None:
    [(_, record)] = scan('{"id":"a,}","name":",]\\",}",}', REPAIRING)
    assert record == '{"id":"a,}","name":",]\\",}"}'


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 0),
        (("a",), 1),
        (("b",), 2),
        (("b", 1), 4),
        (("b", 1, "c"), 5),
        (("b", 1, "none"), 4),
        (("x",), 0),
    ],
)
def test_a_members_line_is_found(path, line: int) -> None:
    text = '{\n"a": "b:{",\n"b": [\n{"c": 1},\n{\n"c": 2,},\n]}'
    assert line_of(text, path) == line


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, derandomize=True, max_examples=cases(25))
@given(
    st.lists(
        st.dictionaries(st.text(), values, max_size=4).map(lambda each: {"id": "x", **each}), max_size=5
    ),
    st.integers(1, 40),
    st.sampled_from(["lines", "list", "array"]),
)
def test_any_records_in_any_form_come_out_as_they_are(records, size, form) -> None:
    texts = [dumps(parse(json.dumps(each, ensure_ascii=False))) for each in records]
    text = {
        "lines": "\n".join(texts),
        "list": f'{{"n":1,"people":[{", ".join(texts)}]}}',
        "array": f"[{','.join(texts)}]",
    }[form]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "CHUNK", size)
        assert [each for _, each in scan(text)] == texts


def test_memory_does_not_grow_with_the_file(monkeypatch) -> None:
    monkeypatch.setattr(json_stream, "CHUNK", 1 << 14)

    def peak(records: int) -> int:
        text = ('{"people":[' + ",".join([A] * records) + "]}").encode()
        scanner = Scanner(io.BytesIO(text), LAYOUT)
        tracemalloc.start()
        assert sum(1 for _ in scanner.records()) == records
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(6_000) < 1.3 * peak(3_000)
