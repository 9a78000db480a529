"""The requests, conversations and decisions of an invented organization, as texts.

A text may have places in braces: ``{company}``, ``{contact}`` and ``{place}`` (a warehouse).
"""

from typing import Final, Literal, NamedTuple

PLACES: Final = ("Tilburg", "Zwolle", "Antwerp", "Duisburg", "Lille", "Gdynia", "Valencia", "Tangier")

ASKED: Final = (
    "Replaces the spreadsheet that {contact} mails every Monday.",
    "New supplier for the spring assortment; contract signed, 240 articles to begin with.",
    "We buy from {company} already, by telephone. The feed takes over from the first of the month.",
    "Second attempt: the first feed left out the article numbers.",
    "Private label, so the item feed carries our own GTINs.",
    "Only deliveries to {place}; the other warehouses follow after the trial.",
    "Fresh goods need daily stock, a weekly file is too late.",
    "{contact} moves from EDI by e-mail to files. Please keep the account numbers.",
    "Trial for twelve weeks, then we decide about the whole range.",
    "Seasonal: feeds may stop between January and April.",
    "Tracking matters most, a third of their parcels arrive at {place} without notice.",
    "Takes over the articles of a supplier that closed in March.",
    None,
    None,
    "",
)

ACCESS_REASONS: Final = (
    "Cover for a colleague on parental leave.",
    "On call this week and next.",
    "Month-end reconciliation of credit notes.",
    "Find out why last night's order feed was read twice.",
    "New in the team; the same access as the others, please.",
    "Audit of supplier contracts, until the auditors leave.",
    "Rebuild the sell-through dashboard for the category review.",
    "Rotate the credentials of a partner's file server.",
    "Check that deleted customers are gone from the warehouse's copy.",
    "An assortment was overwritten on Friday; I need to restore it.",
)

Speaker = Literal["requester", "reviewer"]


class Said(NamedTuple):
    """A part of a conversation."""

    by: Speaker
    text: str


def _conversation(*texts: str) -> tuple[Said, ...]:
    """Reviewer and requester in turn; the reviewer begins."""
    return tuple(Said("requester" if place % 2 else "reviewer", text) for place, text in enumerate(texts))


PARTNER_CONVERSATIONS: Final = (
    _conversation(
        "Which warehouse do the tracking files cover?", "{place} only. The others follow in the autumn."
    ),
    _conversation(
        "Their certificate for the file server runs out next week. Can they renew it first?",
        "{contact} says it is renewed by Thursday.",
        "Seen it, thank you.",
    ),
    _conversation(
        "The sample has semicolons, the specification says commas.", "Corrected, see the new file."
    ),
    _conversation("Who answers when the feed fails at night?", "{contact}, the number is in the request."),
    _conversation(
        "Half an hour is often for items. Would twice a day do?",
        "Prices change at noon on market days. I have asked for hourly instead.",
    ),
    _conversation("Do we have the signed data agreement?", "Yes, attached."),
    _conversation(
        "The account number has nine digits, ours have eight.", "One zero too many, corrected.", "Fine now."
    ),
    _conversation("{company} is on the watch list of finance. I have asked them."),
    _conversation("Please start with the test folder; nothing of it reaches the shops."),
    _conversation(
        "Are the quantities pieces or cases?",
        "Cases of six. It stands in the third column.",
        "Then the rule has to multiply, I have added it.",
    ),
    _conversation("Legal has no objections."),
    _conversation("The time of the run is theirs or ours?", "Ours, Amsterdam. They checked it twice."),
)

ACCESS_CONVERSATIONS: Final = (
    _conversation("Could you name the dashboard that this is for?", "Sell-through by week and shop."),
    _conversation("Reading is enough for that, I think.", "It is. I have no need to write."),
    _conversation("Until when?", "Until the end of the month, as it says."),
    _conversation("Your lead has agreed, I asked.", "Thank you!"),
    _conversation("Please use the replica, not the database itself."),
)

APPROVED: Final = (
    "Sample files are good. First run tonight.",
    "Contract is signed, account numbers agree with finance.",
    "Approved for the trial; let us look at it again in twelve weeks.",
    "Welcome, {company}.",
    "Checked with the warehouse in {place}, they are ready.",
    "Fine. The rejected lines should stay below two per cent.",
    None,
    None,
    None,
)
DENIED: Final = (
    "No data agreement yet. Please ask again once it is signed.",
    "{company} has a connection already; one more feed is enough there.",
    "The sample has no GTINs at all.",
    "Credit check failed, finance knows why.",
    "Too often for a file of this size: please ask for changes only.",
    "They are in another category's budget this year.",
)
CANCELED: Final = (
    "They chose another retailer's platform in the end.",
    "Asked twice by mistake, the other request goes on.",
    "The articles were dropped from the assortment.",
    "{contact} left the company; we wait for a successor.",
)
ACCESS_APPROVED: Final = ("For the length asked for, no longer.", "As agreed with your lead.", None, None)
ACCESS_DENIED: Final = (
    "A read-only role does what you need; ask for that one, please.",
    "There is a report for this, no access needed.",
    "Please name the system and the end of it.",
)
ACCESS_CANCELED: Final = ("Done without it.", "The incident is over.")

FILE_SPECS: Final = (
    "CSV, UTF-8, header row",
    "CSV, semicolons, Windows-1252",
    "Fixed width, 132 columns",
    "JSON Lines, gzip",
    "X12 850, version 4010",
    "EDIFACT DESADV D.96A",
    "XLSX, first sheet",
    None,
)
RULES: Final = (
    "Full on Sundays, else changes",
    "Ignore zero quantities",
    "Quantities are cases of six",
    "Reject above 2 % bad lines",
    "Skip discontinued articles",
    "Times are the warehouse's",
    None,
    None,
    None,
)

FEEDS: Final = {
    "items": ("0 2 * * *", "30 1 * * 1-5", "15 4 * * 0", "0 5,17 * * *", "20 3 * * 2,4"),
    "orders": ("0 * * * *", "*/30 7-19 * * 1-6", "5 8,12,16 * * *", "0 6-22/2 * * *", "45 7-18 * * 1-5"),
    "allocations": ("45 5 * * 1-5", "0 6 * * *", "30 4 * * 1", "10 6,18 * * *"),
    "tracking": ("*/20 9-18 * * *", "10 7-21/2 * * *", "0 0 11,15,19 * * *", "25 * * * *", "50 10-20 * * *"),
    "ASN 856": ("0 13 * * 1-5", "40 5,15 * * *"),
}
"""Kinds of feeds as vendors write them, each with its possible cron expressions."""

SELDOM: Final = ("0 3 1 * *", "0 12 1 1,4,7,10 *", "0 30 12 * * 2")
"""Cron expressions of feeds that run once a week, a month or a quarter."""

NO_SCHEDULES: Final = (None, "on request", "daily", "0 25 * * *")
"""Texts that sometimes stand in the place of a cron expression."""

RESOURCES: Final = (
    ("9a14ef5f-712c-40a4-aab3-bd81cf69ce82", "Warehouse replica", "read-only", "warehouse-replica/read-only"),
    ("619f7bb0-4f76-4f39-9bf1-53d7b388732a", "Sell-through dashboards", "viewer", "sell-through/viewer"),
    ("ac9127c8-5a4d-4b64-8fc5-76ea3b0847a8", "Order feeds", "operator", "order-feeds/operator"),
    ("710244f5-3427-4cac-bac9-66a8c1a4c700", "Supplier contracts", "reader", "supplier-contracts/reader"),
    (
        "d19c19c3-068c-46c5-b297-0b167e79e146",
        "Partners' file server",
        "key-rotation",
        "partner-sftp/key-rotation",
    ),
    ("d3b1f54d-5051-42ee-81a4-e7f3866ea817", "Customer ledger", "analyst", "customer-ledger/analyst"),
)
"""Requested resources: an id (a UUID, as Opal's clients send it), a name, the access level and its id."""

GROUPS: Final = (
    "456e1e15-64ac-4c42-8f8a-670472677f01",
    "26b8aa29-3462-4470-a97c-d7b1cb1bde54",
    "251dc5a7-26f8-4249-bb2b-0a5570099f33",
    "11087dc1-761f-47e2-8715-9c953848c531",
)
"""Requested groups: ids are UUIDs, too."""

JOB_TITLES: Final = (
    "Head of Partner Integrations",
    "Partner Integration Engineer",
    "Category Manager, Fresh",
    "EDI Coordinator",
    "Supply Chain Planner",
    "Data Analyst",
    "Buyer, Home & Garden",
    "Warehouse Systems Lead",
    "Finance Controller",
    "Security Engineer",
    "Supplier Onboarding Specialist",
    "Buyer, Ambient",
    "Platform Engineer",
    "Legal Counsel",
)

FAILURES: Final = (
    "The access token has expired and could not be refreshed.",
    "The shop answers 503 since its last update.",
    "The signature of the webhook does not fit.",
    "Too many requests: the shop allows 40 in a minute.",
)
