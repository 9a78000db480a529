"""Vendor and Endpoint: all that the engine has to know of a vendor, as data. A vendor's package makes one VENDOR."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

from gateway.exchange.formats import Format
from gateway.http.headers import RETRY_LATER, encoded
from gateway.resolvers.context import Context
from gateway.resolvers.errors import RETRIED, GatewayError
from gateway.resolvers.logins import LoggedIn
from gateway.resolvers.viewer import Scope
from gateway.rest.calls import Call
from gateway.rest.refusals import Refusal

Arguments = TypeVar("Arguments")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A documented parameter of the query string, of the path, or a header field.

    Attributes:
        schema: JSON Schema of its value, with the default.
        place: where it stands: ``query``, ``path`` or ``header``.
        shown: where a documented answer shows a value of it: a file of ``gateway/demo/``, then the members that lead
            to it. Its description offers this value as the example.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    place: str = "query"
    shown: tuple[str, *tuple[str | int, ...]] | None = None


class Repeated(Enum):
    """What of an answer to a read may be repeated while nothing stored has changed."""

    WHOLE = "whole"
    """Its body."""
    TAG = "tag"
    """That it is the same as before; its body shows what is sealed at rest, and is not kept."""
    NEVER = "never"
    """Nothing: it depends on something else, such as the clock, who asks, or other servers."""


def wholly(arguments: object) -> Repeated:
    """Says that the whole answer to any call may be repeated."""
    return Repeated.WHOLE


def by_tag_alone(arguments: object) -> Repeated:
    """Says that the answer to any call shows columns that are encrypted at rest."""
    return Repeated.TAG


def never(arguments: object) -> Repeated:
    """Says that the answer to a call may never be repeated, or costs less than looking it up."""
    return Repeated.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Generic[Arguments]):
    """One method of one path that the vendor documents.

    Attributes:
        method: of HTTP, in capitals. What answers GET answers HEAD, too.
        path: as the vendor documents it, `{name}` for a parameter, without the vendor's prefixes.
        operation_id: unique among the vendor's.
        arguments: reads and checks everything that the call says, at once; it is pure.
        answer: makes the body, JSON-able and with its keys in the vendor's order, mostly by a shape's `render`. None
            where the vendor documents the endpoint and it is not served here: such a method is refused as not allowed.
        response: the TypedDict of the answer's body; None where it has none.
        status: of an answer that is no refusal.
        scope: that the caller's token needs.
        request: the TypedDict of the request's body; None where the endpoint has none of its own.
        is_form: whether the body is a form (multipart/form-data) of the fields of ``request``, the one of bytes a file.
        takes_body: whether a body is read where ``request`` is None, since it may hold the query's parameters instead.
        document: name of the equivalent GraphQL document, ``documents/<name>.graphql`` of the vendor's package.
        variables: makes the document's variables of the arguments; never puts a credential into them.
        mutation: of a write, name of the document, beside these, that makes the same change in the graph.
        example: the documented answer, a file of ``gateway/demo/``.
        in_one_write: whether ``answer`` is called inside of a write, which its changes and its reads are parts of: then
            the caller may give an `Idempotency-Key`, and an `If-Match`. None where the scope says so: it changes
            something. False where it asks other servers, for whom no write waits.
        refusals: examples of what ``arguments`` or ``answer`` refuse in the vendor's own words.
        entered: makes the answer to somebody who has logged in, of whom no token is asked; then ``arguments`` reads
            what they log in by. None everywhere else.
        repeats: says of a read's arguments what of its answer may be given again.
        other: what a call is answered by instead, where `is_other` says so of it.
        is_other: tells by the body; the scope is asked for only then.
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
    is_form: bool = False
    takes_body: bool = False
    document: str | None = None
    mutation: str | None = None
    variables: Callable[[Arguments], Mapping[str, Any]] | None = None
    parameters: tuple[Parameter, ...] = ()
    example: str | None = None
    in_one_write: bool | None = None
    refusals: tuple[Refusal | GatewayError, ...] = ()
    entered: Callable[[LoggedIn], Any] | None = None
    repeats: Callable[[Arguments], Repeated] = wholly
    other: "Endpoint[Any] | None" = None
    is_other: Callable[[Call], bool] | None = None

    def meant(self, call: Call) -> "Endpoint[Any]":
        """Itself, or the other one that a call means."""
        return self.other if self.other is not None and self.is_other and self.is_other(call) else self

    def repeated(self, call: Call, arguments: Arguments) -> Repeated:
        """What of the answer to a call may be repeated; nothing if its URL has a credential."""
        if self.method != "GET" or call.parameter("api_key") is not None:
            return Repeated.NEVER
        return self.repeats(arguments)

    @property
    def is_change(self) -> bool:
        """Whether a call is one write."""
        return self.scope is not Scope.READ if self.in_one_write is None else self.in_one_write

    @property
    def has_tag(self) -> bool:
        """Whether its answers have an entity tag, except those that depend on more than stored data."""
        return self.shows_one or (self.method == "GET" and self.repeats is not never)

    @property
    def shows_one(self) -> bool:
        """Whether it shows one object, the one that its path ends in, whose representation has an entity tag."""
        return self.method == "GET" and self.path.rstrip("/").endswith("}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor(Format):
    """One vendor: its REST API, and the format of its files.

    Attributes:
        documentation: URL of the vendor's own.
        credential: finds the token in a call; raises the vendor's own Refusal where there is none.
        endpoints: every one that is served, and those that are refused as methods of a path that the vendor has.
        refuse: makes the vendor's answer to a fault; it is called without an endpoint where none was reached.
        security: the OpenAPI security schemes of the credential, each of which is enough.
        token_scheme: what stands before the token in the header field of the first of these; "" for nothing.
        prefixes: put before every path; "" is the bare path.
        namespaces: prefixes under which the vendor refuses every path that it does not have: ``("/api/3",)``.
        either_slash: whether paths are served with and without a final slash, neither redirecting to the other.
        credential_first: whether a wrong method is refused only after the credential was checked.
        head_status: of the answer to every HEAD, which has no body and for which nothing is checked; None where HEAD
            answers as GET does, without its body.
    """

    documentation: str
    endpoints: tuple[Endpoint[Any], ...]
    credential: Callable[[Call], str]
    refuse: Callable[[GatewayError, Endpoint[Any] | None], Refusal]
    security: tuple[Mapping[str, str], ...] = ({"type": "http", "scheme": "bearer"},)
    token_scheme: str = "Bearer"
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
        return tuple(each for each in self.endpoints if each.answer is not None or each.entered is not None)

    def shown_at(self, path: str) -> Endpoint[Any] | None:
        """The endpoint that shows the object which a path leads to, or lies below; None where there is none."""
        shown = [
            each
            for each in self.served
            if each.shows_one and f"{path.rstrip('/')}/".startswith(f"{each.path.rstrip('/')}/")
        ]
        return max(shown, key=lambda each: len(each.path), default=None)

    def refusal(self, error: GatewayError, endpoint: Endpoint[Any] | None) -> Refusal:
        """The whole answer to a fault: the vendor's, and when to ask again where that may help."""
        refusal = self.refuse(error, endpoint)
        if isinstance(error, RETRIED):
            refusal.headers += encoded(RETRY_LATER)
        return refusal

    def paths(self, path: str) -> list[str]:
        """Every path under which a documented path is served."""
        forms = [path]
        if self.either_slash:
            bare = path.rstrip("/")
            forms = [path, bare if path.endswith("/") else f"{path}/"]
        return [f"{prefix}{form}" for prefix in self.prefixes for form in forms if prefix + form]
