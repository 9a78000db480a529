"""Fair shares: how many requests of one organization, token and address are served at once, and who waits for that."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from gateway.limits import Limit, Limits, Mode
from gateway.observe.limits import told
from gateway.observe.records import RequestRecord
from gateway.resolvers.errors import Overloaded, Unavailable

MOST_WAITING: Final = 2_000  # requests of all organizations together
MOST_KEYS: Final = 10_000  # that are kept of each kind while nobody holds a place of them

_FULL: Final = "Too many requests wait to be served. Try again later."


class Party:
    """An organization, a token or an address, and how many places it has taken."""

    __slots__ = ("cap", "limit", "name", "taken")

    def __init__(self, name: str | None, limit: Limit) -> None:
        self.name = name
        self.limit = limit
        self.cap = limit.cap
        self.taken = 0


Parties = tuple[Party, ...]
"""Of one request, its organization first."""


@dataclass(slots=True, eq=False)
class _Waiter:
    keys: Parties
    place: asyncio.Future[None]


class Shares:
    """Places for requests, each of which counts for several keys; who finds none waits, in order.

    Args:
        limits: how many places each key has, in the order of the keys.
        waiting: how many requests of an organization may wait.
        seconds: how long one may.
    """

    def __init__(self, limits: Sequence[Limit], waiting: Limit, seconds: Limit) -> None:
        self._limits = limits
        self._waiting_limit = waiting
        self._seconds = seconds
        self._known: dict[tuple[str | None, ...], Parties] = {}
        self._each: tuple[dict[tuple[str | None, ...], Party], ...] = tuple({} for _ in limits)
        self._waiting: dict[_Waiter, None] = {}
        self._waiting_of: Counter[Party] = Counter()

    @property
    def waiting(self) -> int:
        """How many requests wait for a place."""
        return len(self._waiting)

    def keys(self, *names: str | None) -> Parties:
        """The keys of a request, by their names: its organization, its token and its address."""
        return self._known.get(names) or self._new(names)

    def _new(self, names: tuple[str | None, ...]) -> Parties:
        if len(self._known) >= MOST_KEYS:
            self._known.clear()
            held = {key for waiter in self._waiting for key in waiter.keys}
            for each in self._each:
                for name in [name for name, key in each.items() if not key.taken and key not in held]:
                    del each[name]
        full = (names[:1], names[:2], names[2:])  # a token is its organization's
        self._known[names] = keys = tuple(
            each.setdefault(name, Party(name[-1], limit))
            for name, each, limit in zip(full, self._each, self._limits, strict=False)
        )
        return keys

    def take(self, keys: Parties, record: RequestRecord) -> bool:
        """Take a place of every key, if each has one."""
        for key in keys:
            if key.taken >= key.cap and not self._is_open(key, record):
                return False
        for key in keys:
            key.taken += 1
        return True

    def _is_open(self, key: Party, record: RequestRecord) -> bool:
        """Whether a key whose places are taken gives more of them, since its limit is observed alone."""
        return key.limit.mode is Mode.OBSERVE and not told(key.limit, key.taken + 1, record)

    def give_back(self, keys: Parties) -> None:
        """Give the places back; whoever has waited longest, of those whom they are enough for, gets them."""
        for key in keys:
            key.taken -= 1
        if self._waiting:
            self._pass_on()

    def _pass_on(self) -> None:
        for waiter in self._waiting:
            if waiter.place.done():  # it was given up, and its task has yet to hear of it
                continue
            if all(key.taken < key.limit.enforced for key in waiter.keys):
                self._forget(waiter)
                for key in waiter.keys:
                    key.taken += 1
                waiter.place.set_result(None)
                return

    def _forget(self, waiter: _Waiter) -> None:
        if waiter in self._waiting:
            del self._waiting[waiter]
            self._waiting_of[waiter.keys[0]] -= 1
            if not self._waiting_of[waiter.keys[0]]:
                del self._waiting_of[waiter.keys[0]]

    async def wait(self, keys: Parties, record: RequestRecord) -> None:
        """Wait for a place of every key, once `take` found none.

        Raises:
            Overloaded: too many of the organization wait already, or it takes too long.
            Unavailable: too many of all wait already.
        """
        loop = asyncio.get_running_loop()
        organization = keys[0]
        number = self._waiting_of[organization] + 1
        limit = self._waiting_limit
        if number > limit.cap and told(limit, number, record):
            raise Overloaded(limit, number)
        if len(self._waiting) >= MOST_WAITING:  # of others: it is not this caller's doing
            raise Unavailable(_FULL)
        waiter = _Waiter(keys, loop.create_future())
        self._waiting[waiter] = None
        self._waiting_of[organization] = number
        timer = None
        if (seconds := self._seconds).mode is not Mode.OFF:
            timer = loop.call_later(seconds.number, self._expire, waiter, record)
        try:
            await waiter.place
        except BaseException:
            if waiter.place.done() and not waiter.place.cancelled() and waiter.place.exception() is None:
                self.give_back(keys)  # it came while this caller was being cancelled
            raise
        finally:
            self._forget(waiter)
            if timer is not None:
                timer.cancel()

    def _expire(self, waiter: _Waiter, record: RequestRecord) -> None:
        limit = self._seconds
        if told(limit, limit.number, record) and not waiter.place.done():
            waiter.place.set_exception(Overloaded(limit, limit.number))


def shares_of(limits: Limits, connections: int) -> tuple[Shares, Shares, Shares]:
    """The places of requests, those of dear operations among them, and those of files that are sent or fetched.

    Args:
        connections: of the store's pool, one of which at least no organization takes, unless the operator lets it.
    """
    organization = limits.organization_requests
    if inf > organization.enforced >= connections > 1:
        organization = organization.read(str(connections - 1))
    of_requests = (organization, limits.token_requests, limits.address_requests)
    waits = (limits.waiting, limits.waiting_seconds)
    dear, transfers = (Shares((each,), *waits) for each in (limits.dear_operations, limits.file_transfers))
    return Shares(of_requests, *waits), dear, transfers
