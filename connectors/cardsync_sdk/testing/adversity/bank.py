"""The adversity bank: a real connector plugin that serves a script's truth, as badly as told."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from cardsync_sdk.errors import (
    UNKNOWN_CURSOR,
    ConnectorError,
    RateLimited,
    SourceRejected,
    SourceUnavailable,
    UserActionNeeded,
)
from cardsync_sdk.hookspecs import API_VERSION, hookimpl
from cardsync_sdk.registry import Connector, load_connector
from cardsync_sdk.testing.adversity.setting import Order, Serves, Serving
from cardsync_sdk.testing.adversity.steps import (
    BeDown,
    Fail,
    ForgetCursors,
    Meanwhile,
    NeverEnd,
    Serve,
    SourceStep,
    StillGathering,
    Trouble,
)
from cardsync_sdk.testing.adversity.truth import Entry, Truth, Withdrawal
from cardsync_sdk.types import (
    AccountRef,
    Batch,
    ConnectorInfo,
    ConnectorKind,
    FetchWindow,
    LinkState,
    RemoteAccount,
)

SLUG = "adversity"

Item = Entry | Withdrawal


@dataclass
class Walk:
    """What one fetch was asked and really gave; ``told`` is the days it vouched for, by card."""

    window: FetchWindow
    cards: tuple[str, ...]
    rows: int = 0
    told: dict[str, FetchWindow] = field(default_factory=dict)


@dataclass
class Mischief:
    """What the bank is told to do wrong, until it was done often enough."""

    fails: list[Fail] = field(default_factory=list)
    meanwhile: list[Meanwhile] = field(default_factory=list)
    gathering: int = 0
    endless: bool = False
    cursors_from: int = 0
    down_until: datetime | None = None


@dataclass
class _Place:
    """How far a walk has come with a card: by offset, and by version where changes are told."""

    card: str
    seed: int
    version: int
    offset: int = 0

    def pass_over(self, items: Sequence[Item]) -> None:
        self.offset += len(items)
        if items:
            self.version = items[-1].version


@dataclass
class AdversityBank:
    """Serves ``truth`` as ``serving`` says; ``now`` is the business time, set by whoever plays."""

    truth: Truth
    now: datetime
    serving: Serving = field(default_factory=Serving)
    mischief: Mischief = field(default_factory=Mischief)
    walks: list[Walk] = field(default_factory=list)
    slug: str = SLUG

    def happen(self, step: SourceStep) -> None:
        """Have a step happen at the source."""
        match step:
            case Serve():
                self.serving = step.how
            case Fail():
                self.mischief.fails.extend([step] * step.times)
            case Meanwhile():
                self.mischief.meanwhile.append(step)
            case BeDown():
                self.mischief.down_until = self.now + timedelta(hours=step.hours)
            case NeverEnd():
                self.mischief.endless = True
            case StillGathering():
                self.mischief.gathering = step.times
            case ForgetCursors():
                self.truth.version += 1
                self.mischief.cursors_from = self.truth.version
            case _:
                self.truth.happen(step)

    def connector(self) -> Connector:
        """Load the bank as the product loads any plugin."""
        return load_connector(self)

    @hookimpl
    def describe_connector(self) -> ConnectorInfo:
        """Introduce the bank."""
        return ConnectorInfo(self.slug, "Adversity bank", ConnectorKind.AGGREGATOR, API_VERSION)

    @hookimpl
    def list_accounts(self) -> Sequence[RemoteAccount]:
        """List the cards that are there."""
        return [one.remote() for one in self.truth.cards.values() if one.listed]

    @hookimpl
    def fetch_transactions(
        self, accounts: Sequence[AccountRef], cursor: str | None, window: FetchWindow
    ) -> Iterator[Batch]:
        """Serve what is asked for, page by page, with whatever was told to go wrong."""
        walk = Walk(window, tuple(self._card(account.ref) for account in accounts))
        self.walks.append(walk)
        if self.mischief.down_until is not None and self.now < self.mischief.down_until:
            raise SourceUnavailable("the bank is down")
        self._check_cursor(cursor)
        if self.mischief.gathering:
            self.mischief.gathering -= 1
            yield Batch(complete=True, link_state=LinkState.TEMPORARY)
            return
        for batch in self._walk(walk, cursor):
            # Counted once given: what fails on the way was not seen by anybody.
            walk.rows += len(batch.transactions) + len(batch.rejected) + len(batch.removed_ids)
            yield batch

    def _card(self, ref: str) -> str:
        card = self.truth.card_of(ref)
        if card is None:
            raise SourceRejected("the bank does not know this account", code="unknown_account")
        return card

    def _check_cursor(self, cursor: str | None) -> None:
        known = cursor is None or (cursor.isdecimal() and int(cursor) >= self.mischief.cursors_from)
        if not known:
            raise SourceRejected("the bank does not know this cursor", code=UNKNOWN_CURSOR)

    def _walk(self, walk: Walk, cursor: str | None) -> Iterator[Batch]:
        """Give the pages card by card; the last one says that it is."""
        page, begun = 0, self.truth.version
        for card in walk.cards:
            place = _Place(card, len(self.walks), version=int(cursor or 0))
            more = True
            while more:
                page += 1
                self._fail(page, card)
                # Looked up anew for each page: a bank does not hold its breath during a walk.
                left = self._left(place, walk.window, whole=cursor is None)
                some = left[: self.serving.page_size]
                more = self.mischief.endless or len(left) > len(some)
                if not self.mischief.endless:
                    place.pass_over(some)
                batch = self._batch(some)
                if page == 1 and self.serving.lists_accounts:
                    batch = replace(batch, accounts=self.list_accounts())
                if not more:
                    walk.told[card] = self._vouched(walk.window)
                    batch = replace(batch, finished=(self.truth.cards[card].ref,))
                if not more and card == walk.cards[-1]:
                    # Of several cards the first may have changed since it was given.
                    end = begun if len(walk.cards) > 1 else max(begun, place.version)
                    yield self._closing(batch, walk, cursor, end)
                else:
                    yield self._with_cursor(batch, some, walk)
                    self._meanwhile(page)

    def _left(self, place: "_Place", window: FetchWindow, *, whole: bool) -> Sequence[Item]:
        """Return what is still to be given of a card, in the bank's order."""
        card = place.card
        if self.serving.mode is Serves.CHANGES:
            items: list[Item] = list(self.truth.shown(card))
            if not whole:
                items += [one for one in self.truth.withdrawals if one.card == card]
            changed = [one for one in items if one.version > place.version]
            return sorted(changed, key=lambda one: one.version)
        days = self._vouched(window)
        rows = [one for one in self.truth.shown(card) if _within(one, days)]
        rows.sort(key=lambda one: (one.row.day, one.version))
        if self.serving.order is Order.NEWEST:
            rows.reverse()
        elif self.serving.order is Order.SHUFFLED:
            random.Random(place.seed).shuffle(rows)
        # By offset, as such banks do: what moves between two pages slips through.
        return [copy for one in rows for copy in [one] * one.copies][place.offset :]

    def _vouched(self, window: FetchWindow) -> FetchWindow:
        """Return the days the bank can speak for: its history may be shorter than asked."""
        if self.serving.history_days is None:
            return window
        oldest = self.now.date() - timedelta(days=self.serving.history_days)
        return FetchWindow(min(max(window.first, oldest), window.last), window.last)

    def _batch(self, items: Sequence[Item]) -> Batch:
        entries = [one for one in items if isinstance(one, Entry)]
        return Batch(
            transactions=[self.truth.told(one) for one in entries if not one.unreadable],
            rejected=[self.truth.rejected(one) for one in entries if one.unreadable],
            removed_ids=[
                (self.truth.cards[one.card].ref, one.external_id)
                for one in items
                if isinstance(one, Withdrawal)
            ],
        )

    def _with_cursor(self, batch: Batch, items: Sequence[Item], walk: Walk) -> Batch:
        """Give the cursor that goes on after ``items``, where it would skip no other card's."""
        if self.serving.mode is Serves.WINDOW or len(walk.cards) > 1 or not items:
            return batch
        return replace(batch, next_cursor=str(items[-1].version))

    def _closing(self, batch: Batch, walk: Walk, cursor: str | None, version: int) -> Batch:
        changes = self.serving.mode is Serves.CHANGES
        # What only tells changes leaves out what stayed as it was.
        vouched = self.serving.vouches and not (changes and cursor)
        return replace(
            batch,
            complete=True,
            next_cursor=str(version) if changes else None,
            full_window=self._vouched(walk.window) if vouched else None,
        )

    def _meanwhile(self, page: int) -> None:
        for one in [one for one in self.mischief.meanwhile if one.page == page]:
            self.mischief.meanwhile.remove(one)
            for step in one.steps:
                self.happen(step)

    def _fail(self, page: int, card: str) -> None:
        """Raise what was told for this page, or for the card the walk has come to."""
        for one in self.mischief.fails:
            if (one.card == card) if one.card else (one.page == page):
                self.mischief.fails.remove(one)
                self._raise(one)

    def _raise(self, fail: Fail) -> None:
        match fail.how:
            case Trouble.RATE_LIMITED:
                until = self.now + timedelta(hours=fail.hours) if fail.hours else None
                raise RateLimited("the bank asks to wait", until=until)
            case Trouble.CUT_JSON:
                json.loads('{"transactions": [{"amount": "-12.5')
            case Trouble.HTML_PAGE:
                json.loads("<!doctype html><title>Maintenance</title>")
            case Trouble.WRONG_CHARSET:
                "CAFÉ".encode("cp1252").decode("utf-8")
            case Trouble.PLUGIN_BUG:
                raise KeyError("amount")
            case _:
                raise _ERRORS[fail.how]


_ERRORS: dict[Trouble, ConnectorError] = {
    Trouble.UNAVAILABLE: SourceUnavailable("the bank does not answer"),
    Trouble.CONSENT_OVER: UserActionNeeded("the consent is over", reason="consent_expired"),
    Trouble.REJECTED: SourceRejected("the bank has closed this access"),
}


def _within(entry: Entry, days: FetchWindow) -> bool:
    """Say whether a row is listed for these days: by its purchase or by its booking date."""
    dates: list[date | None] = [entry.row.purchased_on, entry.row.booked_on]
    return any(day is not None and days.first <= day <= days.last for day in dates)
