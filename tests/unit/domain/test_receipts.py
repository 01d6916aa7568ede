"""Which files are taken as receipts, and what is left of them."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from webapp.domain.receipts import (
    KEPT_PIXELS,
    MAX_BYTES,
    MediaType,
    ReceiptRefused,
    Refusal,
    clean_receipt,
    display_name,
)

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nstartxref\n0\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
ORIENTATION, GPS, MAKER = 0x0112, 0x8825, 0x010F
LATITUDE, TURNED = 2, 6  # EXIF: GPSLatitude; "rotate by 90 degrees to view"


def photo(
    name: str = "JPEG",
    size: tuple[int, int] = (40, 30),
    mode: str = "RGB",
    *,
    colour: object = None,
    **options: object,
) -> bytes:
    buffer = BytesIO()
    Image.new(mode, size, colour).save(buffer, name, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def png_that_declares(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes whose header asks for ``width`` x ``height`` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def webp_that_declares(width: int, height: int) -> bytes:
    """Return a small WebP whose header asks for ``width`` x ``height`` pixels."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size
    content = photo("WEBP")[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(canvas) + len(content)) + b"WEBP" + canvas + content


def located_photo() -> bytes:
    """Return a photo as a phone takes it: held upright, with the place and the maker inside."""
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED
    exif[MAKER] = "Phone maker"
    exif.get_ifd(GPS)[LATITUDE] = (45.0, 45.0, 36.0)
    image = Image.new("RGB", (40, 30), "white")
    image.paste((255, 0, 0), (0, 0, 20, 15))  # red in the top left corner, as the sensor saw it
    buffer = BytesIO()
    image.save(buffer, "JPEG", exif=exif, comment=b"Secret meeting", quality=95)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (photo("JPEG"), MediaType.JPEG),
        (photo("JPEG", mode="CMYK"), MediaType.JPEG),
        (photo("JPEG", mode="L"), MediaType.JPEG),
        (photo("PNG"), MediaType.PNG),
        (photo("PNG", mode="P"), MediaType.PNG),
        (photo("PNG", mode="1"), MediaType.PNG),
        (photo("PNG", mode="LA"), MediaType.PNG),
        (photo("PNG", mode="RGBA"), MediaType.PNG),
        (photo("WEBP"), MediaType.WEBP),
        (photo("WEBP", mode="RGBA"), MediaType.WEBP),
        (PDF, MediaType.PDF),
    ],
)
def test_photos_and_pdf_files_are_taken_for_what_they_are(
    content: bytes, media_type: MediaType
) -> None:
    receipt = clean_receipt(content)
    assert receipt.media_type is media_type
    if media_type is MediaType.PDF:
        assert receipt.content == content
    else:
        with Image.open(BytesIO(receipt.content)) as kept:
            assert (kept.get_format_mimetype(), kept.size) == (media_type.value, (40, 30))


@pytest.mark.parametrize(
    ("name", "content", "refusal"),
    [
        ("nothing", b"", Refusal.EMPTY),
        ("a byte too large", PDF + b" " * (MAX_BYTES + 1 - len(PDF)), Refusal.TOO_LARGE),
        ("a drawing with a program", SVG, Refusal.UNKNOWN_TYPE),
        ("a page", HTML, Refusal.UNKNOWN_TYPE),
        ("a GIF that is a page", b"GIF89a" + HTML, Refusal.UNKNOWN_TYPE),
        ("an archive", b"PK\x03\x04" + bytes(40), Refusal.UNKNOWN_TYPE),
        ("a program", b"\x7fELF" + bytes(40), Refusal.UNKNOWN_TYPE),
        ("a PDF after a page", HTML + PDF, Refusal.UNKNOWN_TYPE),
        ("an iPhone photo", b"\0\0\0\x18ftypheic" + bytes(40), Refusal.HEIC),
        ("half a PDF", PDF[:20], Refusal.DAMAGED),
        ("a JPEG's beginning before a page", b"\xff\xd8\xff\xe0" + HTML, Refusal.DAMAGED),
        ("half a JPEG", photo("JPEG", (400, 300))[:600], Refusal.DAMAGED),
        ("half a PNG", photo("PNG", (400, 300))[:60], Refusal.DAMAGED),
        ("a PNG's beginning", b"\x89PNG\r\n\x1a\n", Refusal.DAMAGED),
        ("a WebP's beginning", b"RIFF\x10\0\0\0WEBP", Refusal.DAMAGED),
        ("a bomb of 81 megapixels", png_that_declares(9000, 9000), Refusal.TOO_MANY_PIXELS),
        ("a little above the limit", png_that_declares(8000, 5001), Refusal.TOO_MANY_PIXELS),
        ("the largest PNG", png_that_declares(2**31 - 1, 2**31 - 1), Refusal.TOO_MANY_PIXELS),
        ("a WebP bomb", webp_that_declares(16_383, 16_383), Refusal.TOO_MANY_PIXELS),
        ("a PNG that ends early", png_that_declares(4000, 4000), Refusal.DAMAGED),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_other_file_is_refused_with_its_reason(
    name: str, content: bytes, refusal: Refusal
) -> None:
    with pytest.raises(ReceiptRefused) as caught:
        clean_receipt(content)
    assert caught.value.refusal is refusal, name


def test_a_photo_loses_its_place_its_maker_and_its_comment() -> None:
    original = located_photo()
    assert b"Exif" in original
    assert b"Secret meeting" in original
    kept = clean_receipt(original).content
    with Image.open(BytesIO(kept)) as image:
        assert dict(image.getexif()) == {}
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"Exif" not in kept
    assert b"Secret meeting" not in kept


@pytest.mark.parametrize("name", ["PNG", "WEBP"])
def test_the_other_formats_lose_their_place_too(name: str) -> None:
    exif = Image.Exif()
    exif[MAKER] = "Phone maker"
    exif.get_ifd(GPS)[LATITUDE] = (45.0, 45.0, 36.0)
    original = photo(name, exif=exif, icc_profile=b"a profile")
    assert b"Phone maker" in original
    kept = clean_receipt(original).content
    assert b"Phone maker" not in kept
    assert b"a profile" not in kept


def test_a_photo_taken_with_a_turned_phone_is_kept_upright() -> None:
    with Image.open(BytesIO(clean_receipt(located_photo()).content)) as image:
        assert image.size == (30, 40)
        red, green, _blue = image.convert("RGB").getpixel((27, 3))  # type: ignore[misc]
        assert red > 200 > 100 > green  # the corner went to the right


def test_what_hides_behind_an_image_is_not_kept() -> None:
    for name in ("JPEG", "PNG", "WEBP"):
        assert HTML not in clean_receipt(photo(name) + HTML).content


def test_a_16_bit_scan_keeps_its_greys() -> None:
    scan = photo("PNG", mode="I;16", colour=32_768)
    with Image.open(BytesIO(clean_receipt(scan).content)) as image:
        assert image.getpixel((5, 5)) in range(126, 130)


@pytest.mark.parametrize("size", [(5000, 4000), (800, 30_000)])
def test_a_large_photo_is_scaled_to_a_printed_page(size: tuple[int, int]) -> None:
    with Image.open(BytesIO(clean_receipt(photo("JPEG", size)).content)) as image:
        width, height = image.size
    assert KEPT_PIXELS * 0.97 < width * height <= KEPT_PIXELS
    assert width / height == pytest.approx(size[0] / size[1], rel=0.01)


@pytest.mark.parametrize(
    ("given", "media_type", "shown"),
    [
        ("Déjeuner 12 nov.jpg", MediaType.JPEG, "Déjeuner 12 nov.jpg"),
        ("photo.JPEG", MediaType.JPEG, "photo.jpeg"),
        ("photo.png", MediaType.JPEG, "photo.jpg"),  # the content decides
        ("../../etc/passwd", MediaType.PDF, "passwd.pdf"),
        ("C:\\Users\\Ines\\ticket.pdf", MediaType.PDF, "ticket.pdf"),
        ("ticket\u202efdp.exe", MediaType.PDF, "ticketfdp.pdf"),  # written from right to left
        ("a\r\nSet-Cookie: b=c.pdf", MediaType.PDF, "a Set-Cookie: b=c.pdf"),
        ("a\x00b.pdf", MediaType.PDF, "ab.pdf"),
        ("...", MediaType.PDF, "receipt.pdf"),
        ("", MediaType.WEBP, "receipt.webp"),
        ("e\u0301te\u0301.pdf", MediaType.PDF, "été.pdf"),
        ("x" * 4000 + ".pdf", MediaType.PDF, "x" * 100 + ".pdf"),
    ],
)
def test_a_name_is_shown_without_its_tricks(given: str, media_type: MediaType, shown: str) -> None:
    assert display_name(given, media_type) == shown
