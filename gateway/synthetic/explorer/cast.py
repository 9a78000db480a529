"""The people and companies: the organization's own people, its trading partners, and their contacts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.synthetic.draws import Draws
from gateway.synthetic.explorer.cultures import CULTURES, Culture
from gateway.synthetic.explorer.spelling import in_ascii
from gateway.synthetic.explorer.texts import JOB_TITLES
from gateway.synthetic.rows import Fields

PEOPLE: Final = 42
REVIEWERS: Final = 7
DOMAIN: Final = "halyard.example"


@dataclass(frozen=True, slots=True)
class Company:
    """A company that asks to trade, or that is asked.

    Attributes:
        domain: the domain of its e-mail addresses.
        contact: the full name of its contact.
    """

    name: str
    domain: str
    contact: str
    telephone: str


class Cast:
    """All people and companies; the same draws give the same ones.

    Args:
        draws: the source of all choices.
        begun: when the organization began.
    """

    def __init__(self, draws: Draws, begun: datetime) -> None:
        self._draws = draws
        self.people = [self._person(number, begun) for number in range(PEOPLE)]
        self._companies: set[str] = set()

    @property
    def reviewers(self) -> list[Fields]:
        """The people who decide on requests."""
        return self.people[:REVIEWERS]

    @property
    def requesters(self) -> list[Fields]:
        """The people who make requests."""
        return self.people[REVIEWERS:]

    def company(self) -> Company:
        """A new company, with a contact."""
        while True:
            culture: Culture = self._draws.pick(CULTURES)
            parts = [self._draws.pick(each) for each in (culture.stems, culture.trades, culture.forms)]
            name = " ".join(parts)
            if " ".join(parts[:2]) not in self._companies:
                break
        self._companies.add(" ".join(parts[:2]))
        first, last = self._draws.pick(culture.first_names), self._draws.pick(culture.last_names)
        contact = f"{last} {first}" if culture.is_family_first else f"{first} {last}"
        telephone = f"{culture.telephone} 01{self._draws.number(2)}"
        return Company(name, f"{in_ascii(' '.join(parts[:2]))}.example", contact, telephone)

    def _person(self, number: int, begun: datetime) -> Fields:
        culture = CULTURES[number % len(CULTURES)]
        first, last = self._draws.pick(culture.first_names), self._draws.pick(culture.last_names)
        # Each joined later than those before: the first is the one whom a demonstration's token belongs to.
        at = begun + timedelta(days=number * 9, minutes=int(self._draws.random.random() * 400))
        return {
            "id": self._draws.new_id(at),
            "created_at": at,
            "updated_at": at,
            "first_name": first,
            "last_name": last,
            "email": f"{in_ascii(first)}.{in_ascii(last)}@{DOMAIN}",
            "phone": f"+31 20 555 0{self._draws.number(3)}",
            "job_title": JOB_TITLES[number % len(JOB_TITLES)],
        }
