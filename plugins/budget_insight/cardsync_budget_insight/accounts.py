"""Read the accounts and cards that Powens lists."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cardsync_budget_insight.cleaning import clean, last_four
from cardsync_sdk import AccountKind, Money, RemoteAccount, money_from_decimal
from cardsync_sdk.money import is_currency_code

# ISO 4217: "no currency", said of an account that shows none before it is shared.
NO_CURRENCY: Final = "XXX"

# Words before the holder in the name of a card ("CARTE VISA AFFAIRES MME C DURAND").
_CARD_WORDS: Final = re.compile(
    r"amex|affaires|american|black|blue|business|card|carte|cb|classic|corporate|credit|debit|differe"
    r"|entreprises?|executive|express|gold|green|infinite|mastercard|net|platinum|premier|societe"
    r"|visa|world",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"[\dXx*•.]{4,}|n°|no", re.IGNORECASE)


def read_accounts(rows: Sequence[Mapping[str, Any]]) -> list[RemoteAccount]:
    """Return the accounts the bank still shows; those it no longer shows are left out."""
    known = {_id(row): currency_of(row) for row in rows}
    usual = next((currency for currency in known.values() if currency), NO_CURRENCY)
    return [
        _account(row, currency_of(row) or known.get(str(row.get("id_parent"))) or usual)
        for row in rows
        if row.get("id") is not None and not row.get("deleted")
    ]


def _account(row: Mapping[str, Any], currency: str) -> RemoteAccount:
    kind = AccountKind.CARD if row.get("type") == "card" else AccountKind.ACCOUNT
    cleaned = clean(dict(row))
    digits = last_four(cleaned.get("number"))
    return RemoteAccount(
        ref=_id(row),
        name=_text(cleaned, "name") or _text(cleaned, "original_name") or _id(row),
        kind=kind,
        currency=currency,
        iban=_text(cleaned, "iban"),
        number_masked=f"**** {digits}" if digits else None,
        holder_name=holder_of(cleaned) if kind is AccountKind.CARD else None,
        # A card has no money of its own: its balance stands still while its purchases come.
        balance=_money(cleaned.get("balance"), currency) if kind is AccountKind.ACCOUNT else None,
        shared=row.get("disabled") is None,
        raw=cleaned,
    )


def currency_of(row: Mapping[str, Any]) -> str:
    """Return the currency code of an account, ``""`` if it shows none."""
    currency = row.get("currency")
    code = currency.get("id") if isinstance(currency, Mapping) else currency
    return code if isinstance(code, str) and is_currency_code(code) else ""


def holder_of(row: Mapping[str, Any]) -> str | None:
    """Return the holder's name from the name of a card, where banks write it, else ``None``."""
    for name in (_text(row, "original_name"), _text(row, "name")):
        parts = [part for part in (name or "").split() if not _NUMBER.fullmatch(part)]
        left = [part for part in parts if not _CARD_WORDS.fullmatch(part)]
        if len(left) > 1:
            return " ".join(left)
    return None


def _id(row: Mapping[str, Any]) -> str:
    return str(row.get("id"))


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return value.strip() or None if isinstance(value, str) else None


def _money(value: Any, currency: str) -> Money | None:
    """Read a balance; one that cannot be read is left out."""
    try:
        return None if value is None else money_from_decimal(Decimal(value), currency)
    except (InvalidOperation, ValueError, TypeError):
        return None
