"""How many bytes a document holds in memory, for caches that are bounded by it."""

import sys
from typing import Final

from graphql.language import Node

LARGEST_KEPT: Final = 1 << 20
"""Bytes of the largest document that is kept, of some 2,500 tokens: those that come again seldom have so many."""

_DOCUMENT: Final = 32_000  # of one with a handful of tokens, with what is known of its operation
_TOKEN: Final = 400  # of a token: its own, its part of a node, its part of a plan


def bytes_of_document(node: Node) -> int:
    """About how many bytes the document of a node has.

    A node keeps the whole document alive: its location leads to every token and to the text.
    """
    if node.loc is None:
        return _DOCUMENT
    return _DOCUMENT + _TOKEN * tokens_of_document(node) + sys.getsizeof(node.loc.source.body)


def tokens_of_document(node: Node) -> int:
    """How many tokens the document of a node has."""
    assert node.loc is not None
    token = node.loc.start_token
    while token.prev is not None:
        token = token.prev
    count = 1
    while token.next is not None:
        token = token.next
        count += 1
    return count
