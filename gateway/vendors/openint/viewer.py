"""OpenInt's current user, `get_current_user` in its SDK.

Source: packages/api-v1/trpc/routers/general.ts and kits/cdk/viewer.ts of https://github.com/openintegrations/openint.
For the vendor, a caller without a token is `anon`; the gateway refuses such a caller, as everywhere.
"""

from typing import Literal, NotRequired, TypedDict

from gateway.resolvers.context import Context
from gateway.resolvers.shown import shown_text
from gateway.rest.calls import Call


class Viewer(TypedDict):
    role: Literal["org", "user", "customer"]
    orgId: NotRequired[str]
    userId: NotRequired[str]
    customerId: NotRequired[str]


def viewer_arguments(call: Call) -> None:
    return None


async def get_viewer(context: Context, arguments: None) -> Viewer:
    """The customer to whom the token is limited, or the person to whom it belongs, or else the organization."""
    viewer = context.viewer
    if viewer.customer_id is not None:
        customer_id = shown_text(viewer.customer_id, viewer)
        return {"role": "customer", "orgId": viewer.organization_id, "customerId": customer_id}
    if viewer.person_id is not None:
        return {"role": "user", "userId": viewer.person_id, "orgId": viewer.organization_id}
    return {"role": "org", "orgId": viewer.organization_id}
