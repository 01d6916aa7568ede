"""A machine that makes up stories for the adversity bank, and says after each sync what is wrong.

Hypothesis draws the steps. They are those of the bank's scripts, so that what a failing example
prints can be written down as a script.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from cardsync_sdk.testing.adversity.acts import (
    Complete,
    Ends,
    HandIn,
    NextDay,
    Relink,
    SetAside,
    Sync,
)
from cardsync_sdk.testing.adversity.setting import STABLE, Order, Serves, Serving
from cardsync_sdk.testing.adversity.steps import (
    BAKERY,
    OWN,
    Book,
    Buy,
    Cancel,
    Change,
    Fail,
    ForgetCursors,
    Serve,
    StillGathering,
    Trouble,
)
from cardsync_sdk.testing.adversity.truth import Entry
from cardsync_sdk.types import IdTrait, TransactionStatus
from tests.support.databases import SqliteTemplate
from tests.support.told_story import AnswerTruthfully, NoMoreTrouble, Overtake, Story
from webapp.domain.transactions import normal_memo
from webapp.storage.database import Database

CARDS = ("card", "other")
AMOUNTS = ("-2.50", "-12.50", "-31.00", "-100.00")
WORDS = (BAKERY, "CARTE TAXI EXEMPLE", "HOTEL DE LA GARE EXEMPLE")
TROUBLES = (
    Trouble.UNAVAILABLE,
    Trouble.RATE_LIMITED,
    Trouble.CUT_JSON,
    Trouble.PLUGIN_BUG,
)
# As long as every change lies in the days that an ordinary sync reads again.
DAYS = 7
# More booked rows gone at once are not believed, and that is another story (C06).
GONE_AT_ONCE = 2

one_of_them = st.integers(0, 11)
cards = st.sampled_from(CARDS)


@dataclass
class Drawn:
    """What was drawn so far; ``untold`` is what the next sync has still to tell."""

    number: int = 0
    days: int = 0
    relinks: int = 0
    new_link: bool = False
    works: set[str] = field(default_factory=set)
    untold: set[str] = field(default_factory=set)
    gone: int = 0


class Slate:
    """One SQLite file that is wiped for each story; what SQLAlchemy has compiled is kept."""

    def __init__(self, template: SqliteTemplate, folder: Path) -> None:
        self.template, self.folder = template, folder
        self.database = Database(template.create(folder))

    def wipe(self) -> Database:
        """Return the database as it is after the migrations."""
        self.database.dispose()
        for left in self.folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        self.template.create(self.folder)
        return self.database


def engine_machine(slate: Slate, traits: frozenset[IdTrait]) -> type[RuleBasedStateMachine]:
    """Return the machine for cards of one id policy."""

    class Machine(EngineMachine):
        def __init__(self) -> None:
            super().__init__(slate, traits)

    return Machine


class EngineMachine(RuleBasedStateMachine):
    """Buys, books, changes, syncs, breaks off; the rules of the class are the vocabulary."""

    def __init__(self, slate: Slate, traits: frozenset[IdTrait]) -> None:
        super().__init__()
        self.traits = traits
        self.story = Story(slate.wipe(), slate.folder, traits)
        self.world = self.story.world
        self.drawn = Drawn()

    def teardown(self) -> None:
        """End every story the same way."""
        if not self.story.broken:
            self.story.settle()

    # --- Purchases ---------------------------------------------------------------------------

    @initialize(served=st.sampled_from(Serves), vouches=st.booleans())
    def begin(self, served: Serves, vouches: bool) -> None:
        self.story.take(Serve(Serving(mode=served, vouches=vouches)))

    @rule(
        card=cards,
        amount=st.sampled_from(AMOUNTS),
        memo=st.sampled_from(WORDS),
        back=st.integers(0, 3),
        announced=st.booleans(),
    )
    def buy(self, card: str, amount: str, memo: str, back: int, announced: bool) -> None:
        day = self.today - timedelta(days=back)
        self._buy(Buy("", amount, on=str(day), card=card, memo=memo, announced=announced))

    @rule(which=one_of_them)
    def buy_an_equal_one(self, which: int) -> None:
        entry = self._pick(which, lambda one: True)
        if entry is None:
            return
        row = entry.row
        self._buy(
            Buy(
                "",
                str(row.amount.decimal),
                on=str(row.purchased_on),
                card=entry.card,
                memo=row.memo,
                announced=row.status is TransactionStatus.ANNOUNCED,
                booked=str(row.booked_on) if row.booked_on else None,
            )
        )

    @rule(
        which=one_of_them,
        amount=st.sampled_from((None, None, "tip", "less")),
        renamed=st.sampled_from(("linked", "alone")),
    )
    def book(self, which: int, amount: str | None, renamed: str) -> None:
        new_id = IdTrait.CHANGES_ON_BOOKING in self.traits
        named = new_id and renamed == "linked"
        entry = self._pick(
            which,
            lambda one: (
                one.row.status is TransactionStatus.ANNOUNCED and (named or self._alone(one))
            ),
        )
        if entry is None or (amount and not self.names_rows):
            return
        self._book(entry.name, _booked_at(entry, amount), linked=named)

    @precondition(lambda self: not self.drawn.new_link)
    @rule(which=one_of_them, what=st.sampled_from(("words", "amount", "day")))
    def change(self, which: int, what: str) -> None:
        entry = self._pick(
            which, lambda one: one.row.status is TransactionStatus.BOOKED and self._alone(one)
        )
        if entry is None or (what == "amount" and not self.names_rows):
            return
        match what:
            case "words":
                self._tell(Change(entry.name, memo=f"{entry.row.memo} LYON"))
            case "amount":
                self._tell(Change(entry.name, amount=_booked_at(entry, "tip")))
            case _:
                self._tell(Change(entry.name, booked=str(self.today)))

    # What is withdrawn, or corrected, before a new link has told anything, nobody can know of.
    @precondition(lambda self: self.drawn.gone < GONE_AT_ONCE and not self.drawn.new_link)
    @rule(which=one_of_them)
    def cancel(self, which: int) -> None:
        entry = self._pick(which, lambda one: True)
        if entry is not None:
            self.drawn.gone += 1
            self._tell(Cancel(entry.name))

    # --- People ------------------------------------------------------------------------------

    @rule(which=one_of_them)
    def complete(self, which: int) -> None:
        self._work_on(which, Complete)

    @rule(which=one_of_them)
    def set_aside(self, which: int) -> None:
        self._work_on(which, SetAside)

    @precondition(lambda self: not self.story.in_doubt)
    @rule(card=cards, first=st.integers(0, 3), count=st.integers(1, 4))
    def hand_in(self, card: str, first: int, count: int) -> None:
        # A file tells rows as they are now: not those that the feed has still to tell.
        rows = [
            one.name
            for one in self._shown()
            if one.card == card
            and one.row.status is TransactionStatus.BOOKED
            and one.name not in self.drawn.untold
        ]
        some = tuple(rows[first : first + count])
        if some:
            self.story.take(HandIn("export.jsonl", some, card))

    @precondition(lambda self: self.drawn.days < DAYS and not self.story.in_doubt)
    @rule(card=cards, amount=st.sampled_from(AMOUNTS), memo=st.sampled_from(WORDS))
    def complete_a_hold_before_it_is_booked(self, card: str, amount: str, memo: str) -> None:
        self.buy(card, amount, memo, 0, True)
        name = f"p{self.drawn.number}"
        self.sync()
        if name in self._stored() and not self.story.in_doubt:
            self.drawn.works.add(name)
            self.story.take(Complete(name))
            self.next_day()
            if self._is_unlike_others(name):
                self._book(name, None, linked=False)

    @rule()
    def answer(self) -> None:
        self.story.take(AnswerTruthfully())

    @precondition(
        lambda self: (
            IdTrait.CHANGES_ON_RELINK in self.traits
            and self.drawn.relinks < 2
            and not self.drawn.untold
            and not self.story.in_doubt
            and all(self._is_unlike_others(name) for name in self.drawn.works)
        )
    )
    @rule()
    def relink(self) -> None:
        # Of two equal rows nobody can say which got which new id, so nobody has worked on one.
        self.drawn.relinks += 1
        self.drawn.new_link = True
        self.story.take(Relink())

    # --- Time, and the way ---------------------------------------------------------------------

    @precondition(lambda self: self.drawn.days < DAYS)
    @rule()
    def next_day(self) -> None:
        self.drawn.days += 1
        self.story.take(NextDay())

    @rule(
        size=st.integers(1, 3),
        order=st.sampled_from(Order),
        mode=st.sampled_from(Serves),
        vouches=st.booleans(),
    )
    def serve(self, size: int, order: Order, mode: Serves, vouches: bool) -> None:
        self.story.take(Serve(Serving(mode=mode, page_size=size, order=order, vouches=vouches)))

    @rule()
    def forget_cursors(self) -> None:
        self.story.take(ForgetCursors())

    @rule()
    def sync(self) -> None:
        self.story.take(Sync(Ends.OK))
        self.drawn.untold.clear()
        self.drawn.gone = 0
        self.drawn.new_link = False

    @rule(page=st.integers(1, 3), how=st.sampled_from(TROUBLES))
    def sync_that_breaks_off(self, page: int, how: Trouble) -> None:
        self.story.take(Fail(how, page=page))
        self._sync_in_trouble()

    @rule()
    def sync_while_the_bank_gathers(self) -> None:
        self.story.take(StillGathering())
        self._sync_in_trouble()

    @rule()
    def sync_that_is_overtaken(self) -> None:
        self.story.take(Overtake())
        self._sync_in_trouble()

    # --- How it is done ------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return self.world.now.astimezone(self.world.zone).date()

    @property
    def names_rows(self) -> bool:
        """Say whether the bank has ids: without, another amount is another purchase to anybody."""
        return IdTrait.NONE not in self.traits

    def _buy(self, step: Buy) -> None:
        self.drawn.number += 1
        self._tell(replace(step, what=f"p{self.drawn.number}"))

    def _book(self, name: str, amount: str | None, *, linked: bool) -> None:
        new_id = f"booked-{name}" if IdTrait.CHANGES_ON_BOOKING in self.traits else OWN
        self._tell(Book(name, on=str(self.today), amount=amount, id=new_id, linked=linked))

    def _tell(self, step: Buy | Book | Change | Cancel) -> None:
        self.story.take(step)
        self.drawn.untold.add(step.what)

    def _shown(self) -> list[Entry]:
        return [one for one in self.world.truth.entries.values() if one.shown]

    def _pick(self, which: int, fits: Callable[[Entry], bool]) -> Entry | None:
        found = [one for one in self._shown() if fits(one)]
        return found[which % len(found)] if found else None

    def _alone(self, entry: Entry) -> bool:
        """Say whether a row can be told from all others, whatever becomes of the ids."""
        return self.traits == STABLE or self._is_unlike_others(entry.name)

    def _is_unlike_others(self, name: str) -> bool:
        entries = self.world.truth.entries
        return sum(_look(one) == _look(entries[name]) for one in entries.values()) == 1

    def _work_on(self, which: int, work: type[Complete] | type[SetAside]) -> None:
        found = [name for name in self._stored() if name not in self.drawn.works]
        if found and not self.story.in_doubt:
            name = found[which % len(found)]
            self.drawn.works.add(name)
            self.story.take(work(name))

    def _stored(self) -> list[str]:
        """Return the purchases whose rows are stored and active, each under one transaction."""
        names = [
            one.told_as[-1]
            for one in self.story.player._picture().held
            if one.active and one.told_as and one.expenses and not one.refused
        ]
        return [one.name for one in self._shown() if names.count(one.name) == 1]

    def _sync_in_trouble(self) -> None:
        self.story.take(Sync(Ends.ANY))
        self.story.take(NoMoreTrouble())


def _booked_at(entry: Entry, amount: str | None) -> str | None:
    """Return the amount that a hold is booked at; ``None`` is the same."""
    if amount is None:
        return None
    minor = entry.row.amount.minor * (110 if amount == "tip" else 60) // 100
    return str(replace(entry.row.amount, minor=minor).decimal)


def _look(entry: Entry) -> tuple[object, ...]:
    row = entry.row
    return entry.card, row.purchased_on, row.amount.minor, normal_memo(row.memo)[:12]
