"""GraphQL requests with files: the parts of a form, each file led to the variables that it stands for.

Specification: https://github.com/jaydenseric/graphql-multipart-request-spec. The parts come in its order, `operations`,
`map`, files, so that a file passes on into the storage as it comes; nothing is run before all of them are there.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from starlette.types import Receive

from gateway.http.bodies import pieces_of
from gateway.http.forms import FormError, Part, PartTooLong, boundary_of, parts_of
from gateway.limits import Limits
from gateway.resolvers.context import Context
from gateway.resolvers.errors import FileTooLarge
from gateway.resolvers.file_receiving import FilesOfRequest
from gateway.transport.errors import Defect, RequestError
from gateway.transport.json_input import load_json
from gateway.transport.limits import check

OPERATIONS: Final = "operations"
MAP: Final = "map"

Turn = Callable[[str], AbstractAsyncContextManager[None]]
Places = dict[str, list[tuple[Any, Any]]]
"""For each file by its part's name, the lists and objects that it stands in, with its place in each."""


class MultipartRequests:
    """Reads requests with files.

    Args:
        limits: of files, and of what is no file.
        turn: waits until a file of an organization may be sent.
    """

    def __init__(self, limits: Limits, turn: Turn) -> None:
        self._limits = limits
        self._turn = turn

    def is_one(self, headers: Mapping[str, str]) -> bool:
        """Whether a request is a form."""
        return boundary_of(headers.get("content-type")) is not None

    @asynccontextmanager
    async def read(
        self, headers: Mapping[str, str], receive: Receive, context: Context
    ) -> AsyncIterator[tuple[Any, bytes]]:
        """The value of `operations`, the files in it, and its text; files that no change takes go with the block.

        Raises:
            RequestError: the form is not as the specification has it, or goes beyond a limit.
            Forbidden: the viewer's token may not make files.
            StorageFailure: a file cannot be kept.
        """
        boundary = boundary_of(headers.get("content-type")) or ""
        async with FilesOfRequest(context) as files:
            parts = parts_of(pieces_of(receive), boundary)
            try:
                text = await self._content(parts, OPERATIONS)
                value = load_json(text, f'The part "{OPERATIONS}"')
                places = _places(value, load_json(await self._content(parts, MAP), f'The part "{MAP}"'))
                self._check_number(len(places))
                async with self._turn(context.viewer.organization_id):
                    await self._receive(files, parts, places)
            except FormError as error:
                raise RequestError(Defect.UNREADABLE, "BAD_REQUEST", str(error)) from None
            yield value, text

    def _check_number(self, files: int) -> None:
        """Refuse more files than may come with a request.

        Raises:
            RequestError: they are more.
        """
        limit = self._limits.files
        if files > limit.enforced:
            raise _malformed(limit.refusal(files))
        check(limit, files)

    async def _content(self, parts: AsyncIterator[Part], name: str) -> bytes:
        """The next part's bytes.

        Raises:
            RequestError: it is another one, or longer than a body may be.
        """
        part = await anext(parts, None)
        if part is None or part.name != name:
            message = f'The part "{name}" must come here: "{OPERATIONS}" first, then "{MAP}", then the files.'
            raise RequestError(Defect.MALFORMED, "BAD_REQUEST", message)
        limit = self._limits.body
        try:
            content = await part.content(limit.enforced)
        except PartTooLong:
            message = f'The part "{name}" must not be longer than {limit.number} bytes.'
            raise RequestError(413, "BAD_REQUEST", message) from None
        check(limit, len(content))
        return content

    async def _receive(self, files: FilesOfRequest, parts: AsyncIterator[Part], places: Places) -> None:
        missing = dict(places)
        await files.expect(len(places))
        async for part in parts:
            if part.name not in missing:
                message = f'The part "{part.name[:100]}" is not in the map, or came before.'
                raise RequestError(Defect.MALFORMED, "BAD_REQUEST", message)
            try:
                file = await files.receive(part.file_name or "", part.content_type, part.pieces())
            except FileTooLarge as error:
                refused = RequestError(413, error.code, str(error))
                refused.errors[0]["extensions"] = error.extensions
                raise refused from None
            check(self._limits.file_bytes, file.received.size)
            for holder, place in missing.pop(part.name):
                holder[place] = file
        if missing:
            message = f'The part "{next(iter(missing))[:100]}" of the map is missing.'
            raise RequestError(Defect.MALFORMED, "BAD_REQUEST", message)


def _places(operations: Any, given: Any) -> Places:
    """Where the files stand.

    Raises:
        RequestError: the map is none, or leads to what is no variable that is null.
    """
    if not isinstance(given, dict):
        raise _malformed('The part "map" must be a JSON object.')
    places: Places = {}
    taken: set[tuple[int, Any]] = set()
    for name, paths in given.items():
        if not isinstance(paths, list) or not paths or not all(isinstance(each, str) for each in paths):
            raise _malformed('Each member of the part "map" must be a list of paths.')
        places[name] = [_place(operations, path) for path in paths]
        for holder, place in places[name]:
            if (id(holder), place) in taken:
                raise _malformed("Two files of the map stand in the same place.")
            taken.add((id(holder), place))
    return places


def _place(operations: Any, path: str) -> tuple[Any, Any]:
    steps: list[Any] = path.split(".")
    in_batch = isinstance(operations, list)
    holder: Any = operations
    is_variable = len(steps) > 1 + in_batch and steps[in_batch] == "variables"
    for index, step in enumerate(steps):
        place = int(step) if isinstance(holder, list) and step.isascii() and step.isdigit() else step
        try:
            inside = holder[place] if isinstance(holder, dict | list) else ...
        except (KeyError, IndexError, TypeError):
            inside = ...
        if inside is ... or not is_variable:
            break
        if index == len(steps) - 1:
            if inside is None:
                return holder, place
            break
        holder = inside
    raise _malformed(f'The path "{path[:100]}" of the map leads to no variable that is null.')


def _malformed(message: str) -> RequestError:
    return RequestError(Defect.MALFORMED, "BAD_REQUEST", message)
