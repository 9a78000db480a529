"""Overlapping fields: graphql-core's verdict and words, at a cost that grows as the document does."""

from random import Random

import pytest
from graphql import (
    NoUnusedFragmentsRule,
    OverlappingFieldsCanBeMergedRule,
    TypeInfo,
    build_schema,
    parse,
    validate,
)
from graphql.validation import ValidationContext

from gateway.transport.errors import RequestError
from gateway.transport.overlapping_fields import OverlappingFields
from tests.lengths import cases

CASES = cases(200)

SCHEMA = build_schema(
    """
    interface Thing { id: ID! name(form: Form, size: Int): String near(ids: [Int]): Thing all: [Thing!] }
    enum Form { LONG SHORT }
    input Where { a: Int b: [String] }
    type Cat implements Thing {
      id: ID! name(form: Form, size: Int): String near(ids: [Int]): Thing all: [Thing!]
      weight: Int! kitten(where: Where): Cat lives: Int tags: [String] pet: Pet
    }
    type Dog implements Thing {
      id: ID! name(form: Form, size: Int): String near(ids: [Int]): Thing all: [Thing!]
      weight: Float! kitten(where: Where): Dog lives: Int! tags: [String!] pet: Pet!
    }
    type Plant { id: ID name: Int all: Thing near: [Thing] weight: Int! pet: [Pet] }
    union Pet = Cat | Dog | Plant
    type Query { thing(id: ID): Thing pet: Pet cat: Cat dog: Dog plant: Plant things: [Thing] id: ID }
    """
)
COMPOSITES = ["Query", "Thing", "Cat", "Dog", "Plant", "Pet"]
VALUES = {
    "id": ["1", '"1"', "$v"],
    "form": ["LONG", "SHORT", "null"],
    "size": ["1", "2", "$s"],
    "ids": ["[1, 2]", "[1]", "[]", "[$s]"],
    "where": ['{a: 1, b: ["x"]}', '{b: ["x"], a: 1}', '{a: 1, b: ["""x"""]}', "{a: $s}", "{}"],
}


class Documents:
    """Random documents whose only fault may be that their fields overlap."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.aliases = self.chance.choice([["x"], ["x", "y"], ["x", "y", "z", "u", "v"]])
        self.fragments = self.chance.randrange(4)

    def document(self) -> str:
        operation = "query ($v: ID, $s: Int) " + self.selection_set("Query", 0, 0)
        return operation + "".join(
            f" fragment F{i} on {self.type_of(i)} {self.selection_set(self.type_of(i), 1, i + 1)}"
            for i in range(self.fragments)
        )

    def type_of(self, fragment: int) -> str:
        return COMPOSITES[1:][fragment % 5]

    def selection_set(self, type_: str, depth: int, least: int) -> str:
        selections = [self.selection(type_, depth, least) for _ in range(self.chance.randint(1, 4))]
        return "{" + " ".join(selections) + "}"

    def selection(self, type_: str, depth: int, least: int) -> str:
        kind = self.chance.random()
        if kind < 0.15 and least < self.fragments:
            return f"...F{self.chance.randrange(least, self.fragments)}"
        if kind < 0.45 and depth < 4:
            condition = self.chance.choice(COMPOSITES[1:] if type_ != "Query" else ["Query"])
            return f"... on {condition} {self.selection_set(condition, depth + 1, least)}"
        fields = getattr(SCHEMA.type_map[type_], "fields", {})
        name = self.chance.choice(["__typename", *fields])
        if name == "__typename":
            return self.aliased(name)
        text = self.aliased(name)
        given = [f"{each}: {self.chance.choice(VALUES[each])}" for each in fields[name].args]
        if given and self.chance.random() < 0.4:
            self.chance.shuffle(given)
            text += f"({', '.join(given[: self.chance.randint(1, len(given))])})"
        named = str(fields[name].type).strip("[]!")
        if named not in COMPOSITES:
            return text
        return text + (self.selection_set(named, depth + 1, least) if depth < 4 else "{x: __typename}")

    def aliased(self, name: str) -> str:
        return f"{self.chance.choice(self.aliases)}: {name}" if self.chance.random() < 0.35 else name


def test_the_verdict_is_graphql_cores():
    verdicts = [0, 0]
    for seed in range(CASES):
        text = Documents(seed).document()
        document = parse(text)
        if _has_unspread_fragments(document):
            continue
        expected = validate(SCHEMA, document, [OverlappingFieldsCanBeMergedRule])
        found = validate(SCHEMA, document, [OverlappingFields])
        assert bool(found) == bool(expected), text
        verdicts[bool(found)] += 1
    assert min(verdicts) > CASES // 40


def _has_unspread_fragments(document):
    return bool(validate(SCHEMA, document, [NoUnusedFragmentsRule]))


@pytest.mark.parametrize(
    ("text", "message", "places"),
    [
        (
            "{thing {x: id x: name}}",
            "Fields 'x' conflict because 'id' and 'name' are different fields.",
            [(1, 9), (1, 15)],
        ),
        (
            "{thing {...A name(size: 2)}} fragment A on Thing {name(size: 1)}",
            "Fields 'name' conflict because they have differing arguments.",
            [(1, 14), (1, 51)],
        ),
        (
            "{pet {... on Cat {weight} ... on Dog {weight}}}",
            "Fields 'weight' conflict because they return conflicting types 'Int!' and 'Float!'.",
            [(1, 19), (1, 39)],
        ),
        (
            "{cat {kitten {x: id}} cat {kitten {x: lives}}}",
            "Fields 'cat' conflict because subfields 'kitten' conflict because subfields 'x' conflict because "
            "'id' and 'lives' are different fields.",
            [(1, 2), (1, 7), (1, 15), (1, 23), (1, 28), (1, 36)],
        ),
    ],
)
def test_a_conflict_is_told_in_graphql_cores_words(text, message, places):
    (error,) = validate(SCHEMA, parse(text), [OverlappingFields])
    advice = " Use different aliases on the fields to fetch both if this was intentional."
    assert error.message == message + advice
    assert sorted((each.line, each.column) for each in error.locations) == places


def test_ten_conflicts_are_told_at_most():
    text = "{" + " ".join(f"a{i}: id a{i}: __typename" for i in range(50)) + "}"
    assert len(validate(SCHEMA, parse(text), [OverlappingFields])) == 10


def _equal(count):
    return "{" + "thing{id}" * count + "}"


def _nested(count):
    return "{" + "cat{kitten{kitten{id}}}" * count + "}"


def _spread(count):
    spreads = " ".join(f"...F{i}" for i in range(count))
    return f"{{cat {{{spreads}}}}}" + "".join(f" fragment F{i} on Cat {{x: id}}" for i in range(count))


def _exclusive(count):
    kinds = "... on Cat {x: near {id}} ... on Dog {x: near(ids: [1]) {id}}"
    return "{pet {" + kinds * count + "}}"


@pytest.mark.parametrize("shape", [_equal, _nested, _spread, _exclusive])
def test_twice_the_fields_are_twice_the_work(shape):
    assert _work(shape(200)) <= 2.2 * _work(shape(100)) < 10_000


def _work(text):
    document = parse(text)
    rule = OverlappingFields(ValidationContext(SCHEMA, document, TypeInfo(SCHEMA), [].append))
    rule.enter_document(document)
    return rule.work


def test_fields_that_multiply_in_exclusive_types_are_refused():
    text = "... on Cat {z: name} ... on Dog {z: name(size: 1)}"
    for depth in range(1, 15):
        chain = "x: near {" * depth + "id" + "}" * depth
        text = f"... on Cat {{{chain}}} ... on Dog {{{chain}}} x: near {{{text}}}"
    with pytest.raises(RequestError, match="too many fields that overlap"):
        validate(SCHEMA, parse(f"{{thing {{{text}}}}}"), [OverlappingFields])
