"""Statuses: which one an answer has, by media type, under each reading of GraphQL over HTTP.

``audit-2025`` is what the audits of the npm package graphql-http ask and what clients in use expect;
``draft-2026`` is the working group's draft (https://github.com/graphql/graphql-over-http), with 422 for
requests that are readable but unfit and, as graphql-response+json, 294 for data that comes with errors.
"""

from dataclasses import dataclass
from typing import Final, Literal

from gateway.http.media_types import JSON
from gateway.transport.errors import Defect
from gateway.transport.negotiation import RESPONSE_JSON

ProfileName = Literal["audit-2025", "draft-2026"]


@dataclass(frozen=True, slots=True)
class Profile:
    """One reading of the specification.

    Attributes:
        default: the media type of callers that leave it to us.
        statuses: the status of each kind of request that is not executed, by media type.
        partial: the status of data with errors, by media type.
        tells_of_nulls: whether data of which every field is null may have the status of why (`telling_status`).
        labels_failures: whether failures are typed graphql-response+json even for callers that accept
            application/json alone, so that they can tell our answer from a proxy's.
    """

    default: str
    statuses: dict[str, dict[Defect, int]]
    partial: dict[str, int]
    tells_of_nulls: bool
    labels_failures: bool

    def status(self, defect: Defect | int, media_type: str) -> int:
        """The status of a request that was not executed."""
        return defect if isinstance(defect, int) else self.statuses[media_type][defect]

    def label(self, status: int, media_type: str) -> str:
        """The media type to put on an answer of that status."""
        return RESPONSE_JSON if self.labels_failures and status >= 300 else media_type


_BAD_REQUEST: Final = dict.fromkeys(Defect, 400)
_UNPROCESSABLE: Final = {**_BAD_REQUEST, Defect.MALFORMED: 422, Defect.UNFIT: 422}

PROFILES: Final[dict[ProfileName, Profile]] = {
    "audit-2025": Profile(
        default=JSON,
        statuses={
            RESPONSE_JSON: _BAD_REQUEST,
            JSON: {**_BAD_REQUEST, Defect.UNPARSABLE: 200, Defect.UNFIT: 200},
        },
        partial={RESPONSE_JSON: 200, JSON: 200},
        tells_of_nulls=True,
        labels_failures=False,
    ),
    "draft-2026": Profile(
        default=RESPONSE_JSON,
        statuses={RESPONSE_JSON: _UNPROCESSABLE, JSON: _UNPROCESSABLE},
        # The draft defines 294 itself, and recommends it with the media type alone that says whose it is.
        partial={RESPONSE_JSON: 294, JSON: 200},
        # "If the response contains data and it is not null, then the server MUST reply with a 2xx status code."
        tells_of_nulls=False,
        labels_failures=True,
    ),
}
