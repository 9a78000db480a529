"""Texts that are the same for all callers, sent as they are or compressed, as each caller accepts them.

Such a text is compressed once, and holds no secret that compressed lengths could tell (docs/security.md).
"""

import asyncio
import gzip
from collections.abc import Callable, Mapping
from typing import Final

from starlette.responses import Response

from gateway.http.encodings import choose_encoding
from gateway.http.entity_tags import entity_tag, is_named
from gateway.http.headers import PRIVATE

WORTH: Final = 1_400
"""Bytes from which on a text is compressed: a shorter one goes in one packet as it is."""

VARY: Final = "Accept-Encoding"
"""The field of requests that decides how such a text comes, for `Vary`."""

# Every client and proxy takes it. Others would need a package, for a sixth of 26 kB.
_CODING: Final = "gzip"


def chosen_coding(field: str | None, size: int) -> str | None:
    """The content coding of a text for a caller; None where it comes as it is.

    Args:
        field: of `Accept-Encoding`; None where it is absent.
        size: of the text, in bytes.
    """
    return choose_encoding(field, (_CODING,)) if size >= WORTH else None


def variant_tag(tag: str, *of: str | None) -> str:
    """The entity tag of one representation (RFC 9110, section 8.8.3.3: each content coding has its own).

    Args:
        tag: of the text.
        of: what tells the representation from others of the text.
    """
    return entity_tag(f"{tag} {of}".encode())


async def compressed(text: bytes) -> bytes:
    """The text in the coding that `chosen_coding` names; others run meanwhile."""
    # Without a time in it, so that all processes give the same bytes under the same tag.
    return await asyncio.to_thread(gzip.compress, text, 6, mtime=0)


class StaticText:
    """A text that the process makes when it is first asked for.

    Args:
        make: makes it, in a thread of its own.
        media_type: as `Content-Type` has it.
    """

    def __init__(self, make: Callable[[], bytes], media_type: str) -> None:
        self._make = make
        self._media_type = media_type
        self._turn = asyncio.Lock()
        self._forms: dict[str | None, bytes] = {}
        self._tag = ""

    async def respond(self, headers: Mapping[str, str]) -> Response:
        """The answer to a GET or HEAD; a caller who has the text is told so, and one who wants another.

        Args:
            headers: of the request, by lower-case name.
        """
        async with self._turn:
            text = self._forms.get(None)
            if text is None:
                text = self._forms[None] = await asyncio.to_thread(self._make)
                self._tag = entity_tag(text)
            coding = chosen_coding(headers.get("accept-encoding"), len(text))
            tag = variant_tag(self._tag, coding)
            fields = {**PRIVATE, "etag": tag, "vary": VARY}
            wanted, known = headers.get("if-match"), headers.get("if-none-match")
            if wanted is not None and not is_named(wanted, tag):
                return Response(status_code=412, headers=fields)
            if known is not None and is_named(known, tag, weakly=True):
                return Response(status_code=304, headers=fields)
            if coding is not None:
                fields["content-encoding"] = coding
                if coding not in self._forms:
                    self._forms[coding] = await compressed(text)
        return Response(self._forms[coding], headers=fields, media_type=self._media_type)
