"""A document that is wrong is found: each kind of mistake, in documents of a few lines."""

import pytest

from tests.documents.blocks import blocks_of, steps_of, unaccounted
from tests.documents.comparing import difference
from tests.documents.session import Failed, follow

NOBODY = "127.0.0.1:1"


def block(language, *lines):
    return "\n".join([f"```{language}", *lines, "```", ""])


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (block("sh", "true", "false", "true"), "made.md:1 ended 1"),
        (block("sh", "echo $NOWHERE"), "NOWHERE: unbound variable"),
        (block("sh", "curl 127.0.0.1:8000/"), "made.md:1 ended 7"),
        (block("sh", "echo one") + "\n" + block("text", "two"), "made.md:5: shown:\ntwo\ncame:\none"),
        (block("sh", "echo '{\"a\": 1}'") + block("json", '{"a": 2}'), "made.md:4: .a: 1, shown 2"),
        (block("sh", "echo '{\"errors\": []}'"), 'made.md:1: {"errors": []}'),
    ],
)
def test_what_is_not_so_is_told_by_its_place(document, told, tmp_path):
    with pytest.raises(Failed) as failed:
        follow(blocks_of("made.md", document), tmp_path, NOBODY, {})
    assert told in str(failed.value)


def test_one_shell_keeps_what_is_exported_and_made(tmp_path):
    document = (
        block("sh", "export NAME=Ada; cd ..") + "Then:\n\n" + block("sh", "echo $NAME at 127.0.0.1:8000 > x")
    )
    blocks = blocks_of("made.md", document + block("sh", "cat x") + block("text", "Ada at 127.0.0.1:8000"))
    folder = tmp_path / "inner"
    folder.mkdir()
    assert follow(blocks, folder, NOBODY, {}) == 3
    assert (tmp_path / "x").read_text() == f"Ada at {NOBODY}\n"


def test_a_block_is_run_an_answer_or_says_why_not():
    document = "\n".join(
        [
            block("json", "{}"),
            "<!-- not run: a picture of nothing -->\n" + block("sh", "false"),
            block("yaml", "a: 1"),
            block("graphql", "{ viewer { name } }"),
            "<!-- variables -->\n" + block("json", "{}"),
            block("json", "{}"),
            block("python", "x = 1"),
        ]
    )
    blocks = blocks_of("made.md", document)
    [step] = steps_of(blocks)
    assert (step.block.language, step.variables, step.answer) == ("graphql", blocks[4], blocks[5])
    assert unaccounted(blocks) == ["made.md:1 (json)", "made.md:10 (yaml)"]


@pytest.mark.parametrize(
    ("shown", "outcome", "wrong"),
    [
        ('{"a": [1, "…"]}', '{"a": [1, 2, 3]}', None),
        ('{"a": [1]}', '{"a": [1, 2]}', ".a: 2 items, shown 1"),
        ('{"a": [1, 2, "…"]}', '{"a": [1]}', ".a: 1 items, shown 2"),
        ('{"a": 1, "…": "…"}', '{"a": 1, "b": 2}', None),
        ('{"a": 1}', '{"a": 1, "b": 2}', ": has b, too"),
        ('{"b": 1, "…": "…"}', '{"a": 1}', ": lacks b, has a"),
        ('{"a": "x…z"}', '{"a": "x\\nyz"}', None),
        ('{"a": "x…z"}', '{"a": "xy"}', ".a: 'xy', shown 'x…z'"),
        ('{"a": 1}', '{"a": true}', ".a: True, shown 1"),
        ('{"a": null}', "nothing", "this is not JSON: 'nothing'"),
    ],
)
def test_json_is_compared_member_by_member(shown, outcome, wrong):
    assert difference(shown, "json", outcome) == wrong


@pytest.mark.parametrize(
    ("shown", "is_so"),
    [
        ("one\n…\nfour\n", True),
        ("one\nfour\n", False),
        ("…\nt…\nthree\n…\n", True),
        ("one…\n", False),
        ("…", True),
    ],
)
def test_lines_are_compared_in_their_order(shown, is_so):
    assert (difference(shown, "text", "one\ntwo\n\nthree\nfour\n") is None) is is_so
