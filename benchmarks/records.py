"""Invented files of vendors' answers, as long as one likes."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson

from gateway.synthetic import words

FIRST_DAY = datetime(2016, 1, 1, tzinfo=UTC)
PEOPLE = 1000


def _uuid(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _person(number: int) -> dict[str, Any]:
    random = Random(number)
    first, last = random.choice(words.FIRST_NAMES), random.choice(words.LAST_NAMES)
    return {
        "uuid": _uuid(random),
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}{number}@example.org".lower(),
        "phone": "5551234567",
        "job_title": None,
    }


def crux(random: Random, number: int) -> dict[str, Any]:
    """A request with three integrations and two files on average, a third of them approved."""
    day = str((FIRST_DAY + timedelta(days=random.randrange(3000))).date())
    is_approved = random.random() < 1 / 3
    return {
        "integrations": [
            {
                "record_uuid": _uuid(random),
                "integration_type": random.choice(words.INTEGRATION_TYPES),
                "update_frequency": random.choice(words.UPDATE_FREQUENCIES),
                "feed_source_file_locations": f"sftp://files.example/{number}/",
                "file_specs": random.choice(words.FILE_SPECS),
                "rules": random.choice(words.RULES),
                "date_created": day,
            }
            for _ in range(random.randrange(7))
        ],
        "uploaded_files": [
            {"name": f"{random.choice(words.FILE_STEMS)}-{n}.csv", "uuid": _uuid(random)}
            for n in range(random.randrange(5))
        ],
        "record_uuid": _uuid(random),
        "org_name": f"{random.choice(words.COMPANY_STEMS)} {number}",
        "org_contact_full_name": f"{random.choice(words.FIRST_NAMES)} {random.choice(words.LAST_NAMES)}",
        "primary_contact_phone": "1-541-219-3109x433",
        "primary_contact_email": f"contact{number}@example.org",
        "retailer_account_number": str(random.randrange(10**8)),
        "additional_information": random.choice(words.ADDITIONAL_INFORMATION),
        "request_date": day,
        "is_approved": is_approved,
        "approved_by": {"uuid": _uuid(random), "person": _person(random.randrange(PEOPLE))}
        if is_approved
        else None,
    }


def activecampaign(random: Random, number: int) -> dict[str, Any]:
    """A connection as a list has it."""
    at = FIRST_DAY + timedelta(seconds=random.randrange(3000 * 86_400))
    written = at.replace(microsecond=0).isoformat()
    return {
        "service": random.choice(("shopify", "bigcommerce", "woocommerce")),
        "externalid": f"shop-{number}.example.org",
        "name": f"{random.choice(words.COMPANY_STEMS)} {number}",
        "isInternal": "0",
        "status": random.choice("01"),
        "syncStatus": "0",
        "lastSync": random.choice((None, written)),
        "logoUrl": "",
        "linkUrl": f"https://shop-{number}.example.org/",
        "listId": "0",
        "cdate": written,
        "udate": written,
        "links": {"customers": f"/api/3/connections/{number}/customers"},
        "id": str(number),
    }


VENDORS: dict[str, tuple[str, Callable[[Random, int], dict[str, Any]]]] = {
    "crux": ("requests", crux),
    "activecampaign": ("connections", activecampaign),
}


def write_file(path: Path, vendor: str, count: int) -> None:
    """One list answer with ``count`` objects of a vendor."""
    member, make = VENDORS[vendor]
    random = Random(count)
    with path.open("wb") as file:
        file.write(b'{"%s": [\n' % member.encode())
        for number in range(1, count + 1):
            file.write(orjson.dumps(make(random, number)))
            file.write(b"\n" if number == count else b",\n")
        file.write(b"]}\n")
