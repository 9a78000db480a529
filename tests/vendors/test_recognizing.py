"""Files that are not what they are taken for: another vendor's, and the answers to calls that failed."""

import json
from pathlib import Path

import pytest

from gateway.demo import FOLDER
from gateway.exchange.importing import BadFile, import_files
from gateway.resolvers.errors import GatewayError
from gateway.rest.refusals import InternalServerError, MethodNotAllowed, Refusal, UnsupportedMediaType
from gateway.rest.vendor import Vendor
from gateway.vendors import VENDORS
from tests.vendors.gateway import make_organization

pytestmark = pytest.mark.anyio


@pytest.fixture
async def problems(database, tmp_path: Path):
    """What is wrong with a text as a vendor's file."""
    await make_organization(database)

    async def problems(vendor: Vendor, text: str) -> list[str]:
        path = tmp_path / "some.json"
        path.write_text(text, "utf-8")
        with pytest.raises(BadFile) as failure:
            await import_files(database, vendor, "north", [path], formats=VENDORS)
        return failure.value.problems

    return problems


def text_of(name: str) -> str:
    """As it was printed: that of Crux has commas too many."""
    return (FOLDER / name).read_text("utf-8")


@pytest.mark.parametrize("own", VENDORS, ids=lambda vendor: vendor.name)
async def test_another_vendors_file_is_told_by_its_name(problems, own: Vendor) -> None:
    for other in VENDORS:
        for name in other.examples if other is not own else ():
            [told] = await problems(own, text_of(name))
            assert told.startswith("some.json, line ")
            assert told.endswith(f" This is {other.title}'s: `gateway import {other.name}` reads it."), told


async def test_a_record_in_a_line_is_told_too(problems) -> None:
    crux = VENDORS[0]
    [connection, _] = json.loads(text_of("activecampaign-connections.json"))["connections"]
    [told] = await problems(crux, f"{json.dumps(connection)}\n" * 3)
    assert told == "some.json, line 1: This is ActiveCampaign's: `gateway import activecampaign` reads it."


async def test_a_record_with_few_members_is_not_taken_for_anothers(problems) -> None:
    crux = VENDORS[0]
    assert await problems(crux, '{"id":"1","name":"n"}') == ["some.json, line 1, record_uuid: It is missing."]


FAULTS = (
    *(
        each("It failed: see https://u:hunter2@example.org/x.")
        for each in GatewayError.__subclasses__()
        if "__init__" not in vars(each)
    ),
    MethodNotAllowed("PUT", ("GET",)),
    UnsupportedMediaType("text/plain"),
    InternalServerError(),
)


def failures(vendor: Vendor) -> list[dict]:
    """The bodies by which a vendor's paths refuse; ActiveCampaign's empty one is no different from an empty answer."""
    refused = [vendor.refuse(error, vendor.served[0]) for error in FAULTS]
    for read in vendor.served:
        refused += [
            each if isinstance(each, Refusal) else vendor.refuse(each, read) for each in read.refusals
        ]
    return [each.body for each in refused if each.body]


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
async def test_the_answer_to_a_failed_call_is_told_as_one(problems, vendor: Vendor) -> None:
    bodies = failures(vendor)
    assert len(bodies) > 5
    for body in bodies:
        for own in VENDORS:
            [told] = await problems(own, json.dumps(body))
            assert told.startswith(
                "some.json, line 1: This is the answer to a call that failed, and holds no records: {"
            ), told
            assert "hunter2" not in told


async def test_an_empty_object_is_no_failure_of_a_vendor_who_answers_so(problems) -> None:
    [opal] = [each for each in VENDORS if each.name == "opal"]
    assert "some.json, line 1, id: It is missing." in await problems(opal, "{}")
