"""The values that cross the border between cardsync and a connector: frozen, exact, checked.

Dates are the bank's calendar dates, never instants. Amounts are :class:`~cardsync_sdk.money.Money`
(minor units, ISO 4217, minus = spend). Secrets sit in fields with ``repr=False``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from cardsync_sdk.money import Money
from cardsync_sdk.quota import USUAL_QUOTA, Quota

Json = Any


class ConnectorKind(StrEnum):
    """What sort of source a connector reaches."""

    AGGREGATOR = "aggregator"
    FUEL_PORTAL = "fuel_portal"
    FILES = "files"


class AccountKind(StrEnum):
    """What a remote account is; cardsync treats both alike (R12)."""

    ACCOUNT = "account"
    CARD = "card"


class TransactionKind(StrEnum):
    """What a transaction is to its holder; ``SUMMARY`` is a deferred-debit monthly total."""

    PURCHASE = "purchase"
    REFUND = "refund"
    FEE = "fee"
    CASH = "cash"
    TRANSFER = "transfer"
    SUMMARY = "summary"
    OTHER = "other"


class TransactionStatus(StrEnum):
    """Announced (pending at the bank) or booked."""

    ANNOUNCED = "announced"
    BOOKED = "booked"


class IdTrait(StrEnum):
    """What may be believed of a source's transaction ids; several hold at once.

    ``STABLE``: one id per transaction for ever. ``CHANGES_ON_BOOKING``: the booked row comes under
    another id (``replaces`` names the old one where the source links them). ``CHANGES_ON_RELINK``:
    a new link re-issues ids. ``NONE``: ids are absent or worthless; content and occurrence decide.
    """

    STABLE = "stable"
    CHANGES_ON_BOOKING = "changes_on_booking"
    CHANGES_ON_RELINK = "changes_on_relink"
    NONE = "none"


class LinkState(StrEnum):
    """How a link stands at the source after a fetch."""

    OK = "ok"
    NEEDS_USER = "needs_user"
    TEMPORARY = "temporary"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting an installation gives a connector; the settings form is made of these."""

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    default: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact about an institution comes from; without ``url`` nobody confirmed it."""

    says: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Institution:
    """A bank or card service that can be chosen inside a connector.

    :param key: the same in every connector that serves it; :mod:`cardsync_sdk.institutions` lists
        those already known.
    :param name: its present name, as the connector's own page shows it.
    :param kind: ``bank``, ``card_service`` or ``fuel`` (R9).
    :param former_names: what it was called, and whom it took over; searched too.
    :param aliases: what people call it otherwise; searched too.
    :param issuer: name of the bank that issues its cards: who searches the bank is shown this
        service first, since the cards are found here and not there (R39).
    :param confirmed_on: when it was last seen working; ``None`` where nobody noted a day (R50).
    :param sources: where former names and the like come from.
    """

    key: str
    name: str
    kind: str = "bank"
    country: str = "FR"
    former_names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    issuer: str = ""
    confirmed_on: date | None = None
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectorInfo:
    """How a plugin introduces itself.

    :param slug: stable key, lower case letters, digits and ``_``; stored with every interface.
    :param label: name shown to people.
    :param api_version: the :data:`~cardsync_sdk.API_VERSION` it was written for.
    :param id_traits: default id policy of its accounts; an account may override it.
    :param lookback: overlap asked for again at each run; at least 10 days, since banks post late.
    :param hold_expiry: after how long an announced row that never books expires by itself.
    :param quota: how much its source bears.
    :param reads_files: it reads uploaded files: ``Link.upload`` is set and its link needs no page.
    :param about_url: where people can read who the partner is (R80).
    """

    slug: str
    label: str
    kind: ConnectorKind
    api_version: int
    settings: tuple[SettingField, ...] = ()
    institutions: tuple[Institution, ...] = ()
    id_traits: frozenset[IdTrait] = frozenset({IdTrait.NONE})
    lookback: timedelta = timedelta(days=10)
    hold_expiry: timedelta = timedelta(days=30)
    quota: Quota = USUAL_QUOTA
    reads_files: bool = False
    file_suffixes: tuple[str, ...] = ()
    about_url: str = ""

    def __post_init__(self) -> None:
        """Refuse a slug that cannot be a key and a look-back that would lose late postings.

        :raises ValueError: naming the field.
        """
        if not self.slug or set(self.slug) - set("abcdefghijklmnopqrstuvwxyz0123456789_"):
            raise ValueError(f"slug: lower case letters, digits and _ only, got {self.slug!r}")
        if self.lookback < timedelta(days=10):
            raise ValueError("lookback: at least 10 days")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the installation configured for a connector; values never show in ``repr``."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> str:
        """Return the setting ``name``.

        :raises KeyError: if the installation did not give it.
        """
        return self.values[name]

    def get(self, name: str, default: str = "") -> str:
        """Return the setting ``name`` or ``default``."""
        return self.values.get(name, default)


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file a person or a command handed in; ``id`` is the cursor it becomes."""

    id: str
    name: str
    path: Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class Link:
    """Everything a connector needs to speak for one interface.

    ``secrets`` (tokens) are stored encrypted by the host; ``ref`` is the source's own id of the
    connection, ``institution`` and ``label`` name the bank for people.
    """

    ref: str
    settings: Settings = field(default_factory=Settings)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    institution: str = ""
    label: str = ""
    upload: Upload | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """``begin_link``: send the admin to ``url``; ``link`` is kept, encrypted, for later."""

    url: str
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """``begin_link``: ask these fields in our own page (never for an aggregator's bank log-in)."""

    fields: tuple[SettingField, ...]


@dataclass(frozen=True, slots=True)
class RemoteAccount:
    """An account or card as the source lists it.

    ``ref`` is the source's id, which may change; ``iban`` and ``number_masked`` (at most the last
    four digits are kept by the host), ``holder_name`` and the bank make the identity that does not.
    """

    ref: str
    name: str
    kind: AccountKind
    currency: str
    iban: str | None = field(default=None, repr=False)
    number_masked: str | None = field(default=None, repr=False)
    holder_name: str | None = None
    balance: Money | None = None
    shared: bool = True
    id_traits: frozenset[IdTrait] | None = None
    raw: Mapping[str, Json] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class AccountRef:
    """Names an account to a connector: the source's ``ref``, its currency and last four digits."""

    ref: str
    currency: str
    last4: str | None = None


@dataclass(frozen=True, slots=True)
class FetchWindow:
    """The days asked for, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins.

        :raises ValueError: naming both days.
        """
        if self.last < self.first:
            raise ValueError(f"window ends {self.last} before it begins {self.first}")


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who was paid, as the source says it; ``mcc`` is the ISO 18245 category code."""

    name: str | None = None
    mcc: str | None = None
    city: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Fuel:
    """What a fuel card adds: product, quantity in thousandths of ``unit``, station, vehicle."""

    product: str | None = None
    quantity_milli: int | None = None
    unit: str = "l"
    station: str | None = None
    plate: str | None = None
    odometer_km: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedTransaction:
    """One row as the source showed it.

    :param account_ref: the source's id of the account.
    :param external_id: the source's id of the row, taken as it is; a hint, not an identity.
    :param purchased_on: day of the purchase or order. :param booked_on: day it was posted, debited.
    :param amount: in the account's currency, minus = spend.
    :param original: the amount in the currency of the purchase, where it differs.
    :param fee: what the source says it took, minus = charged; the host never adds it up.
    :param memo: the raw bank memo. :param label: the source's cleaned wording.
    :param card_last4: last four digits of the card, never more.
    :param replaces: external id of the announced row that this one books.
    :param source_stamp: the source's own change stamp, opaque.
    :param raw: the source's payload of this row, JSON values only.
    """

    account_ref: str
    amount: Money
    memo: str
    purchased_on: date | None = None
    booked_on: date | None = None
    value_on: date | None = None
    external_id: str | None = None
    kind: TransactionKind = TransactionKind.PURCHASE
    status: TransactionStatus = TransactionStatus.BOOKED
    original: Money | None = None
    fee: Money | None = None
    label: str | None = None
    merchant: Merchant | None = None
    card_last4: str | None = None
    fuel: Fuel | None = None
    replaces: str | None = None
    source_stamp: str | None = None
    raw: Mapping[str, Json] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Refuse a row without any day, and more of a card number than its last four digits.

        :raises ValueError: saying which rule is broken.
        """
        if self.purchased_on is None and self.booked_on is None:
            raise ValueError("a transaction needs a purchase or a booking date")
        if self.card_last4 is not None and len(self.card_last4) > 4:
            raise ValueError("card_last4: at most four digits")

    @property
    def day(self) -> date:
        """The day the holder remembers: of the purchase, else of the booking."""
        day = self.purchased_on or self.booked_on
        assert day is not None  # noqa: S101  # __post_init__ refuses a row without any day
        return day


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row the connector could not read; it is quarantined with its reason, never dropped."""

    account_ref: str
    reason: str
    external_id: str | None = None
    line: int | None = None
    raw: Mapping[str, Json] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One page of a fetch. The host commits its rows and its cursor in one transaction.

    :param removed_ids: ``(account_ref, external_id)`` of rows the source withdrew; one that the
        same batch shows is there.
    :param accounts: accounts as seen in this page, if the source shows them; in the first page,
        so that nothing is taken of an account that has become another.
    :param next_cursor: where the next fetch goes on from, opaque; ``None`` keeps the old one.
    :param complete: nothing more is to come in this walk; the last batch of a walk says so.
    :param finished: refs of accounts of which nothing more is to come, where a walk over several
        goes account by account: they count as fetched even if the walk breaks off later.
    :param full_window: the source promised *all* rows of this window: what is missing was removed.
    :param next_sync_at: when the source plans its own next refresh (aware).
    """

    transactions: Sequence[FetchedTransaction] = ()
    removed_ids: Sequence[tuple[str, str]] = ()
    rejected: Sequence[RejectedRow] = ()
    accounts: Sequence[RemoteAccount] = ()
    next_cursor: str | None = None
    complete: bool = False
    finished: Sequence[str] = ()
    full_window: FetchWindow | None = None
    link_state: LinkState = LinkState.OK
    next_sync_at: datetime | None = None
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class WebhookHint:
    """What a verified webhook hints at: a link that has news. The host then fetches by itself."""

    link_ref: str
    event_id: str
    account_refs: tuple[str, ...] = ()
