"""Records taken apart: what the columns of a row are, and what is kept beside them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, MetaData, Table

from gateway.db.types import OrderedText, SmallInt, Text
from gateway.exchange.records import Shapes
from gateway.shapes.json_text import parse
from gateway.shapes.shape import Shape

PARCELS = Table(
    "parcels",
    MetaData(),
    Column("organization_id", OrderedText, primary_key=True),
    Column("id", OrderedText, primary_key=True),
    Column("grams", SmallInt),
    Column("extra", Text),
)
PARCEL = Shape(
    name="toy.parcel",
    table=PARCELS,
    body=dict,
    outgoing=lambda row: {"id": row.id, "grams": row.grams},
    incoming=lambda given: {"id": given.id("id"), "grams": given.integer("grams")},
)


@pytest.mark.parametrize(
    ("text", "grams", "entry"),
    [
        ("32767", 32767, None),
        ("-32768", -32768, None),
        ("32768", None, {"grams": ["32768", "null"]}),
        ("-32769", None, {"grams": ["-32769", "null"]}),
        ("1e4", None, {"grams": ["1e4", "null"]}),
    ],
)
def test_a_number_that_a_column_has_no_room_for_is_kept_beside_it(text, grams, entry):
    organization = type("Organization", (), {"id": "north"})
    shapes = Shapes([PARCEL], datetime(2024, 2, 29, tzinfo=UTC), organization)

    taken = shapes.take(PARCEL, parse(f'{{"id":"p1","grams":{text}}}'), 1)

    [item] = taken.items
    assert taken.problems == []
    assert item.columns == {"id": "p1", "grams": grams}
    assert (item.entry or {}).get("members") == entry
    row = {**shapes.new_row(item), "extra": None}
    assert shapes.read_back(item, row) == {"id": "p1", "grams": grams}
