"""Connection requests: made, discussed, corrected and decided on, with their feeds, items and files."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.db import tables as db
from gateway.db.tables import ConnectionRequestKind, ConnectionRequestStatus, DecisionOutcome
from gateway.events.log import GRAPH
from gateway.synthetic.draws import Draws
from gateway.synthetic.explorer import texts
from gateway.synthetic.explorer.cast import Cast, Company
from gateway.synthetic.explorer.sample_files import sample_file
from gateway.synthetic.explorer.story import RowOfMoment, Story
from gateway.synthetic.rows import Fields

REQUESTS: Final = 500
DAYS: Final = 730
TIMEZONE: Final = "Europe/Amsterdam"
ACCESS_SHARE: Final = 0.16
WITH_FILES: Final = 0.22
_ZONE: Final = ZoneInfo(TIMEZONE)
_PENDING: Final = ((2, 0.95), (7, 0.7), (21, 0.3), (90, 0.03), (DAYS + 30, 0.004))
"""The probability that a request is still pending, by its age in days."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The sources from which a request is drawn, and the story that it is written to.

    Attributes:
        until: the present.
        contents: the contents of files, by their storage keys.
    """

    draws: Draws
    cast: Cast
    story: Story
    until: datetime
    contents: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A request that was made.

    Attributes:
        row: the request in its final state.
        company: the trading partner; None for an access request.
        at: when something happened to it last.
    """

    row: Fields
    company: Company | None
    at: datetime


def ask_for_all(scene: Scene) -> list[AskedFor]:
    """All requests with everything below them, the oldest first."""
    ages = sorted((_age(scene.draws, number) for number in range(REQUESTS)), reverse=True)
    return [_live(scene, _working_time(scene, age)) for age in ages]


def _age(draws: Draws, number: int) -> float:
    """The age of a request in days. Recent requests are more frequent than old ones."""
    share: float = (number + draws.random.random()) / REQUESTS
    return float(DAYS * share**1.4)


def _working_time(scene: Scene, age: float) -> datetime:
    """An instant during working hours that is this many days ago, or some minutes ago."""
    draws, day = scene.draws, (scene.until - timedelta(days=age)).astimezone(_ZONE)
    if day.weekday() > 4 and draws.chance(0.9):
        day -= timedelta(days=day.weekday() - 4)
    hour = draws.pick((8, 9, 9, 9, 10, 10, 11, 11, 13, 14, 14, 15, 15, 16, 17, 20))
    at = day.replace(
        hour=hour, minute=int(draws.random.random() * 60), second=int(draws.random.random() * 60)
    )
    newest = scene.until - timedelta(seconds=600 + int(draws.random.random() * 20_000))
    at = at.replace(microsecond=int(draws.random.random() * 1000) * 1000)
    return min(at.astimezone(UTC), newest)


def _live(scene: Scene, at: datetime) -> AskedFor:
    draws, story = scene.draws, scene.story
    requester = draws.pick(scene.cast.requesters)
    is_access = draws.chance(ACCESS_SHARE)
    company = None if is_access else scene.cast.company()
    row: Fields = {
        "id": draws.new_id(at),
        "requester_id": requester["id"],
        "status": ConnectionRequestStatus.PENDING.value,
        "requested_at": at,
        **(_access(draws, requester) if company is None else _partner(draws, company)),
    }
    changed = [story.make(db.connection_requests, at, row)]
    changed += _items(scene, row, at) if company is None else _feeds(scene, row, company, at)
    changed += _files(scene, row, company, at)
    door = draws.pick(("OPAL", GRAPH)) if is_access else draws.pick((GRAPH, GRAPH, "CRUX"))
    story.tell("connection_request.created", at, changed, by=requester["id"], door=door)
    made = story.rows[db.connection_requests][-1]
    last = _talk(scene, made, company, at)
    if company is not None and draws.chance(0.12):
        last = _correct(scene, made, last)
    return AskedFor(made, company, _decide(scene, made, company, last))


def _filled(draws: Draws, text: str | None, company: Company | None) -> str | None:
    """The text with its places filled in."""
    if text is None or "{" not in text:
        return text
    names = {} if company is None else {"company": company.name, "contact": company.contact}
    return text.format(**names, place=draws.pick(texts.PLACES))


def _partner(draws: Draws, company: Company) -> Fields:
    return {
        "kind": ConnectionRequestKind.TRADING_PARTNER.value,
        "org_name": company.name,
        "org_contact_full_name": company.contact,
        "primary_contact_phone": company.telephone,
        "primary_contact_email": f"{draws.pick(('feeds', 'edi', 'orders', 'hello'))}@{company.domain}",
        "retailer_account_number": draws.number(8),
        "supplier_account_number": f"S-{draws.number(5)}" if draws.chance(0.8) else None,
        "additional_information": _filled(draws, draws.pick(texts.ASKED), company),
    }


def _access(draws: Draws, requester: Fields) -> Fields:
    group = draws.pick((None, None, *texts.GROUPS))
    return {
        "kind": ConnectionRequestKind.ACCESS.value,
        "reason": draws.pick(texts.ACCESS_REASONS),
        "duration_minutes": draws.pick((240, 480, 1440, 10080, 43200)),
        "target_group_id": group,
        "target_user_id": None if group else requester["id"],
    }


def _part(scene: Scene, request: Fields, at: datetime, **columns: Any) -> Fields:
    return {"id": scene.draws.new_id(at), "connection_request_id": request["id"], **columns}


def _feeds(scene: Scene, request: Fields, company: Company, at: datetime) -> list[RowOfMoment]:
    draws = scene.draws
    kinds = draws.some(list(texts.FEEDS), draws.pick((1, 1, 2, 2, 2, 3, 3, 4)))
    made = []
    for position, kind in enumerate(kinds):
        often = draws.random.random()
        frequency = draws.pick(
            texts.NO_SCHEDULES if often < 0.06 else texts.SELDOM if often < 0.2 else texts.FEEDS[kind]
        )
        folder = kind.split()[0].lower()
        columns = {
            "position": position,
            "integration_type": kind,
            "update_frequency": frequency,
            "feed_source_file_locations": f"sftp://files.{company.domain}/outgoing/{folder}/",
            "file_specs": draws.pick(texts.FILE_SPECS),
            "rules": draws.pick(texts.RULES),
        }
        made.append(scene.story.make(db.integrations, at, _part(scene, request, at, **columns)))
    return made


def _items(scene: Scene, request: Fields, at: datetime) -> list[RowOfMoment]:
    made = []
    for position, (resource, name, level, remote_id) in enumerate(
        scene.draws.some(texts.RESOURCES, scene.draws.pick((1, 1, 2)))
    ):
        columns = {
            "position": position,
            "resource_id": resource,
            "name": name,
            "access_level_name": level,
            "access_level_remote_id": remote_id,
        }
        made.append(scene.story.make(db.requested_items, at, _part(scene, request, at, **columns)))
    return made


def _files(scene: Scene, request: Fields, company: Company | None, at: datetime) -> list[RowOfMoment]:
    """Attach files that were sent some minutes before."""
    draws, story = scene.draws, scene.story
    if company is None or not draws.chance(WITH_FILES):
        return []
    attached = []
    for position in range(draws.pick((1, 1, 2))):
        file, sent_at = sample_file(draws, company.name), at - timedelta(minutes=4 - position)
        file_id = draws.new_id(sent_at)
        row: Fields = {
            "id": file_id,
            "position": position,
            "name": file.name,
            "content_type": file.content_type,
            "size": len(file.content),
            "sha256": hashlib.sha256(file.content).hexdigest(),
            "storage_key": f"{file_id}/{draws.new_id(sent_at)}",
        }
        scene.contents[row["storage_key"]] = file.content
        story.tell("file.created", sent_at, story.make(db.files, sent_at, row), by=request["requester_id"])
        columns = {"file_id": file_id, "position": position}
        attached.append(story.make(db.file_attachments, at, _part(scene, request, at, **columns)))
    return attached


def _talk(scene: Scene, request: Fields, company: Company | None, at: datetime) -> datetime:
    """A conversation between reviewer and requester; returns when it ended."""
    draws = scene.draws
    if not draws.chance(0.62):
        return at
    said = draws.pick(texts.ACCESS_CONVERSATIONS if company is None else texts.PARTNER_CONVERSATIONS)
    people = {"requester": request["requester_id"], "reviewer": draws.pick(scene.cast.reviewers)["id"]}
    for by, text in said:
        then = draws.later(at + timedelta(minutes=7), 0.7)
        if then >= scene.until:
            break
        at, author = then, people[by]
        row = _part(scene, request, at, author_id=author, body=_filled(draws, text, company))
        scene.story.tell("comment.created", at, scene.story.make(db.comments, at, row), by=author)
    return at


def _correct(scene: Scene, request: Fields, at: datetime) -> datetime:
    """Correct an account number in GraphQL or by Crux's path; returns when."""
    then = scene.draws.later(at + timedelta(minutes=20), 0.5)
    if then >= scene.until:
        return at
    values = {"retailer_account_number": scene.draws.number(8)}
    changed = scene.story.change(db.connection_requests, then, request["id"], values)
    door = scene.draws.pick((GRAPH, "CRUX"))
    scene.story.tell("connection_request.updated", then, changed, by=request["requester_id"], door=door)
    return then


_OUTCOMES: Final = (
    (DecisionOutcome.APPROVED,) * 14 + (DecisionOutcome.DENIED,) * 2 + (DecisionOutcome.CANCELED,)
)
_REASONS: Final[Mapping[DecisionOutcome, tuple[Sequence[str | None], Sequence[str | None]]]] = {
    DecisionOutcome.APPROVED: (texts.APPROVED, texts.ACCESS_APPROVED),
    DecisionOutcome.DENIED: (texts.DENIED, texts.ACCESS_DENIED),
    DecisionOutcome.CANCELED: (texts.CANCELED, texts.ACCESS_CANCELED),
}
"""Reasons for decisions: on trading partners, and on people who ask for access."""


def _decide(scene: Scene, request: Fields, company: Company | None, at: datetime) -> datetime:
    """Decide on the request, unless it still waits; returns when something happened to it last."""
    draws, story = scene.draws, scene.story
    age = (scene.until - request["created_at"]).days
    waits = next(share for days, share in _PENDING if age <= days)
    then = draws.later(at + timedelta(minutes=11), 0.4 if company is None else draws.pick((1, 2, 6)))
    if draws.chance(waits) or then >= scene.until:
        return at
    outcome: DecisionOutcome = draws.pick(_OUTCOMES)
    is_taken_back = outcome is DecisionOutcome.CANCELED
    by = request["requester_id"] if is_taken_back else draws.pick(scene.cast.reviewers)["id"]
    comment = _filled(draws, draws.pick(_REASONS[outcome][company is None]), company)
    decision = _part(
        scene, request, then, person_id=by, outcome=outcome.value, decided_at=then, comment=comment
    )
    changed = [
        story.change(db.connection_requests, then, request["id"], {"status": outcome.value}),
        story.make(db.decisions, then, decision),
    ]
    if outcome is DecisionOutcome.APPROVED:
        approval = _part(scene, request, then, person_id=by, approved_at=then)
        changed.append(story.make(db.approvals, then, approval))
    story.tell(f"connection_request.{outcome}", then, changed, by=by)
    return then
