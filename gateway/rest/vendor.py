"""Vendor and Endpoint: all that the engine has to know of a vendor, as data. A vendor's package makes one VENDOR."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from gateway.exchange.formats import Format
from gateway.resolvers.context import Context
from gateway.resolvers.errors import GatewayError
from gateway.resolvers.viewer import Scope
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
class Endpoint(Generic[Arguments]):
    """One method of one path that the vendor documents.

    Attributes:
        method: of HTTP, in capitals; what answers GET answers HEAD too.
        path: as the vendor documents it, `{name}` for a parameter, without the vendor's prefixes.
        operation_id: unique among the vendor's.
        arguments: reads and checks what the call says, once; pure.
        answer: the body; JSON-able, keys in the vendor's order. A shape's `render` makes most of it. None where the
            vendor documents the endpoint and it is not served here: such a method is refused as not allowed.
        response: the TypedDict of the answer's body; None where it has none.
        status: of an answer that is no refusal.
        scope: that the caller's token needs.
        request: the TypedDict of the request's body; None where the endpoint has none of its own.
        takes_body: whether a body is read where there is no ``request``: as another place for the query's parameters.
        document: name of the equivalent GraphQL document, ``documents/<name>.graphql`` of the vendor's package.
        variables: the document's variables for these arguments; never a credential.
        example: the documented answer, a file of ``gateway/demo/``.
        refusals: examples of what ``arguments`` or ``answer`` refuse in the vendor's own words.
    """

    method: str = "GET"
    path: str
    operation_id: str
    summary: str = ""
    arguments: Callable[[Call], Arguments] | None = None
    answer: Callable[[Context, Arguments], Awaitable[Any]] | None = None
    response: Any = None
    status: int = 200
    scope: Scope = Scope.READ
    request: Any = None
    takes_body: bool = False
    document: str | None = None
    variables: Callable[[Arguments], Mapping[str, Any]] | None = None
    parameters: tuple[Parameter, ...] = ()
    example: str | None = None
    refusals: tuple[Refusal | GatewayError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor(Format):
    """One vendor: its REST API, and the format of its files.

    Attributes:
        documentation: URL.
        credential: the token in a call; raises the vendor's own Refusal where there is none.
        endpoints: every one that is served, and those that are refused as methods of a path the vendor has.
        refuse: the vendor's answer to a fault; the endpoint is None where none was reached.
        security: the OpenAPI security schemes of the credential, each one enough.
        prefixes: put before every path; "" is the bare path.
        namespaces: path prefixes whose every other path is the vendor's to refuse: ``("/api/3",)``.
        either_slash: paths are served with and without a final slash, neither redirecting to the other.
        credential_first: whether a wrong method is refused only after the credential was checked.
        head_status: of every HEAD, unchecked and with no body; None where HEAD answers as GET does, without its body.
    """

    title: str
    documentation: str
    endpoints: tuple[Endpoint[Any], ...]
    credential: Callable[[Call], str]
    refuse: Callable[[GatewayError, Endpoint[Any] | None], Refusal]
    security: tuple[Mapping[str, str], ...] = ({"type": "http", "scheme": "bearer"},)
    prefixes: tuple[str, ...] = ("",)
    namespaces: tuple[str, ...] = ()
    either_slash: bool = True
    credential_first: bool = True
    head_status: int | None = None
    package: str = field(default="")

    def __post_init__(self) -> None:
        if not self.package:
            object.__setattr__(self, "package", f"gateway.vendors.{self.name}")

    @property
    def served(self) -> tuple[Endpoint[Any], ...]:
        """The endpoints that are answered."""
        return tuple(each for each in self.endpoints if each.answer is not None)

    def paths(self, path: str) -> list[str]:
        """Every path under which a documented path is served."""
        forms = [path]
        if self.either_slash:
            bare = path.rstrip("/")
            forms = [path, bare if path.endswith("/") else f"{path}/"]
        return [f"{prefix}{form}" for prefix in self.prefixes for form in forms if prefix + form]
