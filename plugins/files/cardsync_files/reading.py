"""What sort of file is this? Told by its content, never by its name; then the reader for it."""

import re
from typing import Final

from cardsync_files import delimited, jsonl, ofx
from cardsync_files.decoding import decode
from cardsync_files.statement import MOST_BYTES, Statement, refuse
from cardsync_sdk import AccountRef, Settings, Upload
from cardsync_sdk.pan import mask_pans

# What people hand in by mistake, by its first bytes, and what to do instead.
_BINARY: Final = (
    (b"PK\x03\x04", "a workbook or an archive: save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old workbook: save the sheet as CSV"),
    (b"%PDF", "a PDF, made for people to read: export OFX or CSV from the bank's site"),
    (b"\x89PNG", "a picture: export OFX or CSV from the bank's site"),
    (b"\xff\xd8\xff", "a picture: export OFX or CSV from the bank's site"),
    (b"\x1f\x8b", "an archive: unpack it first"),
)
_OTHER_FORMATS: Final = (
    (re.compile(r"\s*(\{1:|:20:|:25:)"), "an MT940 statement"),
    (re.compile(r"\s*<(\?xml|Document)[^\0]{0,600}?camt\.05", re.IGNORECASE), "a camt statement"),
    (re.compile(r"\s*!(Type|Account|Option)\b", re.IGNORECASE), "a QIF file"),
    (re.compile(r"0[14]\d{5} {4}.{109}(\n|\d)"), "a CFONB statement"),
    (re.compile(r"0000[0-9 ]{7}05.{115}"), "a CODA statement"),
    (re.compile(r"11\d{37}[123].{33,}"), "a Norma 43 statement"),
    (re.compile(r"\s*<(!DOCTYPE html|html)", re.IGNORECASE), "a web page"),
)


def read_upload(upload: Upload, account: AccountRef, settings: Settings) -> Statement:
    """Read the whole of ``upload`` as transactions of ``account``.

    Full card numbers are starred out before anything else looks at the text.

    :raises SourceRejected: if it cannot be read for certain; nothing of it is then given.
    """
    text = mask_pans(decode(_content(upload)))
    if ofx.looks_like_ofx(text):
        return ofx.read(text, account)
    if jsonl.looks_like_jsonl(text):
        return jsonl.read(text, account)
    for pattern, name in _OTHER_FORMATS:
        if pattern.match(text):
            refuse("unknown_file_type", f"this is {name}: export OFX or CSV instead")
    return delimited.read(text, account, delimited.Hints.of(upload.name, settings))


def _content(upload: Upload) -> bytes:
    try:
        size = upload.path.stat().st_size
        if size > MOST_BYTES:
            most = MOST_BYTES // 1024 // 1024
            refuse("too_large", f"the file is larger than {most} MB: export a shorter period")
        content = upload.path.read_bytes()
    except OSError as error:
        refuse("unreadable_file", f"the stored file cannot be opened: {error.strerror}")
    if not content.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        refuse("empty_file", "the file is empty")
    for start, words in _BINARY:
        if content.startswith(start):
            refuse("unknown_file_type", f"this is {words}")
    if b"\0" in content[:4096].rstrip(b"\0") and content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        refuse("unknown_file_type", "this is no text file: export OFX or CSV from the bank's site")
    return content
