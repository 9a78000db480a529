"""The equivalent GraphQL documents of the vendors' reads, identified by their SHA-256."""

from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files

from gateway.rest.vendor import Vendor


@cache
def document(package: str, name: str) -> str:
    """The text of ``documents/<name>.graphql`` in a vendor's package."""
    return files(package).joinpath("documents", f"{name}.graphql").read_text("utf-8")


def document_id(text: str) -> str:
    """The id of a document at the GraphQL endpoint: ``sha256:`` and the hexadecimal digest."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def documents(vendors: Iterable[Vendor]) -> Mapping[str, str]:
    """All documents of these vendors by id, to be trusted by the GraphQL endpoint."""
    texts = (
        document(vendor.package, each.document)
        for vendor in vendors
        for each in vendor.served
        if each.document is not None
    )
    return {document_id(text): text for text in texts}
