"""What tools learn of the graph by asking it, as far as older ones could stumble over it."""

from gateway.schema.schema import make_schema


def test_directives_name_only_places_that_older_clients_know():
    result = make_schema().execute_sync("{ __schema { directives { name locations } } }")
    assert result.data["__schema"]["directives"] == [
        {"name": "include", "locations": ["FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"]},
        {"name": "skip", "locations": ["FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"]},
        {
            "name": "deprecated",
            "locations": ["FIELD_DEFINITION", "ARGUMENT_DEFINITION", "INPUT_FIELD_DEFINITION", "ENUM_VALUE"],
        },
        {"name": "specifiedBy", "locations": ["SCALAR"]},
        {"name": "oneOf", "locations": ["INPUT_OBJECT"]},
        {"name": "defer", "locations": ["FRAGMENT_SPREAD", "INLINE_FRAGMENT"]},
        {"name": "stream", "locations": ["FIELD"]},
        {"name": "idempotent", "locations": ["FIELD"]},
    ]
