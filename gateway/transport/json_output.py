"""JSON to callers of the graph."""

from typing import Any

import orjson

from gateway.observe.records import RequestRecord


def dump_json(value: Any) -> bytes:
    """The JSON text of an answer, whose data still holds what scalars leave to the writer.

    Instants, all of them in UTC, end in ``Z`` and have their six digits of a fraction or none.
    """
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


class AnswerWriter:
    """Writes objects of an answer that stand in it many times, and has its length charged (`gateway.execution`)."""

    __slots__ = ("_record",)

    def __init__(self, record: RequestRecord) -> None:
        self._record = record

    def write(self, value: Any) -> tuple[Any, int]:
        """The JSON text of a value."""
        text = dump_json(value)
        return orjson.Fragment(text), len(text)

    def wrote(self, size: int) -> None:
        """Charge what stands in the answer so far."""
        if self._record.work is not None:
            self._record.work.charge_bytes(size)
