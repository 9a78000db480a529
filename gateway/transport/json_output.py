"""JSON to callers of the graph."""

from typing import Any

import orjson


def dump_json(value: Any) -> bytes:
    """The JSON text of an answer, whose data still holds what scalars leave to the writer.

    Instants, all of them in UTC, end in ``Z`` and have their six digits of a fraction or none.
    """
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)
