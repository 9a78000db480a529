"""Answers that are repeated while nothing has changed: entity tags from data versions, and cached bodies.

The versions are read before the data, by one look at two rows. Rows and versions commit together, so that an answer is
at least as new as the versions that it is known by, and is known by versions that nobody meets any more as soon as a
write is acknowledged (docs/decisions/versions-before-data.md).
"""

import base64
import hashlib
from collections.abc import Hashable
from dataclasses import fields
from typing import Final, NamedTuple

from gateway import __version__
from gateway.caches import SharedCache
from gateway.db.data_versions import Version
from gateway.db.database import Reader
from gateway.db.version_looks import VersionLooks
from gateway.resolvers.context import Context
from gateway.settings import Settings

ENTRIES: Final = 20_000
OVERHEAD: Final = 600
"""Bytes of what is kept beside a body: keys, versions, the cache's own."""
LARGEST: Final = 8
"""The part of all kept bytes that one body may have is one divided by this."""

_NOT_SHOWN: Final = frozenset(
    {
        "demo_token",
        "explorer_token",
        "database_connections",
        "database_statement_cache",
        "log_level",
        "log_format",
    }
)
"""Settings that shape no answer; those that are not to be printed are left out anyway."""

Versions = tuple[Version, Version]


class KnownAnswer(NamedTuple):
    """What is known of an answer.

    Attributes:
        versions: that were read before its data, the organization's and the catalogue's; None of an answer that was
            asked for once.
        body: None where the tag alone is kept.
        own_tag: its entity tag, where that is not the one of the versions.
        tag: the one of the versions, where it was asked for.
        misses: how often in a row something had changed when it was looked up.
        skips: how often more it is computed without being looked up.
    """

    versions: Versions | None
    body: bytes | None = None
    own_tag: str | None = None
    tag: str | None = None
    misses: int = 0
    skips: int = 0


ASKED_ONCE: Final = KnownAnswer(None)

SKIPS: Final = (0, 0, 1, 3, 7, 15, 31)
"""How often an answer is computed without being looked up, by its misses: what changes each time is worth no look."""


class Question:
    """What a caller asks, and the answer, if it is known and nothing has changed since.

    Args:
        answers: where it is looked up.
        context: of the caller; what they may see is a part of the question.
        asked: everything else that the answer depends on, each part with a `repr` that says all of it.

    Attributes:
        known: what is known of the answer, once it was looked up.
    """

    __slots__ = (
        *("_answers", "_asked", "_key", "_misses", "_organization_id", "_sight", "_tag", "_versions"),
        "known",
    )

    def __init__(self, answers: "Answers", context: Context, asked: tuple[Hashable, ...]) -> None:
        self._answers = answers
        self._organization_id = context.viewer.organization_id
        self._sight = context.viewer.sight
        self._asked = asked
        self._key = (self._organization_id, self._sight, asked)
        self._versions: Versions | None = None
        self._tag: str | None = None
        self._misses = 0
        self.known: KnownAnswer | None = None

    def is_worth_a_look(self) -> bool:
        """Whether to look it up: not the first time, and less often if it changed every time so far."""
        kept = self._answers.kept.get(self._key)
        if kept is None:
            self._keep(ASKED_ONCE)
        elif kept.skips:
            self._keep(kept._replace(skips=kept.skips - 1))
        else:
            return True
        return False

    async def look_up(self) -> None:
        """Look up the answer, with one statement, before anything that the answer shows is read."""
        self._versions = await self._answers.looks.versions(self._organization_id)
        kept = self._answers.kept.get(self._key)
        if kept is None or kept.versions is None:
            return
        if kept.versions == self._versions:
            self.known = kept
        else:
            self._misses = kept.misses + 1

    @property
    def tag(self) -> str:
        """The strong entity tag of the answer, by the versions and by what was asked."""
        if self._tag is None:
            self._tag = self.known.tag if self.known is not None else None
            self._tag = self._tag or self._make_tag()
        return self._tag

    def _make_tag(self) -> str:
        assert self._versions is not None
        # A set's own order differs from process to process.
        sight = [sorted(each) if isinstance(each, frozenset) else each for each in self._sight]
        said = repr((self._organization_id, sight, self._asked, [tuple(each) for each in self._versions]))
        digest = hashlib.blake2b(said.encode(), digest_size=18, key=self._answers.seed).digest()
        return f'"{base64.urlsafe_b64encode(digest).decode()}"'

    def repeated(self) -> None:
        """Note that it was repeated, or that its caller has it already, with a tag that need not be computed again."""
        known = self.known or KnownAnswer(self._versions)
        if known.misses or (known.tag is None and self._tag is not None):
            self._keep(known._replace(tag=self._tag or known.tag, misses=0))

    def answered(self, body: bytes | None, own_tag: str | None = None) -> None:
        """Keep the answer, which was computed after it was looked up.

        Args:
            body: None where it must not lie in memory for long, since it shows what is sealed at rest.
            own_tag: the entity tag of what has one of its own.
        """
        if body is not None or own_tag is not None:
            skips = SKIPS[min(self._misses, len(SKIPS) - 1)]
            self._keep(KnownAnswer(self._versions, body, own_tag, self._tag, self._misses, skips))

    def _keep(self, kept: KnownAnswer) -> None:
        size = OVERHEAD + (len(kept.body) if kept.body is not None else 0)
        self._answers.kept.put(self._organization_id, self._key, kept, size)


class Answers:
    """The answers of one process.

    Args:
        settings: those that shape answers are a part of every tag, and so is the release.
        reader: the started store.
    """

    def __init__(self, settings: Settings, reader: Reader) -> None:
        self.looks = VersionLooks(reader)
        size = settings.kept_answers_bytes
        self.keeps_bodies = size > 0
        self.kept: SharedCache[Hashable, KnownAnswer] = SharedCache(ENTRIES, size, size // LARGEST)
        shaping = [
            (each.name, getattr(settings, each.name))
            for each in fields(settings)
            if each.repr and each.name not in _NOT_SHOWN
        ]
        self.seed = hashlib.blake2b(repr((__version__, shaping)).encode(), digest_size=32).digest()

    def question(self, context: Context, *asked: Hashable) -> Question:
        """A question (see `Question`), to be looked up."""
        return Question(self, context, asked)
