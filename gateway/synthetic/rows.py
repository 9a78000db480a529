"""Invented rows of one organization, written by `gateway seed`. The same arguments give the same rows.

Nothing here reads a clock or the operating system's randomness.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.synthetic import words
from gateway.synthetic.draws import Draws

Fields = dict[str, Any]

DURATIONS = (60, 240, 480, 1440, 10080, 43200, None)  # minutes
GROUPS = ("grp-data-platform", "grp-edi-operators", "grp-finance", "grp-on-call", None, None)

KINDS = ("trading_partner",) * 6 + ("access",)
STATUSES = ("approved",) * 5 + ("denied",) + ("canceled",) + ("pending",) * 8
INTEGRATION_COUNTS = (0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8, 12)  # of a trading partner's request
FILE_COUNTS = (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 4, 6)
DOZENS = 0.003  # the share of requests with dozens of integrations or files

FIRST_DAY = datetime(2017, 1, 2, tzinfo=UTC)
DAYS = 3300  # a little over nine years
BULK_HOURS = (8, 12, 17)  # many requests come by file, at these hours, and share one instant


@dataclass(slots=True)
class Batch:
    """Rows of some requests and everything below them, by table."""

    connection_requests: list[Fields] = field(default_factory=list)
    approvals: list[Fields] = field(default_factory=list)
    comments: list[Fields] = field(default_factory=list)
    integrations: list[Fields] = field(default_factory=list)
    files: list[Fields] = field(default_factory=list)
    file_attachments: list[Fields] = field(default_factory=list)


class Organization(Draws):
    """The rows of one invented organization. The same ``number`` gives the same rows."""

    def __init__(self, number: int) -> None:
        super().__init__(f"connection requests of organization {number}")
        self.id = self.new_id(FIRST_DAY)
        self.name = self._company(number)
        self.kind = ("retailer", "supplier", "none")[number % 3]
        self.timezone = ("America/Chicago", "Europe/Berlin", "Asia/Tokyo")[number % 3]

    def row(self) -> Fields:
        """The organization's own row."""
        return {
            "id": self.id,
            "created_at": FIRST_DAY,
            "updated_at": FIRST_DAY,
            "name": self.name,
            "kind": self.kind,
            "timezone": self.timezone,
        }

    def people(self, count: int) -> list[Fields]:
        """``count`` people. Some have only an id, as with some vendors."""
        return [self._person(number) for number in range(count)]

    def batches(self, people: Sequence[Fields], requests: int, size: int) -> Iterator[Batch]:
        """Requests with all their children, at most ``size`` requests in a batch. The size does not change the rows."""
        people_ids = [person["id"] for person in people]
        for start in range(0, requests, size):
            batch = Batch()
            for _ in range(min(size, requests - start)):
                self._request(batch, people_ids)
            yield batch

    def _company(self, number: int | None = None) -> str:
        stem = (
            self.pick(words.COMPANY_STEMS)
            if number is None
            else words.COMPANY_STEMS[number % len(words.COMPANY_STEMS)]
        )
        return f"{stem} {self.pick(words.COMPANY_TRADES)}{self.pick(words.COMPANY_FORMS)}"

    def _phone(self) -> str | None:
        draw = self.random.random()
        if draw < 0.1:
            return None if draw < 0.06 else ""
        extension = f"x{self.number(3)}" if draw > 0.85 else ""
        return f"+1-{self.number(3)}-555-01{self.number(2)}{extension}"

    def _instant(self) -> datetime:
        """An instant within nine years: a date alone, a full hour at which files arrive, or any second."""
        day = FIRST_DAY + timedelta(days=int(self.random.random() * DAYS))
        draw = self.random.random()
        if draw < 0.3:
            return day
        if draw < 0.5:
            return day + timedelta(hours=self.pick(BULK_HOURS))
        return day + timedelta(seconds=int(self.random.random() * 86400))

    def _person(self, number: int) -> Fields:
        at = FIRST_DAY - timedelta(minutes=number)
        person: Fields = {"id": self.new_id(at), "created_at": at, "updated_at": at}
        if self.chance(0.03):
            return person
        first, last = self.pick(words.FIRST_NAMES), self.pick(words.LAST_NAMES)
        address = f"{first}.{last}{number}".lower().replace("'", "")
        domain = self.name.split()[0].lower()
        return person | {
            "first_name": first,
            "last_name": last,
            "email": f"{address}@{domain}.example",
            "phone": self._phone(),
            "job_title": self.pick(words.JOB_TITLES),
        }

    def _request(self, batch: Batch, people_ids: Sequence[str]) -> None:
        requested = self._instant()
        created = self.later(requested, 1)
        kind, status = self.pick(KINDS), self.pick(STATUSES)
        request = {
            "id": self.new_id(created),
            "created_at": created,
            "updated_at": created if status == "pending" else self.later(created, 30),
            "kind": kind,
            "status": status,
            "requested_at": requested,
            **(self._access(people_ids) if kind == "access" else self._partner(people_ids)),
        }
        batch.connection_requests.append(request)
        if status == "approved":
            batch.approvals.append(self._approval(request, people_ids))
        if kind == "access":
            self._discuss(batch, request, people_ids)
        else:
            count = self._count(INTEGRATION_COUNTS)
            batch.integrations += [self._integration(request, position) for position in range(count)]
        for position in range(self._count(FILE_COUNTS)):
            file = self._file(request, position)
            batch.files.append(file)
            batch.file_attachments.append(_attachment(request, file))

    def _count(self, choices: Sequence[int]) -> int:
        if self.chance(DOZENS):
            return 24 + int(self.random.random() * 40)
        return int(self.pick(choices))

    def _partner(self, people_ids: Sequence[str]) -> Fields:
        company = self._company()
        first, last = self.pick(words.FIRST_NAMES), self.pick(words.LAST_NAMES)
        domain = company.split()[0].lower()
        account = self.random.random()
        return {
            "org_name": company,
            "org_contact_full_name": f"{first} {last}",
            "primary_contact_phone": self._phone(),
            "primary_contact_email": f"{first}@{domain}.example".lower() if account < 0.95 else "",
            "retailer_account_number": self.number(8) if account < 0.7 else "" if account < 0.85 else None,
            "supplier_account_number": f"S-{self.number(6)}" if account > 0.4 else None,
            "additional_information": self.pick(words.ADDITIONAL_INFORMATION),
            "requester_id": self.pick(people_ids) if account < 0.6 else None,
        }

    def _access(self, people_ids: Sequence[str]) -> Fields:
        requester = self.pick(people_ids)
        group = self.pick(GROUPS)
        return {
            "reason": self.pick(words.REASONS),
            "duration_minutes": self.pick(DURATIONS),
            "requester_id": requester,
            "target_user_id": None if group else requester if self.chance(0.7) else self.pick(people_ids),
            "target_group_id": group,
        }

    def _child(self, request: Fields, at: datetime) -> Fields:
        return {
            "id": self.new_id(at),
            "created_at": at,
            "updated_at": at,
            "connection_request_id": request["id"],
        }

    def _approval(self, request: Fields, people_ids: Sequence[str]) -> Fields:
        at = request["updated_at"]
        return self._child(request, at) | {
            "person_id": self.pick(people_ids),
            "approved_at": at if self.chance(0.9) else None,
        }

    def _discuss(self, batch: Batch, request: Fields, people_ids: Sequence[str]) -> None:
        at = request["created_at"]
        for _ in range(int(self.random.random() * 4)):
            at = self.later(at, 2)
            batch.comments.append(
                self._child(request, at)
                | {"author_id": self.pick(people_ids), "body": self.pick(words.COMMENTS)}
            )

    def _integration(self, request: Fields, position: int) -> Fields:
        kind = self.pick(words.INTEGRATION_TYPES)
        return self._child(request, request["created_at"]) | {
            "position": position,
            "integration_type": kind,
            "update_frequency": self.pick(words.UPDATE_FREQUENCIES),
            "feed_source_file_locations": self._location(request["org_name"], kind),
            "file_specs": self.pick(words.FILE_SPECS),
            "rules": self.pick(words.RULES),
        }

    def _location(self, company: str, kind: str) -> str | None:
        draw = self.random.random()
        if draw < 0.15:
            return None if draw < 0.1 else ""
        credentials = f"feed:{self.number(6)}@" if draw > 0.7 else ""
        folder = kind.lower().replace(" ", "-")
        return f"sftp://{credentials}files.{company.split()[0].lower()}.example/outgoing/{folder}/"

    def _file(self, request: Fields, position: int) -> Fields:
        suffix, content_type = self.pick(words.FILE_KINDS)
        known = content_type is not None
        at = request["created_at"]
        return {
            "id": self.new_id(at),
            "created_at": at,
            "updated_at": at,
            "position": position,
            "name": f"{self.pick(words.FILE_STEMS)}-{self.number(4)}{suffix}",
            "content_type": content_type,
            "size": int(10 ** (2 + 5 * self.random.random())) if known else None,
            "sha256": f"{self.random.getrandbits(256):064x}" if known else None,
        }


def _attachment(request: Fields, file: Fields) -> Fields:
    """The row that attaches a file to the request with which it came."""
    same = {name: file[name] for name in ("id", "created_at", "updated_at", "position")}
    return {**same, "connection_request_id": request["id"], "file_id": file["id"]}
