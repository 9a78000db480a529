"""Trusted documents: those that callers may name instead of sending their text."""

from collections.abc import Mapping
from hashlib import sha256

from strawberry import Schema

from gateway.transport.documents import Document, prepare
from gateway.transport.errors import Defect, RequestError
from gateway.transport.requests import normalize_document_id


class TrustedDocuments:
    """Documents by identifier (``sha256:`` and the text's hash in hex, the bare hash, or any other name).

    They are exempt from the limits on documents, since they are ours, and each is prepared when first asked for.
    """

    def __init__(self, schema: Schema, documents: Mapping[str, str]) -> None:
        self._schema = schema._schema
        self._texts = {normalize_document_id(name): text for name, text in documents.items()}
        self._prepared: dict[str, Document] = {}

    def get(self, document_id: str) -> Document | None:
        """The document of that (normalized) identifier, None if it is not known."""
        document = self._prepared.get(document_id)
        if document is None and document_id in self._texts:
            document = prepare(self._schema, self._texts[document_id], None)
            self._prepared[document_id] = document
        return document


def check_document_id(document_id: str, query: str) -> None:
    """Refuse a text that comes with the identifier of another.

    Raises:
        RequestError: BAD_REQUEST.
    """
    if sha256(query.encode()).hexdigest() != document_id:
        message = "The document's identifier is not the SHA-256 of the query that comes with it."
        raise RequestError(Defect.MALFORMED, "BAD_REQUEST", message)


def unknown_document() -> RequestError:
    """The answer that makes Apollo's and other clients send the text itself."""
    return RequestError(Defect.UNFIT, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
