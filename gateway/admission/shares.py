"""Fair shares: how many requests of one organization, token and address are served at once, and who waits for that."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.limits import Limit, Limits, Mode
from gateway.observe.limits import told
from gateway.observe.records import RequestRecord
from gateway.resolvers.errors import Overloaded

Keys = Sequence[str]
"""Of one request: its organization, its token and its address, each with a letter in front that says which it is."""

MOST_WAITING: Final = 2_000  # requests of all organizations together


@dataclass(slots=True, eq=False)
class _Waiter:
    organization: str
    keys: Keys
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
        self._caps = [limit.enforced for limit in limits]
        self._waiting_limit = waiting
        self._seconds = seconds
        self._taken: dict[str, int] = {}
        self._waiting: dict[_Waiter, None] = {}
        self._waiting_of: Counter[str] = Counter()

    def take(self, keys: Keys, record: RequestRecord) -> bool:
        """Take a place of every key, if each has one."""
        taken = self._taken
        for key, cap in zip(keys, self._caps, strict=True):
            if taken.get(key, 0) >= cap:
                return False
        for key, limit in zip(keys, self._limits, strict=True):
            number = taken[key] = taken.get(key, 0) + 1
            if number > limit.cap:  # one that is observed
                told(limit, number, record)
        return True

    def give_back(self, keys: Keys) -> None:
        """Give the places back; whoever has waited longest, of those whom they are enough for, gets them."""
        taken = self._taken
        for key in keys:
            if taken[key] == 1:
                del taken[key]
            else:
                taken[key] -= 1
        if self._waiting:
            self._pass_on()

    def _pass_on(self) -> None:
        for waiter in self._waiting:
            if all(self._taken.get(key, 0) < cap for key, cap in zip(waiter.keys, self._caps, strict=True)):
                self._forget(waiter)
                for key in waiter.keys:
                    self._taken[key] = self._taken.get(key, 0) + 1
                waiter.place.set_result(None)
                return

    def _forget(self, waiter: _Waiter) -> None:
        if self._waiting.pop(waiter, self) is not self:
            self._waiting_of[waiter.organization] -= 1
            if not self._waiting_of[waiter.organization]:
                del self._waiting_of[waiter.organization]

    async def wait(self, keys: Keys, record: RequestRecord) -> None:
        """Wait for a place of every key, once `take` found none.

        Raises:
            Overloaded: too many wait already, or it takes too long.
        """
        loop = asyncio.get_running_loop()
        organization = keys[0]
        number = self._waiting_of[organization] + 1
        limit = self._waiting_limit
        if (number > limit.cap and told(limit, number, record)) or len(self._waiting) >= MOST_WAITING:
            raise Overloaded(limit, number)
        waiter = _Waiter(organization, keys, loop.create_future())
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


def shares_of(limits: Limits, connections: int) -> tuple[Shares, Shares]:
    """The places of requests, and those of dear operations among them.

    Args:
        connections: of the store's pool, one of which at least no organization takes.
    """
    organization = limits.organization_requests
    if organization.enforced >= connections > 1:
        organization = organization.read(str(connections - 1))
    of_requests = (organization, limits.token_requests, limits.address_requests)
    waits = (limits.waiting, limits.waiting_seconds)
    return Shares(of_requests, *waits), Shares((limits.dear_operations,), *waits)
