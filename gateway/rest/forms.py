"""Forms in request bodies: text fields, and a file, which is streamed into the storage."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, get_type_hints

from starlette.types import Receive

from gateway.http.bodies import pieces_of
from gateway.http.forms import FormError, Part, PartTooLong, boundary_of, parts_of
from gateway.limits import Limits
from gateway.observe.limits import told
from gateway.observe.records import current
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Invalid
from gateway.resolvers.file_receiving import FilesOfRequest
from gateway.rest.calls import Call
from gateway.rest.refusals import BodyTooLarge, UnsupportedMediaType
from gateway.storage.receiving import ReceivedFile

MAX_FIELDS: Final = 20
MAX_TEXT: Final = 10_000  # bytes of a field of text

Turn = Callable[[str], AbstractAsyncContextManager[None]]


def file_field(form: type) -> str:
    """The field of a form's TypedDict that is a file: the one with bytes."""
    [name] = (name for name, kind in get_type_hints(form).items() if kind is bytes)
    return name


class FormReader:
    """Reads forms.

    Args:
        limits: the limits of files.
        turn: waits until the organization may send a file.
    """

    def __init__(self, limits: Limits, turn: Turn) -> None:
        self._limit = limits.file_bytes
        self._turn = turn

    @asynccontextmanager
    async def read(self, call: Call, receive: Receive, context: Context, form: type) -> AsyncIterator[None]:
        """Give a call the fields of its form. A file that no change uses is deleted at the end of the block.

        Unknown fields are ignored. If a field is repeated, the first one counts.

        Args:
            form: a TypedDict with the fields.

        Raises:
            UnsupportedMediaType: the body is not a form.
            Invalid: the form is malformed, or a text field is not text.
            BodyTooLarge: a text is too long, or there are too many fields.
            FileTooLarge: the file is too large.
            StorageFailure: the file cannot be stored.
        """
        declared = call.header(b"content-type") or ""
        boundary = boundary_of(declared)
        if boundary is None:
            raise UnsupportedMediaType(declared)
        async with FilesOfRequest(context) as files:
            await files.expect(1)
            async with self._turn(context.viewer.organization_id):
                try:
                    call.form = await self._fields(parts_of(pieces_of(receive), boundary), files, form)
                except FormError as error:
                    raise Invalid(str(error)) from None
            yield

    async def _fields(
        self, parts: AsyncIterator[Part], files: FilesOfRequest, form: type
    ) -> dict[str, str | ReceivedFile]:
        fields: dict[str, str | ReceivedFile] = {}
        of_file, known, number = file_field(form), get_type_hints(form), 0
        async for part in parts:
            number += 1
            if number > MAX_FIELDS:
                raise BodyTooLarge(f"A form must not have more than {MAX_FIELDS} fields.")
            if part.name not in known or part.name in fields:
                continue
            if part.name != of_file:
                fields[part.name] = await _text(part)
                continue
            file = await files.receive(part.file_name or "", part.content_type, part.pieces())
            if file.received.size > self._limit.cap:
                told(self._limit, file.received.size, current())
            fields[part.name] = file
        return fields


async def _text(part: Part) -> str:
    try:
        return (await part.content(MAX_TEXT)).decode()
    except PartTooLong:
        raise BodyTooLarge(f"A field must not be longer than {MAX_TEXT} bytes.") from None
    except UnicodeDecodeError:
        raise Invalid(f'The field "{part.name}" is not UTF-8.') from None
