"""The viewer's organization."""

from dataclasses import dataclass
from typing import Final

from gateway.db import tables as db
from gateway.events import Event
from gateway.resolvers.errors import UNPRINTABLE
from gateway.resolvers.inputs import ABSENT, OrAbsent, VersionedInput, columns_given
from gateway.resolvers.problems import Problems
from gateway.resolvers.rules import Outcome, rule, target
from gateway.resolvers.time_zones import time_zone
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite

ORGANIZATION: Final = db.organizations


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationChanges(VersionedInput):
    """What is to be changed of the viewer's organization."""

    table = ORGANIZATION
    name: str | OrAbsent = ABSENT
    timezone: str | OrAbsent = ABSENT
    forbids_own_approval: bool | OrAbsent = ABSENT

    def check(self, problems: Problems) -> None:
        """Note a name that is no line of text, and a time zone that there is not."""
        if self.name is not ABSENT and (not self.name.strip() or UNPRINTABLE.search(self.name)):
            problems.add("This must be one line of text.", "name")
        if self.timezone is not ABSENT:
            with problems.at("timezone"):
                time_zone(self.timezone)


@rule(Scope.ADMIN)
async def update_organization(write: ViewerWrite, given: OrganizationChanges) -> Outcome:
    """Change the organization's name, its time zone, or whether people may approve their own requests.

    Tokens that were verified lately know of it within seconds.
    """
    row = await target(write, ORGANIZATION, write.organization_id, expected=given.expected_version)
    if await write.update_each(ORGANIZATION, {row.id: columns_given(given)}, before=[row]):
        write.happened(Event("organization.updated", ORGANIZATION.name, row.id))
    return Outcome(row.id)
