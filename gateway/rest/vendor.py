"""Vendor and Endpoint: a vendor's REST API as data. Each vendor's package defines one VENDOR."""

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
    """A documented parameter of the query string or of the path, or a request header.

    Attributes:
        schema: JSON Schema of its value, with the default.
        place: ``query``, ``path`` or ``header``.
        shown: the place of an example value: a file of ``gateway/demo/``, then the path of a member in it. The OpenAPI
            document has this value as the example.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    place: str = "query"
    shown: tuple[str, *tuple[str | int, ...]] | None = None


class Repeated(Enum):
    """Which part of a read's response can be reused while the stored data has not changed."""

    WHOLE = "whole"
    """The body."""
    TAG = "tag"
    """Only the entity tag. The body has data that is encrypted at rest, and is not kept."""
    NEVER = "never"
    """Nothing: the response depends on something else, such as the clock, the caller, or other servers."""


def wholly(arguments: object) -> Repeated:
    """The whole response to any call can be reused."""
    return Repeated.WHOLE


def by_tag_alone(arguments: object) -> Repeated:
    """The response to any call shows columns that are encrypted at rest, so only its entity tag can be reused."""
    return Repeated.TAG


def never(arguments: object) -> Repeated:
    """The response to a call can never be reused, or costs less than the lookup."""
    return Repeated.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Generic[Arguments]):
    """One method of one path that the vendor documents.

    Attributes:
        method: the HTTP method in capitals. An endpoint for GET also serves HEAD.
        path: the path as the vendor documents it, `{name}` for a parameter, without the vendor's prefixes.
        operation_id: unique among the vendor's endpoints.
        arguments: reads and validates the whole call at once; it is pure.
        answer: makes the body: JSON-able, with its members in the vendor's order, mostly by a shape's `render`. None if
            the vendor documents the endpoint but the gateway does not serve it; then the method is not allowed.
        response: the TypedDict of the response body; None if it has none.
        status: the status of a successful response.
        scope: the scope that the caller's token needs.
        request: the TypedDict of the request body; None if the endpoint has none of its own.
        is_form: whether the body is a form (multipart/form-data) with the fields of ``request``; the one of bytes is a
            file.
        takes_body: whether a body is read although ``request`` is None, because it can have the query's parameters.
        document: the name of the equivalent GraphQL document, ``documents/<name>.graphql`` of the vendor's package.
        variables: makes the document's variables from the arguments. They must never have a credential.
        mutation: for a write, the name of the document that makes the same change in the graph.
        example: the documented response, a file of ``gateway/demo/``.
        in_one_write: whether ``answer`` runs inside a write that has its reads and changes; then callers can send
            `Idempotency-Key` and `If-Match`. None if the scope decides: it is a write unless the scope is `read`. False
            if it calls other servers, because no write may wait for them.
        refusals: examples of errors of ``arguments`` or ``answer``, in the vendor's own words.
        entered: makes the response for a person who has logged in; no token is needed, and ``arguments`` reads the
            login. None for all other endpoints.
        repeats: for a read's arguments, which part of its response can be reused.
        other: another endpoint that serves a call for which `is_other` returns true.
        is_other: decides by the body; the scope is checked only afterwards.
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
        """The endpoint that serves a call: this one or the other one."""
        return self.other if self.other is not None and self.is_other and self.is_other(call) else self

    def repeated(self, call: Call, arguments: Arguments) -> Repeated:
        """Which part of the response to a call can be reused; nothing if its URL has a credential."""
        if self.method != "GET" or call.parameter("api_key") is not None:
            return Repeated.NEVER
        return self.repeats(arguments)

    @property
    def is_change(self) -> bool:
        """Whether a call is a write."""
        return self.scope is not Scope.READ if self.in_one_write is None else self.in_one_write

    @property
    def has_tag(self) -> bool:
        """Whether its responses have an entity tag, except those that depend on more than stored data."""
        return self.shows_one or (self.method == "GET" and self.repeats is not never)

    @property
    def shows_one(self) -> bool:
        """Whether it shows the one object at the end of its path, so that its representation has an entity tag."""
        return self.method == "GET" and self.path.rstrip("/").endswith("}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor(Format):
    """A vendor: its REST API, and the format of its files.

    Attributes:
        documentation: the URL of the vendor's documentation.
        credential: finds the token in a call; raises the vendor's own Refusal if there is none.
        endpoints: all served endpoints, and those whose methods are refused although the vendor has the path.
        refuse: makes the vendor's response to an error; it is called without an endpoint if none was reached.
        security: the OpenAPI security schemes of the credential, each of which is enough.
        token_scheme: the word before the token in the header of the first scheme; "" for none.
        prefixes: prefixes of every path; "" is the bare path.
        namespaces: prefixes under which the vendor refuses all unknown paths, such as ``("/api/3",)``.
        either_slash: whether paths are served with and without a final slash, without a redirect.
        credential_first: whether the credential is checked before the method.
        head_status: the status of every response to HEAD, which has no body and for which nothing is checked. None if
            HEAD gets the same response as GET, without the body.
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
        """The endpoint that shows the object at or above a path; None if there is none."""
        shown = [
            each
            for each in self.served
            if each.shows_one and f"{path.rstrip('/')}/".startswith(f"{each.path.rstrip('/')}/")
        ]
        return max(shown, key=lambda each: len(each.path), default=None)

    def refusal(self, error: GatewayError, endpoint: Endpoint[Any] | None) -> Refusal:
        """The complete response to an error: the vendor's, with `Retry-After` if a retry may help."""
        refusal = self.refuse(error, endpoint)
        if isinstance(error, RETRIED):
            refusal.headers += encoded(RETRY_LATER)
        return refusal

    def paths(self, path: str) -> list[str]:
        """All paths under which a documented path is served."""
        forms = [path]
        if self.either_slash:
            bare = path.rstrip("/")
            forms = [path, bare if path.endswith("/") else f"{path}/"]
        return [f"{prefix}{form}" for prefix in self.prefixes for form in forms if prefix + form]
