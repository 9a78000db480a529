"""The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1) of the vendors' endpoints."""

import re
from collections.abc import Iterable, Sequence
from functools import reduce
from importlib.resources import files
from operator import getitem
from typing import Any, Final

import orjson
from graphql import FieldNode, OperationDefinitionNode, OperationType, parse
from starlette.types import Scope

from gateway import __version__
from gateway.http.forms import FORM
from gateway.http.media_types import JSON
from gateway.limits import Limits
from gateway.resolvers.errors import (
    UNAVAILABLE,
    Forbidden,
    GatewayError,
    Invalid,
    KeyInUse,
    KeyReused,
    NotFound,
    Overloaded,
    PreconditionFailed,
    Unauthenticated,
    Unavailable,
)
from gateway.rest.calls import Call
from gateway.rest.documents import document
from gateway.rest.json_schema import Schema, Schemas, any_of, of_examples
from gateway.rest.refusals import (
    BodyTooLarge,
    InternalServerError,
    MethodNotAllowed,
    Refusal,
    UnsupportedMediaType,
    allowed_methods,
)
from gateway.rest.vendor import Endpoint, Parameter, Vendor
from gateway.shapes.repairs import without_trailing_commas

EQUIVALENT: Final = "x-graphql"
"""The member of an operation with its GraphQL equivalent: a ``document`` with its text."""

_NO_CALL: Scope = {"type": "http", "method": "GET", "headers": [], "query_string": b""}
_WORD = re.compile(r"\W+")
_WAITING = Limits().waiting

_MEANINGS = {
    400: "The request is malformed.",
    401: "The credential is missing or not valid.",
    403: "The credential is missing, not valid, or does not allow this.",
    404: "The object does not exist, or the caller may not see it.",
    409: (
        "The state of the object does not allow the change, or another request with the same `Idempotency-Key` is in "
        "progress."
    ),
    412: "The object has changed since it was read: its `ETag` does not match `If-Match`.",
    413: "The request body is too large.",
    415: "The path does not accept the `Content-Type` of the request body.",
    422: (
        "The values are not valid, the object does not allow the change, or the `Idempotency-Key` was used for another "
        "request."
    ),
    429: "The caller has too many requests in progress, or too many logins failed. Try again later.",
    500: "An internal error of the gateway.",
    503: "The database cannot be reached, or is too slow or too busy. Try again later.",
}

_TEXT: Schema = {"type": "string"}
_ETAG = {
    "description": "The strong entity tag of the representation (RFC 9110, section 8.8.3).",
    "schema": _TEXT,
}
_REPLAYED = {
    "description": "`true` if an earlier request with the same `Idempotency-Key` made the change.",
    "schema": _TEXT,
}
_IF_NONE_MATCH = Parameter(
    name="If-None-Match",
    description="The `ETag` of your copy. If the copy is current, the response has the status 304 and no body.",
    schema=_TEXT,
    place="header",
)
_IF_MATCH = Parameter(
    name="If-Match",
    description="The `ETag` of the object as you read it. If the object has changed since then, the response has the "
    "status 412 and nothing is changed.",
    schema=_TEXT,
    place="header",
)
_IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    description="A new key of 1 to 255 characters for each change, such as "
    '`"8e03978e-40d5-43dd-bc93-6894a57f9324"`. If you repeat a request with its key within 24 hours, you get the '
    "first response, and nothing is changed again.",
    schema=_TEXT,
    place="header",
)
_ANSWER_HEADERS = {
    "Link": {
        "description": (
            'The URL of the equivalent GraphQL document (`rel="successor-version"`, RFC 5829). It includes the '
            "variables if they are short."
        ),
        "schema": _TEXT,
    },
    "Deprecation": {
        "description": "The date since which the path is deprecated (RFC 9745). Absent if it is not deprecated.",
        "schema": _TEXT,
    },
    "Sunset": {
        "description": "The date after which the path may be removed (RFC 8594). Absent if no date is set.",
        "schema": _TEXT,
    },
}


def openapi(vendors: Sequence[Vendor]) -> dict[str, Any]:
    """The OpenAPI document of these vendors' endpoints, under all prefixes."""
    schemas = Schemas()
    paths: dict[str, Any] = {}
    for vendor in vendors:
        for endpoint in vendor.served:
            operation = _operation(vendor, endpoint, schemas)
            for prefix in vendor.prefixes:
                item = paths.setdefault(
                    prefix + endpoint.path, {"description": _other_methods(vendor, endpoint.path)}
                )
                item[endpoint.method.lower()] = {"operationId": _id(vendor, endpoint, prefix), **operation}
    title = vendors[0].title if len(vendors) == 1 else "Connection requests"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title}: REST paths of the gateway",
            "version": __version__,
            "description": (
                "The REST paths of vendors' APIs, for existing callers. For new programs, use the GraphQL API at "
                "`/graphql`."
            ),
        },
        "tags": [
            {
                "name": vendor.title,
                "externalDocs": {"url": vendor.documentation, "description": "The vendor's documentation."},
            }
            for vendor in vendors
        ],
        "paths": paths,
        "components": {
            "schemas": schemas.named,
            "securitySchemes": {name: scheme for vendor in vendors for name, scheme in _security(vendor)},
        },
    }


def _operation(vendor: Vendor, endpoint: Endpoint[Any], schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "description": _description(vendor, endpoint),
        "tags": [vendor.title],
        "security": [] if endpoint.entered else [{name: []} for name, _ in _security(vendor)],
        "parameters": [
            _parameter(each, endpoint) for each in (*endpoint.parameters, *_fields(vendor, endpoint))
        ],
    }
    if body := _body(vendor, endpoint, schemas):
        operation["requestBody"] = body
    operation["responses"] = _responses(vendor, endpoint, schemas)
    if name := endpoint.document or endpoint.mutation:
        operation[EQUIVALENT] = {"document": document(vendor.package, name)}
    return operation


def _description(vendor: Vendor, endpoint: Endpoint[Any]) -> str:
    """The scope that a caller needs, and the equivalent in GraphQL."""
    if endpoint.entered:
        needed = "Requires no token. The response contains one."
    else:
        needed = f"Requires a token with the scope `{endpoint.scope}`."
    if (other := endpoint.other) is not None:
        needed += f" The scope `{other.scope}` is enough if the request means “{other.summary}”."
    if (name := endpoint.document or endpoint.mutation) is None:
        return needed
    [operation, *_] = parse(document(vendor.package, name)).definitions
    assert isinstance(operation, OperationDefinitionNode)
    fields = [each.name.value for each in operation.selection_set.selections if isinstance(each, FieldNode)]
    kind = "mutation" if operation.operation is OperationType.MUTATION else "query"
    return f"{needed} In GraphQL, use the {kind} {' and '.join(f'`{each}`' for each in fields)}."


def _other_methods(vendor: Vendor, path: str) -> str:
    served = [each.method for each in vendor.served if each.path == path]
    other = next(method for method in ("POST", "DELETE", "PATCH", "PUT", "GET") if method not in served)
    refusal = vendor.refuse(MethodNotAllowed(other, allowed_methods(served)), None)
    said = []
    if vendor.head_status is not None:
        said.append(f"HEAD gets the status {vendor.head_status} and no body")
    elif "GET" in served:
        said.append("HEAD gets the same response as GET, without the body")
    body = orjson.dumps(refusal.body).decode()
    said.append(
        f"Any other method gets the status {refusal.status}. For example, {other} gets the body `{body}`."
    )
    return ". ".join(said)


def _id(vendor: Vendor, endpoint: Endpoint[Any], prefix: str) -> str:
    """A unique operation id. The documented path has the plain name; other prefixes are appended."""
    place = "" if prefix == vendor.prefixes[0] else _WORD.sub("_", prefix)
    return f"{vendor.name}_{_WORD.sub('_', endpoint.operation_id)}{place}"


def _security(vendor: Vendor) -> Iterable[tuple[str, dict[str, str]]]:
    for number, scheme in enumerate(vendor.security, 1):
        yield f"{vendor.name}{number if number > 1 else ''}", dict(scheme)


def _parameter(parameter: Parameter, endpoint: Endpoint[Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.description,
        "required": parameter.place == "path",
        "schema": dict(parameter.schema),
    }
    # The reference fills examples in. What is deleted has to be named by whoever deletes it: "1" is an id everywhere.
    if parameter.shown is not None and endpoint.method != "DELETE":
        name, *members = parameter.shown
        described["example"] = reduce(getitem, members, example(name))
    return described


def _fields(vendor: Vendor, endpoint: Endpoint[Any]) -> Iterable[Parameter]:
    """The request headers that are read for every vendor."""
    if endpoint.has_tag:
        yield _IF_NONE_MATCH
    if endpoint.is_change:
        yield _IDEMPOTENCY_KEY
        if vendor.shown_at(endpoint.path) is not None:
            yield _IF_MATCH


def _body(vendor: Vendor, endpoint: Endpoint[Any], schemas: Schemas) -> dict[str, Any] | None:
    """The endpoint's own body, or the query parameters that a JSON body can also have."""
    if endpoint.request is not None:
        schema = schemas.of(endpoint.request, vendor.name.title())
        if endpoint.other is not None:
            other = _body(vendor, endpoint.other, schemas) or {
                "content": {"application/json": {"schema": {}}}
            }
            schema = {"anyOf": [schema, other["content"]["application/json"]["schema"]]}
            return {"content": {"application/json": {"schema": schema}}}
        media_type = FORM if endpoint.is_form else JSON
        return {"required": True, "content": {media_type: {"schema": schema}}}
    properties = {each.name: dict(each.schema) for each in endpoint.parameters if each.place == "query"}
    if not endpoint.takes_body or not properties:
        return None
    schema = {"type": "object", "properties": properties}
    return {
        "description": "The same parameters as in the URL. If a parameter is in both, the URL takes precedence.",
        "content": {"application/json": {"schema": schema}},
    }


# Answers


def _responses(vendor: Vendor, endpoint: Endpoint[Any], schemas: Schemas) -> dict[str, Any]:
    headers = {
        name: header for name, header in _ANSWER_HEADERS.items() if name != "Link" or endpoint.document
    }
    if endpoint.has_tag:
        headers["ETag"] = _ETAG
    if endpoint.is_change:
        headers["Idempotency-Replayed"] = _REPLAYED
    success: dict[str, Any] = {"description": "The documented response.", "headers": headers}
    if endpoint.response is not None:
        content: dict[str, Any] = {"schema": schemas.of(endpoint.response, vendor.name.title())}
        if endpoint.example is not None:
            content["example"] = example(endpoint.example)
        success["content"] = {"application/json": content}
    responses: dict[str, Any] = {str(endpoint.status): success}
    if endpoint.has_tag:
        responses["304"] = {
            "description": "The caller's copy is current (`If-None-Match`).",
            "headers": {"ETag": _ETAG},
        }
    if endpoint.other is not None:
        responses = {**_responses(vendor, endpoint.other, schemas), **responses}
    refused: dict[int, list[Refusal]] = {}
    for refusal in refusals(vendor, endpoint):
        refused.setdefault(refusal.status, []).append(refusal)
    for status in sorted(refused):
        responses[str(status)] = _refused(status, refused[status])
    return responses


def refusals(vendor: Vendor, endpoint: Endpoint[Any]) -> list[Refusal]:
    """At least one example of each error of an endpoint, in the vendor's form."""
    of_tokens = [
        _without_credential(vendor),
        Unauthenticated("The token is unknown, expired or revoked."),
        Forbidden(f"This needs a token with the scope `{endpoint.scope}`."),
    ]
    errors: list[GatewayError | Refusal] = [
        *([] if endpoint.entered else of_tokens),
        Invalid("A URL may have at most 1000 parameters."),
        *endpoint.refusals,
        InternalServerError(),
        Overloaded(_WAITING, _WAITING.number + 1),
        *(Unavailable(message) for message in UNAVAILABLE.values()),
    ]
    if "{" in endpoint.path:
        errors.append(NotFound("Not found."))
    if endpoint.is_change:
        errors += [KeyInUse(), KeyReused(), PreconditionFailed()]
    if endpoint.takes_body or endpoint.request is not None:
        errors += [BodyTooLarge("A body must not be longer."), UnsupportedMediaType("text/plain")]
    return [each if isinstance(each, Refusal) else vendor.refusal(each, endpoint) for each in errors]


def _without_credential(vendor: Vendor) -> GatewayError | Refusal:
    try:
        vendor.credential(Call(_NO_CALL))
    except (GatewayError, Refusal) as error:
        return error
    raise AssertionError(f"{vendor.name} lets callers in without a credential.")


def _refused(status: int, refused: list[Refusal]) -> dict[str, Any]:
    bodies: list[Any] = []
    for each in refused:
        if each.body not in bodies:
            bodies.append(each.body)
    examples = {f"example{number}": {"value": body} for number, body in enumerate(bodies, 1)}
    formed = [each.body for each in refused if each.schema is None]
    stated = [dict(each.schema) for each in refused if each.schema is not None]
    schema = any_of([*stated, *([of_examples(formed)] if formed else [])])
    described: dict[str, Any] = {
        "description": _MEANINGS[status],
        "content": {"application/json": {"schema": schema, "examples": examples}},
    }
    headers = {name.decode(): {"schema": _TEXT} for each in refused for name, _ in each.headers}
    return {**described, "headers": headers} if headers else described


def example(name: str) -> Any:
    """A documented response. If a printed document lacks its last brace, it is added."""
    text = without_trailing_commas(files("gateway").joinpath("demo", name).read_text("utf-8"))
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return orjson.loads(text + "}")
