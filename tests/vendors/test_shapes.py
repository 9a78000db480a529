"""Every member that a vendor documents is written from a column and read into one, or is left to `extra` on purpose."""

from types import CodeType
from typing import NotRequired, TypedDict, get_type_hints

import pytest
from sqlalchemy import Column, MetaData, Table

from gateway.db.types import Boolean, OrderedText, SmallInt, Text, Timestamp
from gateway.shapes.given import Given, Problem
from gateway.shapes.json_text import parse
from gateway.shapes.shape import ASIDE, Shape
from gateway.vendors import VENDORS
from tests.vendors.test_documents import shapes_of

SHAPES = [(vendor.name, shape) for vendor in VENDORS for shape in shapes_of(vendor)]

# A path's own business, what other members say already, and what no column holds.
ONLY_KEPT = {"openint_allowed_scopes", "openint_default_scopes", "required_scopes"}
UNWRITTEN = {"openint.connector": ONLY_KEPT}
UNREAD = {
    "activecampaign.connection": {"links"},
    "activecampaign.single_connection": {"links"},
    "openint.connector": {*ONLY_KEPT, "has_openint_credentials"},
    "opal.comment": {"request_id"},
    "opal.listed_comment": {"request_id", "user_email", "user_full_name"},
    "opal.request": {"organization_id"},
}


def texts(code: CodeType) -> set[str]:
    """Every text that a function and the functions that it calls in its own module name."""
    found: set[str] = set()
    for each in code.co_consts:
        if isinstance(each, CodeType):
            found |= texts(each)
        else:
            found |= {
                text for text in (each if isinstance(each, tuple) else (each,)) if isinstance(text, str)
            }
    return found


def named(function) -> set[str]:
    called = [function.__globals__.get(name) for name in function.__code__.co_names]
    return texts(function.__code__).union(
        *(
            texts(each.__code__)
            for each in called
            if hasattr(each, "__code__") and each.__module__ == function.__module__
        )
    )


@pytest.mark.parametrize(
    ("vendor", "shape"), SHAPES, ids=[f"{shape.name}-{n}" for n, (_, shape) in enumerate(SHAPES)]
)
def test_no_member_is_forgotten_either_way(vendor, shape) -> None:
    members = set(get_type_hints(shape.body))
    alike = [each for _, each in SHAPES if each.body is shape.body]
    members -= {nested.member for each in alike for nested in each.nested if not isinstance(nested, ASIDE)}
    assert members - named(shape.outgoing) == UNWRITTEN.get(shape.name, set())
    assert members - named(shape.incoming) - {name for name, _ in shape.plain} == UNREAD.get(
        shape.name, set()
    )


PLAIN = Table(
    "plain",
    MetaData(),
    Column("organization_id", OrderedText, primary_key=True),
    Column("id", OrderedText, primary_key=True),
    Column("name", OrderedText, nullable=False),
    Column("note", OrderedText),
    Column("stars", SmallInt),
    Column("is_public", Boolean),
    Column("made_at", Timestamp),
    Column("extra", Text),
)


class Plain(TypedDict):
    id: str
    organization_id: str
    name: str
    note: NotRequired[str]
    stars: int | None
    is_public: bool
    made_at: str


def test_a_member_with_a_columns_own_name_is_read_as_its_type_says() -> None:
    shape = Shape(
        name="toy.plain",
        table=PLAIN,
        body=Plain,
        outgoing=lambda row: {},
        incoming=lambda given: {"id": given.id("id"), "made_at": None},
    )
    problems: list[Problem] = []
    members = parse('{"id":"1","organization_id":"theirs","name":"n","note":"","stars":5,"is_public":false}')
    assert shape.said(Given(members, (), problems)) == {
        "id": "1",
        "name": "n",
        "note": "",
        "stars": 5,
        "is_public": False,
        "made_at": None,
    }
    assert problems == []
    shape.said(Given(parse('{"id":"1","stars":"5","is_public":1}'), (), problems))
    assert [(each.path, each.message) for each in problems] == [
        (("name",), "It is missing."),
        (("stars",), "It must be a number."),
        (("is_public",), "It must be true or false."),
    ]


def test_a_member_whose_type_says_nothing_of_how_it_is_read_needs_a_reader() -> None:
    with pytest.raises(TypeError, match=r"toy\.plain: nothing reads extra, and its type does not say how."):
        Shape(
            name="toy.plain",
            table=PLAIN,
            body=TypedDict("Body", {"extra": list[str]}),
            outgoing=lambda row: {},
        )


@pytest.mark.parametrize(
    "shape", [shape for _, shape in SHAPES], ids=[f"{shape.name}-{n}" for n, (_, shape) in enumerate(SHAPES)]
)
def test_messages_name_members_that_there_are(shape) -> None:
    members = set(get_type_hints(shape.body))
    if shape.is_part:  # it is identified by what is nested in it
        members |= {name for each in shape.nested for name in get_type_hints(each.shape.body)}
    assert members >= set(shape.names.values())
    assert shape.names.keys() <= set(shape.table.c.keys())
    # A requested item has no id of its own.
    assert shape.key_member in members or shape.name == "opal.requested_item"
