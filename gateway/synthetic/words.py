"""The words and texts of invented rows. A word that is listed twice is drawn twice as often."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    "Ada Adrian Aisha Alice Amir Ana Anders Anna Aoife Arjun Astrid Ben Bruno Camille Carlos Chen Chiara Clara Daniel "
    "Dmitri Elena Elif Emeka Emma Erik Fatima Felix Femi Fiona Gabriel Grace Hana Hassan Hugo Ines Ivan Jana Jonas "
    "José Julia Kai Keiko Lars Laura Leila Lena Lucas Luca Maria Marta Mateo Mei Mila Mohamed Nadia Niamh Noah Nora "
    "Olga Omar Oscar Paula Pedro Priya Rafael Rania Ravi Rosa Sam Sara Søren Sofia Tariq Thomas Valentina Wei Yara Zoë"
)
LAST_NAMES = _words(
    "Abe Adeyemi Ahmed Álvarez Andersson Bakker Bauer Becker Bianchi Brown Castro Chowdhury Costa Dahl Diallo Dubois "
    "Eriksen Farah Fernández Fischer Fontaine Garcia Greco Gupta Haddad Hansen Hoffmann Horvat Ibrahim Ito Ivanova "
    "Jansen Johansson Kaur Keller Khan Kim Klein Kowalski Kumar Lambert Larsen Lee Lindqvist López Martin Mensah Meyer "
    "Moreau Müller Murphy Nakamura Nguyen Novak O'Brien Okafor Olsen Patel Pereira Petrov Popescu Quinn Ramos Reyes "
    "Ricci Romano Rossi Sato Schmidt Schneider Silva Singh Smit Smith Sørensen Tanaka Torres Vargas Vogel Walsh Weber "
    "Williams Wójcik Yamamoto Yildiz Zhang Zimmermann"
)
JOB_TITLES = (
    "Account Manager",
    "Buyer",
    "Category Manager",
    "Data Analyst",
    "EDI Coordinator",
    "Integration Engineer",
    "Merchandiser",
    "Operations Lead",
    "Platform Engineer",
    "Supplier Onboarding Specialist",
    "Supply Chain Manager",
    None,
)
COMPANY_STEMS = _words(
    "Alder Amber Anchor Aspen Atlas Bay Beacon Birch Bluebell Bramble Brass Bridge Cedar Clover Compass Copper Coral "
    "Crane Delta Dune Ember Falcon Fern Fjord Flint Garnet Granite Harbor Hazel Hollow Indigo Iris Ivy Juniper Kestrel "
    "Lantern Larch Linden Magnolia Maple Marble Meadow Mint Northwind Oak Onyx Orchard Osprey Pebble Pine Prairie "
    "Quarry Quill Raven Reed Ridge River Rowan Saffron Sage Slate Sparrow Spruce Sterling Summit Tamarack Teal Thistle "
    "Timber Tundra Vale Violet Walnut Willow Wren Yarrow Zephyr"
)
COMPANY_TRADES = (
    "Apparel",
    "Appliances",
    "Books",
    "Ceramics",
    "Cosmetics",
    "Electronics",
    "Foods",
    "Footwear",
    "Furniture",
    "Garden",
    "Home Goods",
    "Jewelry",
    "Lighting",
    "Outdoor Supply",
    "Pet Care",
    "Stationery",
    "Textiles",
    "Tools",
    "Toys",
)
COMPANY_FORMS = ("", "", " & Co.", " AG", " B.V.", " GmbH", " Inc.", " LLC", " Ltd", " S.A.")
INTEGRATION_TYPES = (
    "items", "items", "items", "item", "orders", "orders", "order", "allocation", "allocation", "allocations",
    "tracking", "tracking", "other", "Items", "ASN 856",
)  # fmt: skip
UPDATE_FREQUENCIES = (
    "0 * * * *", "0 * * * *", "30 6,12 * * *", "30 6,12 * * *", "33 * * * *", "15 2 * * *", "15 2 * * *",
    "0 6 * * 1-5", "*/15 * * * *", "0 0 1 * *", "45 23 * * 0", "0 30 12 * * 2", "* 20 12 3 8,9 *", "* 30 12 * * 2",
    "0 */10 7-19 * * 1-5",
    None, None, None, "", "ftp://foo:bar@baz.blerg", "daily", "on request",
)  # fmt: skip
FILE_SPECS = (
    None,
    "",
    "CSV, UTF-8, header row",
    "Fixed width, 132 columns",
    "JSON Lines, gzip",
    "Pipe delimited, quoted",
    "X12 850, version 4010",
    "XLSX, first sheet",
)
RULES = (
    None,
    None,
    "",
    "Full on Sundays, else changes",
    "Ignore zero quantities",
    "Reject above 5 % bad lines",
    "Skip discontinued articles",
    "Times are the warehouse's",
)
ADDITIONAL_INFORMATION = (
    None,
    None,
    None,
    "",
    "",
    "Please start with the spring assortment.",
    "Account numbers stay as in the old system.",
    "Test feeds first: https://reader:welcome@docs.partner.example/feeds",
    "The contact is on leave until the end of the month.",
)
REASONS = (
    "Cover for a colleague on leave",
    "Investigate a failed order feed",
    "Month-end reconciliation",
    "New in the team, needs the same access as the others",
    "Quarterly audit of supplier accounts",
    "Rotate the credentials of a partner's file server",
    None,
)
COMMENTS = (
    "Approved for the length of the incident only.",
    "Could you name the system this is for?",
    "Done, see the ticket.",
    "Extended once already, please plan for a permanent role.",
    "Granted until the end of the quarter.",
    "Which of the two warehouses is meant?",
)
FILE_STEMS = (
    "assortment",
    "contract",
    "feed-layout",
    "gln-list",
    "logo",
    "onboarding",
    "price-list",
    "sample-order",
)
FILE_KINDS = (
    (".csv", "text/csv"),
    (".pdf", "application/pdf"),
    (".png", "image/png"),
    (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("", None),
)
