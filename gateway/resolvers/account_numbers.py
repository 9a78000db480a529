"""The numbers of connected accounts: counted per organization, and never used again."""

from gateway.db.tables import connected_accounts
from gateway.resolvers.context import Write


async def next_number(write: Write) -> int:
    """The number of a new account, behind the largest that the organization ever used.

    Other writers that want one wait until this transaction ends, so call it after every other change to rows that
    exist, or two may wait for each other.
    """
    return await write.next_number(connected_accounts.c.number)
