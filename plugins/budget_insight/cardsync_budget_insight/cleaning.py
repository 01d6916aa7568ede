"""Make what the source sent safe to keep: JSON values only, no card number, no broken text."""

from decimal import Decimal
from typing import Any, Final

from cardsync_sdk.pan import mask_pans

# PostgreSQL stores no NUL, and UTF-8 no half of a surrogate pair.
_UNSTORABLE: Final = {0: None, **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}
_LONG: Final = 10**12


def clean(value: Any) -> Any:
    """Return ``value`` as plain JSON: exact decimals as text, card numbers masked."""
    match value:
        case str():
            return mask_pans(value.translate(_UNSTORABLE))
        case Decimal():
            return str(value)
        case dict():
            return {clean(key): clean(inner) for key, inner in value.items()}
        case list():
            return [clean(inner) for inner in value]
        case int() if abs(value) >= _LONG:
            return _clean_long(value)
    return value


def _clean_long(number: int) -> int | str:
    """Mask a card number that came as a JSON number."""
    masked = mask_pans(str(number))
    return number if masked == str(number) else masked


def last_four(number: Any) -> str | None:
    """Return the last four digits of a card or account number, ``None`` if it has none."""
    text = str(number or "").replace(" ", "")
    return text[-4:] if len(text) >= 4 and text[-4:].isascii() and text[-4:].isdigit() else None


def words(value: Any, most: int = 200) -> str:
    """Return a source's text on one line and of bounded length, for messages."""
    return " ".join(clean(value).split())[:most] if isinstance(value, str) else ""
