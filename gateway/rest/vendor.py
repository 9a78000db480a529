"""Vendor and Read: all that the engine has to know of a vendor, as data. A vendor's package makes one VENDOR."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from gateway.exchange.formats import Format
from gateway.resolvers.context import Context
from gateway.resolvers.errors import GatewayError
from gateway.rest.calls import Call
from gateway.rest.refusals import Refusal

Arguments = TypeVar("Arguments")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A documented parameter of the query string, or of the path.

    Attributes:
        schema: JSON Schema of its value, with the default.
        place: ``query`` or ``path``.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    place: str = "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read(Generic[Arguments]):
    """One documented read.

    Attributes:
        path: as the vendor documents it, `{name}` for a parameter, without the vendor's prefixes.
        operation_id: unique among the vendor's.
        arguments: reads and checks the call's parameters, once; pure.
        answer: the body; JSON-able, keys in the vendor's order. A shape's `render` makes most of it.
        body: the TypedDict of the answer.
        document: name of the equivalent GraphQL document, ``documents/<name>.graphql`` of the vendor's package.
        variables: the document's variables for these arguments; never a credential.
        takes_body: whether a GET's body is read; else it is left unread.
        example: the documented answer, a file of ``gateway/demo/``.
        refusals: examples of what ``arguments`` or ``answer`` refuse in the vendor's own words.
    """

    path: str
    operation_id: str
    summary: str
    arguments: Callable[[Call], Arguments]
    answer: Callable[[Context, Arguments], Awaitable[Any]]
    body: Any
    document: str | None = None
    variables: Callable[[Arguments], Mapping[str, Any]] | None = None
    parameters: tuple[Parameter, ...] = ()
    takes_body: bool = False
    example: str | None = None
    refusals: tuple[Refusal | GatewayError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor(Format):
    """One vendor: its REST API, and the format of its files.

    Attributes:
        documentation: URL.
        credential: the token in a call; raises the vendor's own Refusal where there is none.
        refuse: the vendor's answer to a fault; the read is None where none was reached.
        security: the OpenAPI security schemes of the credential, each one enough.
        prefixes: put before every path; "" is the bare path.
        namespaces: path prefixes whose every other path is the vendor's to refuse: ``("/api/3",)``.
        either_slash: paths are served with and without a final slash, neither redirecting to the other.
        write_paths: documented paths that have writes alone; they answer "not allowed".
        credential_first: whether a wrong method is refused only after the credential was checked.
        head_status: of every HEAD, unchecked and with no body; None where HEAD answers as GET does, without its body.
    """

    title: str
    documentation: str
    reads: tuple[Read[Any], ...]
    credential: Callable[[Call], str]
    refuse: Callable[[GatewayError, Read[Any] | None], Refusal]
    security: tuple[Mapping[str, str], ...] = ({"type": "http", "scheme": "bearer"},)
    prefixes: tuple[str, ...] = ("",)
    namespaces: tuple[str, ...] = ()
    either_slash: bool = True
    write_paths: tuple[str, ...] = ()
    credential_first: bool = True
    head_status: int | None = None
    package: str = field(default="")

    def __post_init__(self) -> None:
        if not self.package:
            object.__setattr__(self, "package", f"gateway.vendors.{self.name}")

    def paths(self, path: str) -> list[str]:
        """Every path under which a documented path is served."""
        forms = [path]
        if self.either_slash:
            bare = path.rstrip("/")
            forms = [path, bare if path.endswith("/") else f"{path}/"]
        return [f"{prefix}{form}" for prefix in self.prefixes for form in forms if prefix + form]
