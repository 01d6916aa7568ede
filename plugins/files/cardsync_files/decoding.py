"""From the bytes of a file to its text: byte order mark, strict UTF-8, then one-byte code pages.

A one-byte code page never fails by itself, so it is chosen by evidence: the one in which the words
of a statement's header appear, Windows-1252 (Western Europe) where none tells.
"""

import codecs
import re
from typing import Final

from cardsync_files.statement import refuse

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Words of headers that are only spelt right in one code page.
_TELLING: Final = {
    "cp1250": re.compile(r"částka|účtov|měn|číslo|kwota|księg|összeg|könyvel|zaúčt", re.I),
    "cp1251": re.compile(r"дата|сумма|валюта|описание|приход|расход|операци", re.I),
    "cp932": re.compile(r"取引|日付|金額|残高|摘要|ご利用|支払"),
    "gb18030": re.compile(r"交易|金额|余额|日期|摘要"),
    "euc_kr": re.compile(r"거래|금액|잔액|일자|날짜"),
}
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_HEAD_BYTES: Final = 8192


def decode(content: bytes) -> str:
    """Return the text of ``content`` with plain line feeds.

    :raises SourceRejected: ``bad_encoding`` if no encoding reads it.
    """
    text = _decode(content).rstrip("\0")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _strictly(content, encoding)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if _is_mostly_utf8(content):
            line = content.count(b"\n", 0, error.start) + 1
            refuse("bad_encoding", "the text is UTF-8 up to here, then it is damaged", line)
    return content.decode(_code_page(content), errors="replace")


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        refuse("bad_encoding", f"the file says it is {encoding.upper()}, but it is damaged")


def _is_mostly_utf8(content: bytes) -> bool:
    """Say whether letters written in UTF-8 far outnumber the bytes that are none."""
    text = content.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    return len(_NOT_ASCII.findall(text)) - damaged > 8 * damaged


def _code_page(content: bytes) -> str:
    head = content[:_HEAD_BYTES]
    for encoding, words in _TELLING.items():
        if words.search(head.decode(encoding, errors="replace")):
            return encoding
    # The currency sign of Windows-1252 has no use in a statement; it is the euro of ISO 8859-15.
    if b"\xa4" in content and b"\x80" not in content:
        return "iso8859-15"
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"
