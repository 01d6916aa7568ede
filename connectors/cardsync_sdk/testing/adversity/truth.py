"""What is really so at the source: the rows as it shows them now, and which of them are ours."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import singledispatchmethod
from typing import Any

from cardsync_sdk.money import Money, parse_money
from cardsync_sdk.testing.adversity.setting import Card
from cardsync_sdk.testing.adversity.steps import (
    OWN,
    Book,
    Buy,
    Cancel,
    Change,
    Garble,
    HideCard,
    OpenCard,
    ReissueIds,
    ShowTwice,
    SwapCard,
)
from cardsync_sdk.types import (
    AccountKind,
    FetchedTransaction,
    IdTrait,
    RejectedRow,
    RemoteAccount,
    TransactionStatus,
)

# The key in ``raw`` under which each row carries its name, for the checker only.
NAME = "adversity"


@dataclass
class Holding:
    """A card as the source lists it now: ``ref`` is the source's id of it."""

    card: Card
    ref: str
    holder: str = "Camille Martin"
    listed: bool = True

    def remote(self) -> RemoteAccount:
        """Return what the source lists."""
        return RemoteAccount(
            ref=self.ref,
            name=f"Card {self.card.name}",
            kind=AccountKind.ACCOUNT if self.card.iban else AccountKind.CARD,
            currency=self.card.currency,
            iban=self.card.iban,
            number_masked=f"XXXX XXXX XXXX {self.card.last4}",
            holder_name=self.holder,
            id_traits=self.card.traits,
        )


@dataclass
class Entry:
    """One row of the source: ``row`` as it is told now, ``version`` counts what changed when.

    ``kept``: it is a transaction of ours; a withdrawn one stays here with ``shown`` false. ``home``
    is the card it was bought with, wherever the source shows it since.
    """

    name: str
    card: str
    row: FetchedTransaction
    kept: bool
    version: int
    home: str
    shown: bool = True
    copies: int = 1
    unreadable: str = ""

    @property
    def counts(self) -> bool:
        """Say whether it must be an active transaction of ours."""
        return self.kept and self.shown and not self.unreadable


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An id the source shows no more."""

    card: str
    external_id: str
    version: int


@dataclass
class Truth:
    """The source's books. ``year`` is the one that days without a year are of."""

    year: int
    cards: dict[str, Holding] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    version: int = 0

    def day(self, text: str) -> date:
        """Read a day of a script."""
        return date.fromisoformat(text if len(text) > 5 else f"{self.year}-{text}")

    def card_of(self, ref: str) -> str | None:
        """Return the name of the card with the source's id ``ref``."""
        return next((name for name, one in self.cards.items() if one.ref == ref), None)

    def shown(self, card: str) -> Iterator[Entry]:
        """Yield what the source shows of a card."""
        yield from (one for one in self.entries.values() if one.shown and one.card == card)

    def told(self, entry: Entry) -> FetchedTransaction:
        """Return the row of ``entry`` under the card's present id, with its name in ``raw``."""
        ref = self.cards[entry.card].ref
        return replace(entry.row, account_ref=ref, raw={**entry.row.raw, NAME: entry.name})

    def rejected(self, entry: Entry) -> RejectedRow:
        """Return the row of an entry that cannot be read."""
        row = self.told(entry)
        return RejectedRow(row.account_ref, entry.unreadable, row.external_id, raw=row.raw)

    def money(self, card: str, text: str) -> Money:
        """Read an amount of a script in the card's currency."""
        return parse_money(text, self.cards[card].card.currency)

    def reissue(self, prefix: str) -> None:
        """Give every row that has an id another one."""
        for number, entry in enumerate(self.entries.values(), 1):
            if entry.row.external_id is not None:
                self._rewrite(entry, external_id=f"{prefix}{number}")

    @singledispatchmethod
    def happen(self, step: object) -> None:
        """Change the truth as a step says.

        :raises TypeError: for a step that does not concern the source's books.
        """
        raise TypeError(f"{type(step).__name__} does not change the source's truth")

    @happen.register
    def _(self, step: Buy) -> None:
        day = self.day(step.on)
        booked = self.day(step.booked) if step.booked else None if step.announced else day
        row = FetchedTransaction(
            account_ref=step.card,
            amount=self.money(step.card, step.amount),
            memo=step.memo,
            purchased_on=day,
            booked_on=booked,
            value_on=self.day(step.value_on) if step.value_on else None,
            external_id=self._id(step.card, step.id, f"id-{step.what}"),
            kind=step.kind,
            status=TransactionStatus.ANNOUNCED if step.announced else TransactionStatus.BOOKED,
            original=parse_money(*step.original) if step.original else None,
        )
        self.entries[step.what] = Entry(
            step.what, step.card, row, step.kept, self._next(), home=step.card
        )

    @happen.register
    def _(self, step: Book) -> None:
        entry = self.entries[step.what]
        entry.shown = True
        old = entry.row.external_id
        new = self._id(entry.card, step.id, old)
        self._rewrite(
            entry,
            status=TransactionStatus.BOOKED,
            booked_on=self.day(step.on),
            external_id=new,
            replaces=old if step.linked and new != old else None,
            **self._values(entry, step),
        )

    @happen.register
    def _(self, step: Change) -> None:
        entry = self.entries[step.what]
        if step.card is not None:
            entry.card = step.card
        values = self._values(entry, step)
        if step.id is not None:
            values["external_id"] = step.id
        if step.kind is not None:
            values["kind"] = step.kind
        self._rewrite(entry, **values)

    @happen.register
    def _(self, step: Cancel) -> None:
        entry = self.entries[step.what]
        entry.shown = False
        self._withdraw(entry)

    @happen.register
    def _(self, step: ReissueIds) -> None:
        self.reissue(step.prefix)

    @happen.register
    def _(self, step: ShowTwice) -> None:
        self.entries[step.what].copies = 2

    @happen.register
    def _(self, step: Garble) -> None:
        self.entries[step.what].unreadable = step.reason
        self.entries[step.what].version = self._next()

    @happen.register
    def _(self, step: OpenCard) -> None:
        self.cards[step.card.name] = Holding(step.card, f"ref-{step.card.name}")

    @happen.register
    def _(self, step: HideCard) -> None:
        self.cards[step.card].listed = False

    @happen.register
    def _(self, step: SwapCard) -> None:
        holding = self.cards[step.card]
        holding.card = replace(holding.card, last4=step.last4)
        holding.holder = step.holder

    def _values(self, entry: Entry, step: Book | Change) -> dict[str, Any]:
        """Return what a step says anew of a row, as values of it."""
        values: dict[str, Any] = {}
        if step.amount is not None:
            values["amount"] = self.money(entry.card, step.amount)
        if step.memo is not None:
            values["memo"] = step.memo
        if step.original is not None:
            values["original"] = parse_money(*step.original)
        for name, column in (("purchased", "purchased_on"), ("booked", "booked_on")):
            if (text := getattr(step, name, None)) is not None:
                values[column] = self.day(text)
        if (text := getattr(step, "value_on", None)) is not None:
            values["value_on"] = self.day(text)
        return values

    def _rewrite(self, entry: Entry, **values: Any) -> None:
        row = replace(entry.row, **values)
        if row.external_id != entry.row.external_id:
            self._withdraw(entry)
        entry.row, entry.version = row, self._next()

    def _withdraw(self, entry: Entry) -> None:
        if entry.row.external_id is not None:
            gone = Withdrawal(entry.card, entry.row.external_id, self._next())
            self.withdrawals.append(gone)

    def _id(self, card: str, said: str | None, own: str | None) -> str | None:
        if said != OWN:
            return said
        return None if IdTrait.NONE in self.cards[card].card.traits else own

    def _next(self) -> int:
        self.version += 1
        return self.version
