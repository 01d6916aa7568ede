"""Receipts: which files are taken, and what is left of them before they are kept.

An image is decoded and encoded anew, so that neither a program nor the place where the photo was
taken survives in it. A PDF is kept byte for byte and never shown inside our own pages.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageOps

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
# An A4 page at 300 dots per inch: what a kept image is scaled down to. An area, not a side: a till
# roll is long and narrow, and its figures must stay legible.
KEPT_PIXELS = 2480 * 3508
QUALITY = 85
NAME_MAX = 100

# Decoders that allocate by the size a file merely declares check it against this first.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class MediaType(StrEnum):
    """The kinds of files a receipt can be."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    PDF = "application/pdf"


SUFFIXES: dict[MediaType, tuple[str, ...]] = {
    MediaType.JPEG: (".jpg", ".jpeg"),
    MediaType.PNG: (".png",),
    MediaType.WEBP: (".webp",),
    MediaType.PDF: (".pdf",),
}


class Refusal(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNKNOWN_TYPE = "unknown_type"
    HEIC = "heic"
    DAMAGED = "damaged"
    TOO_MANY_PIXELS = "too_many_pixels"


class ReceiptRefused(Exception):
    """The file cannot be a receipt; ``refusal`` says why, pages say what to do."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"receipt refused: {refusal.value}")
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class CleanReceipt:
    """A receipt as it is kept."""

    content: bytes
    media_type: MediaType

    @property
    def sha256(self) -> str:
        """Return the digest of what is kept, in hexadecimal."""
        return sha256(self.content).hexdigest()


def clean_receipt(content: bytes) -> CleanReceipt:
    """Return ``content`` as it may be kept; its name and declared type are never believed.

    :raises ReceiptRefused: naming the reason.
    """
    if not content:
        raise ReceiptRefused(Refusal.EMPTY)
    if len(content) > MAX_BYTES:
        raise ReceiptRefused(Refusal.TOO_LARGE)
    media_type = sniff(content)
    if media_type is MediaType.PDF:
        return CleanReceipt(_whole_pdf(content), media_type)
    return CleanReceipt(_encoded_anew(content, media_type), media_type)


def sniff(content: bytes) -> MediaType:
    """Return what ``content`` is by its first bytes.

    :raises ReceiptRefused: if it is none of the kinds taken.
    """
    if content.startswith(b"%PDF-"):
        return MediaType.PDF
    if content.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return MediaType.PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return MediaType.WEBP
    # ISO base media file of the HEIF family (ISO/IEC 23008-12): what an iPhone keeps.
    if content[4:8] == b"ftyp" and content[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
        raise ReceiptRefused(Refusal.HEIC)
    raise ReceiptRefused(Refusal.UNKNOWN_TYPE)


def _whole_pdf(content: bytes) -> bytes:
    # ISO 32000-1, 7.5.5: a file ends with %%EOF; readers accept some bytes after it.
    if b"%%EOF" not in content[-4096:]:
        raise ReceiptRefused(Refusal.DAMAGED)
    return content


def _encoded_anew(content: bytes, media_type: MediaType) -> bytes:
    try:
        return _decode_and_encode(content, media_type)
    except ReceiptRefused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ReceiptRefused(Refusal.TOO_MANY_PIXELS) from None
    except Exception as error:
        # Decoders fail on a stranger's bytes in more ways than they document.
        raise ReceiptRefused(Refusal.DAMAGED) from error


def _decode_and_encode(content: bytes, media_type: MediaType) -> bytes:
    name = media_type.name
    with Image.open(BytesIO(content), formats=(name,)) as opened:
        if opened.width * opened.height > MAX_PIXELS:
            raise ReceiptRefused(Refusal.TOO_MANY_PIXELS)
        kept_size = _kept_size(opened.size)
        if kept_size != opened.size:
            opened.draft(
                "RGB", kept_size
            )  # a JPEG is then decoded small, at a fraction of the cost
        upright = ImageOps.exif_transpose(opened)
    plain = _plain(upright, transparent=media_type is not MediaType.JPEG)
    size = _kept_size(plain.size)
    if size != plain.size:
        plain = plain.resize(size, Image.Resampling.LANCZOS)
    plain.info.clear()  # where the photo was taken, comments, colour profiles
    buffer = BytesIO()
    plain.save(buffer, format=name, quality=QUALITY)
    return buffer.getvalue()


def _plain(image: Image.Image, *, transparent: bool) -> Image.Image:
    """Return ``image`` as every format keeps it: grey, or colours with or without alpha."""
    if image.mode.startswith("I"):  # 16 bits a pixel, which a plain conversion would clip to white
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image.convert("RGBA" if transparent and image.has_transparency_data else "RGB")


def _kept_size(size: tuple[int, int]) -> tuple[int, int]:
    width, height = size
    if width * height <= KEPT_PIXELS:
        return size
    scale = (KEPT_PIXELS / (width * height)) ** 0.5
    return max(1, int(width * scale)), max(1, int(height * scale))


def display_name(file_name: str, media_type: MediaType) -> str:
    """Return the name to show for a file a person called ``file_name``; never used on the disk.

    Folders, control and direction characters are dropped; the suffix tells what the file is.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", file_name))[-1]
    stem, dot, suffix = "".join(map(_shown, last)).rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    known = f".{suffix.lower()}"
    if known not in SUFFIXES[media_type]:
        known = SUFFIXES[media_type][0]
    return (" ".join(stem.split())[:NAME_MAX].strip(" .") or "receipt") + known


def _shown(char: str) -> str:
    if char.isspace():
        return " "
    return char if char.isprintable() else ""
