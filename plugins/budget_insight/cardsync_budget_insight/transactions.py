"""Read the rows that Powens lists into what the contract calls transactions.

Which field means what, from the documentation of the bank transactions resource: ``rdate`` is the
day of the order or purchase, ``date`` the day it is debited (for a deferred-debit card the
statement's day, which may lie ahead), ``vdate`` the value date. ``value`` is signed, minus = spend,
and already holds the ``commission``. A row that has ``deleted`` is gone at the bank.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cardsync_budget_insight.accounts import currency_of
from cardsync_budget_insight.cleaning import clean, last_four
from cardsync_budget_insight.states import calendar_date
from cardsync_sdk import (
    AccountKind,
    FetchedTransaction,
    Merchant,
    Money,
    RejectedRow,
    TransactionKind,
    TransactionStatus,
    money_from_decimal,
)

_KINDS: Final[Mapping[str, TransactionKind]] = {
    "card": TransactionKind.PURCHASE,
    "deferred_card": TransactionKind.PURCHASE,
    "payment": TransactionKind.PURCHASE,
    "payback": TransactionKind.REFUND,
    "withdrawal": TransactionKind.CASH,
    "bank": TransactionKind.FEE,
    "fee": TransactionKind.FEE,
    "market_fee": TransactionKind.FEE,
    "transfer": TransactionKind.TRANSFER,
    "payout": TransactionKind.TRANSFER,
    "summary_card": TransactionKind.SUMMARY,
    "card_summary": TransactionKind.SUMMARY,
}
# A credit of these types gives money back; American Express writes refunds as orders.
_CREDITED: Final = frozenset({"card", "deferred_card", "payment"})
_CREDITED_ON_CARD: Final = frozenset({"order", "unknown"})
# Lines of a card account that are posted though "coming": only their statement is not yet debited.
_HOLDS_ON_CARD: Final = frozenset({"card", "unknown"})
# No currency has more than twenty digits to an amount; beyond lies an attack on memory.
_MOST_DIGITS: Final = 20


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """What reading a row needs to know of its account."""

    ref: str
    currency: str
    kind: AccountKind = AccountKind.CARD
    card_last4: str | None = None


@dataclass(slots=True)
class Page:
    """The rows of one page, each in the place it belongs to."""

    transactions: list[FetchedTransaction] = field(default_factory=list)
    removed_ids: list[tuple[str, str]] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)


def read_page(rows: Sequence[Any], accounts: Mapping[str, KnownAccount]) -> Page:
    """Read the rows of ``accounts``; what cannot be read is kept with its reason.

    Rows of other accounts are passed over: nobody asked for them (R13). A row that does not say
    its account is kept as rejected under the first one.
    """
    page = Page()
    for row in rows:
        named = row.get("id_account") if isinstance(row, dict) else None
        account = accounts.get(str(named))
        if account is not None:
            _place(page, _raw(row), account)
        elif named is None and accounts:
            first = next(iter(accounts))
            page.rejected.append(RejectedRow(first, "the row names no account", raw=_raw(row)))
    return page


def _raw(row: Any) -> dict[str, Any]:
    """Return what of a row is safe to keep; a row that is nested without end loses its content."""
    try:
        cleaned = clean(row)
    except RecursionError:
        return {"id": row.get("id")} if isinstance(row, dict) else {}
    return cleaned if isinstance(cleaned, dict) else {"row": cleaned}


def _place(page: Page, row: dict[str, Any], account: KnownAccount) -> None:
    external_id = _external_id(row)
    try:
        if external_id is None:
            raise ValueError("the row has no id")
        if row.get("deleted"):
            page.removed_ids.append((account.ref, external_id))
        else:
            page.transactions.append(_transaction(row, external_id, account))
    except (ValueError, TypeError, ArithmeticError) as error:
        reason = str(error) or type(error).__name__
        page.rejected.append(RejectedRow(account.ref, reason, external_id, raw=row))


def _transaction(
    row: dict[str, Any], external_id: str, account: KnownAccount
) -> FetchedTransaction:
    """Build the transaction of a row that is not deleted.

    :raises ValueError: with the reason why the row cannot be read.
    """
    amount = _amount(row, account.currency)
    status = _status(row, account.kind)
    purchased_on, debited_on = calendar_date(row.get("rdate")), calendar_date(row.get("date"))
    if purchased_on is None and debited_on is None:
        raise ValueError("the row has neither a purchase date nor a booking date")
    announced = status is TransactionStatus.ANNOUNCED
    return FetchedTransaction(
        account_ref=account.ref,
        external_id=external_id,
        amount=amount,
        memo=_text(row, "original_wording") or _text(row, "wording") or "",
        label=_text(row, "simplified_wording"),
        # The bank's forecast of the day it will book a hold is no booking.
        purchased_on=purchased_on or (debited_on if announced else None),
        booked_on=None if announced else debited_on,
        value_on=_optional_date(row.get("vdate")),
        kind=_kind(row, amount, account.kind),
        status=status,
        original=_original(row, amount),
        fee=_fee(row, account.currency),
        merchant=_merchant(row),
        card_last4=last_four(row.get("card")) or account.card_last4,
        source_stamp=_text(row, "last_update"),
        raw=row,
    )


def _external_id(row: Mapping[str, Any]) -> str | None:
    value = row.get("id")
    usable = isinstance(value, int | str) and not isinstance(value, bool)
    return str(value).strip() or None if usable else None


def _amount(row: Mapping[str, Any], currency: str) -> Money:
    """Return ``value``, or where it is null what the gross value leaves after the commission."""
    if row.get("value") is not None:
        return money_from_decimal(_decimal(row["value"]), currency)
    if row.get("gross_value") is None:
        raise ValueError("the row has no amount")
    gross = _decimal(row["gross_value"])
    if row.get("commission") is None:
        return money_from_decimal(gross, currency)
    charged_in = currency_of({"currency": row.get("commission_currency")}) or currency
    if charged_in != currency:
        raise ValueError(f"the row has no amount, and its commission is in {charged_in}")
    return money_from_decimal(gross + _decimal(row["commission"]), currency)


def _decimal(value: Any) -> Decimal:
    """Read a number as it was written.

    :raises ValueError: if it is none, or absurdly large or fine.
    """
    try:
        amount = Decimal(value) if isinstance(value, int | str) else None
    except InvalidOperation:
        amount = None
    if amount is None or isinstance(value, bool) or not amount.is_finite():
        raise ValueError(f"not an amount: {str(value)[:40]!r}")
    digits = amount.as_tuple()
    if abs(amount.adjusted()) > _MOST_DIGITS or len(digits.digits) > _MOST_DIGITS:
        raise ValueError("the amount has too many digits")
    return amount


def _status(row: Mapping[str, Any], kind: AccountKind) -> TransactionStatus:
    """Say whether a row is a hold: its ``coming`` does not mean the same on every account."""
    name = str(row.get("type"))
    posted = name == "deferred_card" or (kind is AccountKind.CARD and name not in _HOLDS_ON_CARD)
    if row.get("coming") is True and not posted:
        return TransactionStatus.ANNOUNCED
    return TransactionStatus.BOOKED


def _kind(row: Mapping[str, Any], amount: Money, kind: AccountKind) -> TransactionKind:
    name = str(row.get("type"))
    credited = name in _CREDITED or (kind is AccountKind.CARD and name in _CREDITED_ON_CARD)
    if amount.minor > 0 and credited:
        return TransactionKind.REFUND
    return _KINDS.get(name, TransactionKind.OTHER)


def _original(row: Mapping[str, Any], amount: Money) -> Money | None:
    """Return the amount of a purchase in another currency; the raw row keeps one we cannot read."""
    code = currency_of({"currency": row.get("original_currency")})
    if not code or row.get("original_value") is None:
        return None
    try:
        original = money_from_decimal(_decimal(row["original_value"]), code)
    except ValueError:
        return None
    return None if original == amount else original


def _fee(row: Mapping[str, Any], currency: str) -> Money | None:
    if row.get("commission") is None:
        return None
    code = currency_of({"currency": row.get("commission_currency")}) or currency
    try:
        fee = money_from_decimal(_decimal(row["commission"]), code)
    except ValueError:
        return None
    return fee if fee.minor else None


def _merchant(row: Mapping[str, Any]) -> Merchant | None:
    """Return who was paid; older domains give the counterparty as a plain text."""
    party = row.get("counterparty")
    label = party.get("label") if isinstance(party, Mapping) else party
    name = label.strip() if isinstance(label, str) else ""
    country = row.get("country")
    fits = isinstance(country, str) and len(country) == 2 and country.isalpha()
    if not name and not fits:
        return None
    return Merchant(name=name or None, country=str(country).upper() if fits else None)


def _optional_date(value: Any) -> date | None:
    try:
        return calendar_date(value)
    except ValueError:
        return None


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return value.strip() or None if isinstance(value, str) else None
