"""What no column holds: what is kept of an object, and when it is given back."""

import orjson
import pytest

from gateway.shapes.json_text import Ambiguous, NotWritable, Number, dumps, parse
from gateway.shapes.lossless import kept_with, remainder, restore


def round_trip(given: str, rendered: dict, later: dict | None = None) -> str:
    """The object that comes back of ``given``, its columns rendering as ``rendered`` then and as ``later`` now."""
    extra = kept_with(None, "shape", remainder(parse(given), rendered))
    now = rendered if later is None else later
    return dumps(now if extra is None else restore(now, extra, "shape"))


def test_what_is_rendered_as_it_was_read_is_not_kept() -> None:
    assert remainder({"a": "é", "b": None}, {"a": "é", "b": None}) is None


@pytest.mark.parametrize(
    "given",
    [
        '{"a":"x","b":1}',
        '{"b":1,"a":"x"}',
        '{"a":"x"}',
        '{"a":null}',
        '{"a":""}',
        "{}",
        '{"a":"x","b":1.10,"c":1e400,"d":1180591620717411303424,"e":-0.0,"f":-0}',
        '{"z":{"y":1,"x":[1.0,{"w":null}]},"a":"x","b":1}',
        '{"b":1,"new":"🚀 \\\\ \\" \\n","a":"x","":[]}',
        '{"a":{"not":"a text"},"b":[1]}',
    ],
)
def test_every_object_comes_back_to_the_byte(given: str) -> None:
    assert round_trip(given, {"a": "x", "b": 1}) == given


def test_lone_surrogates_and_nul_come_back() -> None:
    assert round_trip(r'{"a":"\ud800 é \u0000"}', {}) == r'{"a":"\ud800 é \u0000"}'


def test_a_changed_column_wins_by_itself() -> None:
    given = '{"when":"2018-04-09 10:00","who":"J","new":1}'
    read = {"when": "2018-04-09", "who": "J"}

    assert round_trip(given, read, read) == given
    assert (
        round_trip(given, read, {"when": "2019-01-01", "who": "K"})
        == '{"when":"2019-01-01","who":"K","new":1}'
    )


def test_an_absent_member_appears_when_its_column_changes() -> None:
    assert round_trip('{"b":1}', {"a": None, "b": 1}, {"a": "x", "b": 1}) == '{"a":"x","b":1}'


def test_a_member_that_became_a_column_is_the_columns() -> None:
    assert round_trip('{"new":1}', {}, {"new": 2}) == '{"new":2}'


def test_shapes_keep_their_own() -> None:
    extra = kept_with(None, "one", remainder({"a": 1}, {}))
    extra = kept_with(extra, "two", remainder({"b": 2}, {}))
    assert extra is not None
    assert dumps(restore({}, extra, "one")) == '{"a":1}'
    assert dumps(restore({}, extra, "two")) == '{"b":2}'
    assert kept_with(kept_with(extra, "one", None), "two", None) is None
    assert kept_with(extra, "one", remainder({"a": 1}, {})) == extra


def test_credentials_are_masked_in_what_was_kept() -> None:
    given = parse('{"place":"ftp://u:secret@h/x \\u0000","more":{"at":["https://u:secret@h"],"n":1.10}}')
    extra = kept_with(None, "shape", remainder(given, {"place": "ftp://u:secret@h/x"}))
    assert extra is not None

    masked = restore({"place": "ftp://***@h/x"}, extra, "shape", is_masked=True)

    assert dumps(masked) == '{"place":"ftp://***@h/x \\u0000","more":{"at":["https://***@h"],"n":1.10}}'


def test_extra_is_json_text() -> None:
    extra = kept_with(None, "shape", remainder(parse('{"b":1.10,"a":2}'), {"a": 1, "c": None}))
    assert extra is not None
    assert orjson.loads(extra) == {
        "shape": {
            "members": {"b": ["1.10"], "a": ["2", "1"]},
            "absent": {"c": "null"},
            "order": ["b", "a"],
        }
    }


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', '{"x":{"a":1,"b":2,"a":1}}', "[NaN]", "-Infinity"])
def test_ambiguous_text_is_refused(text: str) -> None:
    with pytest.raises(Ambiguous):
        parse(text)


def test_numbers_keep_their_spelling() -> None:
    assert parse("[1.0, 10e-1]") == [Number("1.0"), Number("10e-1")]
    assert parse("1") != 1


@pytest.mark.parametrize("text", ["[" * 400 + "]" * 400, '{"\\ud800":1}'])
def test_what_cannot_be_written_is_told(text: str) -> None:
    with pytest.raises(NotWritable):
        dumps(parse(text))
