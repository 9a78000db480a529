"""A GraphQL request as HTTP brings it, checked in its shape: body or query string, members."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from gateway.caches import Cache
from gateway.http.headers import encoded
from gateway.http.media_types import JSON
from gateway.transport.errors import Defect, RequestError
from gateway.transport.json_input import check_values, is_suspicious, load_json
from gateway.transport.negotiation import is_json_request

_OPERATION_PARAMETERS: Final = frozenset({"query", "documentId", "doc_id", "extensions"})
ACCEPT_QUERY: Final = {"accept-query": JSON}
"""What the content of a QUERY request may be, as answers to it say (RFC 10008, section 3)."""
_USUAL: Final = {"query", "variables", "operationName"}
"""The members that most requests have, and no others: nothing of these names a document."""
_PARAMETERS: Final = _OPERATION_PARAMETERS | {"operationName", "variables"}
_MOST_PARAMETERS: Final = 100

_JSON_GROWTH: Final = 40
"""The most bytes of memory that a byte of JSON takes once it is read: an empty list takes the most."""

_documents: Final[Cache[str, str]] = Cache(entries=256, size=1 << 20)
"""Documents by what they are in URLs, since a long one takes longer to decode than to find the answer to it again."""


class GraphQLRequest(NamedTuple):
    """One operation that is asked for.

    Attributes:
        query: a document's text; None where a known document is asked for by name alone.
        document_id: the name of a known document, or the one that the text is to have.
        operation_name: which operation of the document; None where it has only one.
        variables: as they came.
    """

    query: str | None
    document_id: str | None
    operation_name: str | None
    variables: dict[str, Any]


_requests: Final[Cache[bytes, GraphQLRequest]] = Cache(entries=256, size=8 << 20, largest=1 << 20)
"""What URLs ask for, whose front ends poll: to read one takes about as long as to find its answer again."""


def names_an_operation(query_string: bytes) -> bool:
    """Whether a URL asks for an operation, not for a page."""
    return not _OPERATION_PARAMETERS.isdisjoint(_names(query_string))


def names_a_query(query_string: bytes) -> bool:
    """Whether a URL has a query's text, which a page can show."""
    return "query" in _names(query_string)


def _names(query_string: bytes) -> list[str]:
    return [name for name, _ in parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)]


def check_content(headers: Mapping[str, str], more: Sequence[tuple[bytes, bytes]] = ()) -> None:
    """Refuse a body that is not said to be plain JSON; no browser form can send what passes.

    Args:
        headers: of the request, by lower-case name.
        more: fields that the refusal has.

    Raises:
        RequestError: BAD_REQUEST, with the status 415.
    """
    if not is_json_request(headers.get("content-type", "")):
        raise refuse_media_type(JSON, more)
    check_encoding(headers)


def refuse_media_type(accepted: str, more: Sequence[tuple[bytes, bytes]] = ()) -> RequestError:
    """What is told of a body whose media type is not read.

    Args:
        accepted: the media types that are, as the field `Accept` of a 415 names them (RFC 9110, section 12.5.1).
        more: further fields of the refusal.
    """
    message = "Send the body as JSON in UTF-8, with the header Content-Type: application/json."
    return RequestError(415, "BAD_REQUEST", message, headers=[(b"accept", accepted.encode()), *more])


def check_query_content(headers: Mapping[str, str]) -> None:
    """Refuse the content of a QUERY request that is not said to be plain JSON (RFC 10008, section 2).

    Raises:
        RequestError: BAD_REQUEST, with the status 400 where nothing is said of it, else 415.
    """
    if "content-type" not in headers:
        message = (
            "A QUERY request must say what its content is: send JSON in UTF-8, with the header "
            "Content-Type: application/json."
        )
        raise RequestError(400, "BAD_REQUEST", message, headers=encoded(ACCEPT_QUERY))
    check_content(headers, more=encoded(ACCEPT_QUERY))


def check_encoding(headers: Mapping[str, str]) -> None:
    """Refuse a body that is compressed.

    Raises:
        RequestError: BAD_REQUEST, with the status 415.
    """
    if not is_plain(headers):
        encodings = [(b"accept-encoding", b"identity")]
        raise RequestError(415, "BAD_REQUEST", "A body must not be compressed.", headers=encodings)


def is_plain(headers: Mapping[str, str]) -> bool:
    """Whether a body is not compressed."""
    return coding_of(headers) == "identity"


def coding_of(headers: Mapping[str, str]) -> str:
    """How a body is packed, in lower case: `identity` where it is not (RFC 9110, section 8.4)."""
    return headers.get("content-encoding", "identity").strip().lower()


def parse_body(body: bytes) -> GraphQLRequest | list[Any]:
    """The request of a JSON body, or the entries of a batch, each for `parse_request`.

    Raises:
        RequestError: as `parse_request`.
    """
    return parse_operations(load_json(body, "The body"), body)


def parse_operations(value: Any, text: bytes) -> GraphQLRequest | list[Any]:
    """The request that a JSON value is, or the entries of a batch, each for `parse_request`.

    Args:
        text: the value's own.

    Raises:
        RequestError: as `parse_request`.
    """
    return value if isinstance(value, list) else parse_request(value, is_suspicious(text))


def parse_request(value: Any, suspicious: bool = True) -> GraphQLRequest:
    """The request that a JSON value is; members that are not known are passed over.

    Args:
        value: of JSON.
        suspicious: what `is_suspicious` says of the value's text.

    Raises:
        RequestError: BAD_REQUEST; BAD_USER_INPUT for values that no store takes.
    """
    if not isinstance(value, dict):
        raise _malformed("A GraphQL request must be a JSON object.")
    query = value.get("query")
    if query.__class__ is str and query and not suspicious and value.keys() <= _USUAL:
        variables, name = value.get("variables"), value.get("operationName")
        if (variables is None or variables.__class__ is dict) and (name is None or name.__class__ is str):
            return GraphQLRequest(query, None, name or None, variables or {})
    query = _member(value, "query", str)
    variables = _member(value, "variables", dict) or {}
    document_id = _document_id(value, _member(value, "extensions", dict) or {})
    if not query and document_id is None:
        raise _malformed("A GraphQL request must have a query, or the documentId of a known document.")
    if suspicious:
        check_values(variables)
    operation_name = _member(value, "operationName", str) or None
    return GraphQLRequest(query or None, document_id, operation_name, variables)


def parse_query_string(query_string: bytes) -> GraphQLRequest:
    """The request of a URL, `variables` and `extensions` being JSON in it.

    Raises:
        RequestError: as `parse_request`.
    """
    request = _requests.get(query_string)
    if request is None:
        members, values = members_of(query_string)
        request = parse_request(members, any(map(is_suspicious, values)))
        size = 4 * len(query_string) + _JSON_GROWTH * sum(map(len, values))
        _requests.put(query_string, request, size)
    return request


def members_of(query_string: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The members of the request of a URL, and the JSON texts of those that are JSON in it.

    Raises:
        RequestError: BAD_REQUEST; BAD_USER_INPUT for half of a surrogate pair.
    """
    try:
        text = query_string.decode("ascii")
        if text.count("&") >= _MOST_PARAMETERS:
            raise ValueError
        pairs = [_parameter(each) for each in text.split("&") if each]
    except ValueError:
        raise RequestError(Defect.UNREADABLE, "BAD_REQUEST", "The URL's query can't be read.") from None
    members: dict[str, Any] = {}
    values: list[bytes] = []
    for name, value in pairs:
        if name in members:
            raise _malformed(f'The parameter "{name}" comes twice.')
        if name not in _PARAMETERS:
            continue
        if name in ("variables", "extensions"):
            values.append(value.encode())
            members[name] = load_json(values[-1], f'The parameter "{name}"') if value else None
        else:
            members[name] = value
    return members, values


def _parameter(text: str) -> tuple[str, str]:
    """The name and the value of a parameter of a URL (`application/x-www-form-urlencoded`)."""
    name, _, value = text.partition("=")
    if name != "query":
        return unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")
    document = _documents.get(value)
    if document is None:
        document = unquote_plus(value, errors="strict")
        _documents.put(value, document, len(value) + len(document))
    return name, document


def _member(request: dict[str, Any], name: str, type_: type) -> Any:
    value = request.get(name)
    if value is not None and not isinstance(value, type_):
        raise _malformed(f'The member "{name}" must be {"a string" if type_ is str else "an object"}.')
    return value


def _document_id(request: dict[str, Any], extensions: dict[str, Any]) -> str | None:
    """The document's name: `documentId`, Relay's `doc_id` or Apollo's `persistedQuery.sha256Hash`."""
    persisted = _member(extensions, "persistedQuery", dict)
    if persisted is not None and (persisted.get("version") != 1 or not persisted.get("sha256Hash")):
        raise _malformed("A persistedQuery must have the version 1 and a sha256Hash.")
    names = [
        _member(request, "documentId", str),
        _member(request, "doc_id", str),
        _member(persisted, "sha256Hash", str) if persisted else None,
    ]
    given = {normalize_document_id(name) for name in names if name}
    if len(given) > 1:
        raise _malformed("The request names several documents.")
    return next(iter(given), None)


def normalize_document_id(name: str) -> str:
    """A document's name without the prefix that says it is a SHA-256, and in lower case if it is one."""
    bare = name.removeprefix("sha256:")
    return bare.lower() if len(bare) == 64 else bare


def _malformed(message: str) -> RequestError:
    return RequestError(Defect.MALFORMED, "BAD_REQUEST", message)
