"""Find payment card numbers in text, so that no more than four digits of one is ever kept."""

import re
from typing import Final

# Thirteen to nineteen digits, alone or in groups parted by one space or hyphen.
_DIGITS: Final = re.compile(r"(?<!\d)[2-6]\d{2,3}(?:[ -]?\d){9,16}(?!\d)")
_GAP: Final = re.compile(r"[ -]")

# Ranges of ISO/IEC 7812 that the card schemes issue from: a booking reference
# of sixteen digits passes the Luhn sum one time in ten, but seldom starts so.
_SCHEMES: Final = re.compile(
    r"(?:4\d{12}|4\d{15}|4\d{18}"
    r"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"
    r"|3[47]\d{13}|3(?:0[0-5]|09|[689]\d)\d{11}(?:\d{2})?|35(?:2[89]|[3-8]\d)\d{12}"
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12}(?:\d{3})?|62\d{14,17}|(?:50|5[6-8]|6[0-9])\d{10,17})"
)

_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def passes_luhn(digits: str) -> bool:
    """Say whether ``digits`` ends in the check digit of ISO/IEC 7812-1 annex B."""
    numbers = [int(digit) for digit in reversed(digits)]
    return (sum(numbers[0::2]) + sum(_DOUBLED[number] for number in numbers[1::2])) % 10 == 0


def is_pan(text: str) -> bool:
    """Say whether ``text`` is a full card number: issuer range, length and check digit fit."""
    digits = text.replace(" ", "").replace("-", "")
    return _SCHEMES.fullmatch(digits) is not None and passes_luhn(digits)


def find_pans(text: str) -> list[str]:
    """Return the full card numbers written in ``text``."""
    found = (_pan_in(match.group()) for match in _DIGITS.finditer(text))
    return [number for number in found if number]


def mask_pans(text: str) -> str:
    """Return ``text`` with all but the last four digits of each card number starred out."""
    return _DIGITS.sub(_mask, text) if _DIGITS.search(text) else text


def _mask(found: re.Match[str]) -> str:
    text = found.group()
    number = _pan_in(text)
    digits = "".join(filter(str.isdigit, number))
    return text.replace(number, "*" * (len(digits) - 4) + digits[-4:], 1) if number else text


def _pan_in(text: str) -> str:
    """Return the card number that ``text`` begins with; another number may follow it in groups."""
    ends = [len(text), *(gap.start() for gap in _GAP.finditer(text))]
    return next((text[:end] for end in sorted(ends, reverse=True) if is_pan(text[:end])), "")
