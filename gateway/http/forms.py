"""Forms: bodies of the type multipart/form-data (RFC 7578), read part by part as they come.

https://multipart.readthedocs.io/ finds the parts.
"""

import re
from collections.abc import AsyncIterator
from typing import Any, Final

from gateway.http.media_types import parse_media_type

FORM: Final = "multipart/form-data"
_BOUNDARY: Final = re.compile(r';\s*+boundary="?([^\s";,]++)', re.IGNORECASE)
MAX_HEADERS: Final = 8  # of a part, which needs two


class FormError(Exception):
    """A body is no form that is read here; the message says why."""


class PartTooLong(Exception):
    """A part has more bytes than its reader takes."""


def boundary_of(content_type: str | None) -> str | None:
    """What stands between the parts of a body of this type; None where it is no form."""
    media_type = parse_media_type(content_type or "")
    if media_type is None or media_type.type != FORM:
        return None
    if media_type.parameters is not None:
        return media_type.parameters.get("boundary", "")
    # curl puts its own boundary behind the one that it was told to send.
    found: list[str] = _BOUNDARY.findall(content_type or "")
    return found[-1] if found else ""


class Part:
    """One part of a form; its bytes are read once.

    Attributes:
        name: of the field.
        file_name: as the sender gave it, if it is a file.
        content_type: of what is in it, as the sender says.
    """

    def __init__(self, segment: Any, events: AsyncIterator[Any]) -> None:
        self.name: str = segment.name or ""
        self.file_name: str | None = segment.filename
        self.content_type: str | None = segment.content_type
        self._events: AsyncIterator[Any] | None = events

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes as they come; nothing where they were read before.

        Raises:
            FormError: the form is broken.
            Exception: what brings the body's pieces raises.
        """
        while self._events is not None:
            event = await anext(self._events)
            if event is None:
                self._events = None
                return
            yield bytes(event)

    async def content(self, limit: float) -> bytes:
        """All its bytes.

        Raises:
            PartTooLong: they are more than the limit.
            FormError: the form is broken.
        """
        found: list[bytes] = []
        size = 0
        async for piece in self.pieces():
            size += len(piece)
            if size > limit:
                raise PartTooLong
            found.append(piece)
        return b"".join(found)


async def parts_of(pieces: AsyncIterator[bytes], boundary: str) -> AsyncIterator[Part]:
    """The parts of a form in their order; what is not read of one is passed over with it.

    Args:
        pieces: the body as it comes.
        boundary: see `boundary_of`.

    Raises:
        FormError: it is broken.
        Exception: what the iterator raises.
    """
    events = _events(pieces, boundary)
    async for segment in events:
        part = Part(segment, events)
        yield part
        async for _ in part.pieces():
            pass


async def _events(pieces: AsyncIterator[bytes], boundary: str) -> AsyncIterator[Any]:
    """For each part its head, its bytes in pieces, and None.

    Raises:
        FormError: the form is broken.
    """
    from multipart import MultipartError, PushMultipartParser  # only who is sent a form needs it

    try:
        parser = PushMultipartParser(boundary, max_header_count=MAX_HEADERS)
        with parser:
            async for piece in pieces:
                if parser.closed:
                    break  # what follows the last part is none (RFC 2046, section 5.1.1)
                for event in parser.parse(piece):
                    yield event
    except MultipartError as error:
        raise FormError(f"The form cannot be read: {error}.") from None
