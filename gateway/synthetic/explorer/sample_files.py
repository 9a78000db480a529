"""Small generated files with real content: a table, a description, a letter and a picture, each for its company."""

import json
import struct
import zlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from gateway.synthetic.draws import Draws
from gateway.synthetic.explorer.spelling import in_ascii, in_windows_1252

A4: Final = (595, 842)  # points
PICTURE: Final = 96  # pixels, each way
PAPER: Final = b"\xf5\xf2\xeb"
TILES: Final = 6  # of the picture, each way; the right half mirrors the left one


class SampleFile(NamedTuple):
    """A file that was sent."""

    name: str
    content_type: str
    content: bytes


def sample_file(draws: Draws, company: str) -> SampleFile:
    """A file that the company could have sent."""
    made: SampleFile = draws.pick((_price_list, _price_list, _layout, _agreement, _logo))(draws, company)
    return made


def _price_list(draws: Draws, company: str) -> SampleFile:
    lines = ["gtin;description;pieces_per_case;price_eur"]
    for number in range(8 + int(draws.random.random() * 40)):
        name = f"{company.split()[0]} article {number + 1:03}"
        price = 90 + int(draws.random.random() * 4000)
        gtin = _with_check_digit(f"20{draws.number(10)}")
        lines.append(f"{gtin};{name};{draws.pick((1, 6, 12))};{price / 100:.2f}")
    return SampleFile(f"price-list-{draws.number(4)}.csv", "text/csv", ("\r\n".join(lines) + "\r\n").encode())


def _with_check_digit(twelve: str) -> str:
    """A GTIN-13 (GS1 General Specifications, 7.9). Prefix 20 is for use inside a shop: nobody else has the number."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return f"{twelve}{-weighted % 10}"


def _layout(draws: Draws, company: str) -> SampleFile:
    described = {
        "sender": company,
        "encoding": "utf-8",
        "separator": draws.pick((";", ",", "|")),
        "columns": [
            {"name": "gtin", "type": "text", "length": 13, "required": True},
            {"name": "quantity", "type": "integer", "unit": draws.pick(("pieces", "cases"))},
            {"name": "warehouse", "type": "text", "values": ["TIL", "ZWO", "ANT"]},
            {"name": "expected_on", "type": "date", "format": "YYYY-MM-DD"},
        ],
    }
    text = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
    return SampleFile(f"feed-layout-{draws.number(4)}.json", "application/json", text.encode())


def _agreement(draws: Draws, company: str) -> SampleFile:
    lines = (
        "Agreement on the exchange of data",
        "",
        f"between Halyard Markets and {company}.",
        "",
        "1. Files are sent at the times that the connection request names.",
        "2. Article numbers are GTINs; prices are without tax.",
        "3. What cannot be read is sent again within two working days.",
        "",
        f"Number {draws.number(6)}. This company and this agreement are invented.",
    )
    return SampleFile(f"data-agreement-{draws.number(4)}.pdf", "application/pdf", _pdf(lines))


def _pdf(lines: Sequence[str]) -> bytes:
    """A page with lines of text (ISO 32000-1, 7.5). Letters that the encoding lacks lose their accents."""
    shown = b"".join(b"(%s) Tj T*\n" % _in_parentheses(line) for line in lines)
    drawn = b"BT /F1 12 Tf 18 TL 72 760 Td\n%sET" % shown
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>" % A4,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    made, places = bytearray(b"%PDF-1.4\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    begins = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    made += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, begins)
    return bytes(made)


def _in_parentheses(line: str) -> bytes:
    text = in_windows_1252(line)
    return text.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def _logo(draws: Draws, company: str) -> SampleFile:
    """A pattern of coloured tiles, symmetric from left to right."""
    drawn = (bytes(30 + int(draws.random.random() * 150) for _ in "rgb") for _ in range(2))
    colours = b"".join((PAPER, *drawn))
    half = [bytes(draws.pick((0, 1, 2)) for _ in range(TILES // 2)) for _ in range(TILES)]
    tile = PICTURE // TILES
    rows = (bytes(each for index in row + row[::-1] for each in [index] * tile) for row in half)
    pixels = b"".join((b"\0" + row) * tile for row in rows)
    # A pixel is a byte, which is a place among the colours.
    header = struct.pack(">2I5B", PICTURE, PICTURE, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", _stored(pixels)), (b"IEND", b""))
    stem = in_ascii(company.split()[0])
    return SampleFile(f"{stem}-logo.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, parts)))


def _stored(data: bytes) -> bytes:
    """The data as uncompressed zlib blocks (RFC 1950; RFC 1951, 3.2.4), because compressors differ in their output."""
    lengths = struct.pack("<2H", len(data), len(data) ^ 0xFFFF)
    return b"\x78\x01\x01" + lengths + data + struct.pack(">I", zlib.adler32(data))


def _chunk(part: tuple[bytes, bytes]) -> bytes:
    """A PNG chunk (PNG Specification, third edition, 5.3)."""
    kind, data = part
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
