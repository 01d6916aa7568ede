"""Any run undone and synced again gives the same set, and no work moves (I3, I6).

On SQLite and PostgreSQL, with the engine and a scripted bank.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from cardsync_sdk import IdTrait, Money
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.undone import all_of, canonical, run_of, take_back
from tests.support.world import make_world
from webapp.domain.undoing import UndoRefused
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.expenses import Expense
from webapp.storage.runs import SyncRun

START = date(2026, 3, 20)
DAY = timedelta(days=1)
TRAITS = {
    "ids": frozenset({IdTrait.STABLE}),
    "counted": frozenset({IdTrait.NONE}),
    "booking": frozenset({IdTrait.STABLE, IdTrait.CHANGES_ON_BOOKING}),
}
few = st.integers(0, 3)
# Which run back is undone, or which row it is about; what happens on a day.
steps = st.tuples(st.sampled_from(("spend", "twice", "change", "work", "undo")), few)


class Life:
    """Days go by: the bank tells more, a person works, a run is undone."""

    def __init__(self, database: Database, traits: frozenset[IdTrait], page_size: int) -> None:
        self.bank = ScriptedBank(traits=traits, page_size=page_size)
        self.world = make_world(database, self.bank.connector(), activated_on=START)
        self.world.change(Account, self.world.account_id, import_mode="all_available")
        self.today = START
        self.worked: dict[str, str] = {}

    def act(self, kind: str, number: int) -> None:
        """Do what a step says, and sync."""
        rows = self.bank.rows
        if kind == "undo":
            self._undo(number)
        elif kind == "work":
            self._work(number)
        elif kind == "change" and rows:
            place = number % len(rows)
            changed = replace(rows[place], amount=Money(rows[place].amount.minor - 1, "EUR"))
            # Where rows have no ids, another amount would be another purchase.
            trusted = IdTrait.NONE not in self.bank.traits
            rows[place] = changed if trusted else rows[place]
        else:
            day = self.today - number * DAY
            for again in range(2 if kind == "twice" else 1):
                name = f"p{len(rows)}"
                memo = "CARTE CAFE" if kind == "twice" else f"CARTE {name}"
                amount = -250 if kind == "twice" else -100 - 7 * len(rows) - again
                rows.append(purchase(name, amount, day, memo=memo))
        self.sync()

    def sync(self) -> None:
        """Sync a day later."""
        self.today += DAY
        run_of(self.world, self.today)
        now = {one.id: (one.transaction_id, one.comment) for one in self.world.expenses()}
        for expense, transaction in self.worked.items():
            assert now[expense] == (transaction, f"work on {expense}"), "human work never moves"

    def _work(self, number: int) -> None:
        mine = [one for one in self.world.expenses() if one.account_id == self.world.account_id]
        free = sorted(mine, key=lambda one: one.id)
        if not free:
            return
        one = free[number % len(free)]
        comment = f"work on {one.id}"
        self.world.change(Expense, one.id, comment=comment, version=one.version + 1)
        self.worked[one.id] = one.transaction_id

    def _undo(self, number: int) -> None:
        """Undo a run; where later ones have built upon it, those first."""
        with self.world.database.read() as session:
            runs = session.exec(
                select(SyncRun.id)
                .where(col(SyncRun.undone_at).is_(None))
                .where(SyncRun.interface_id == self.world.interface_id)
                .order_by(col(SyncRun.started_at).desc(), col(SyncRun.id).desc())
                .limit(number + 1)
            ).all()
        for run_id in runs:
            take_back(self.world, run_id)


@pytest.mark.parametrize("traits", TRAITS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(script=st.lists(steps, min_size=2, max_size=9), page_size=st.sampled_from((1, 100)))
def test_I3_I6_undone_and_synced_again_is_the_set_of_the_source(
    database: Database, traits: str, script: list[tuple[str, int]], page_size: int
) -> None:
    life = Life(database, TRAITS[traits], page_size)
    life.sync()
    for kind, number in script:
        life.act(kind, number)
    mine = [one for one in life.world.transactions() if one.account_id == life.world.account_id]
    told = sorted((row.amount.minor, str(row.purchased_on), row.memo) for row in life.bank.rows)

    assert sorted((one.amount_minor, str(one.day), one.memo) for one in mine) == told
    assert len({one.transaction_id for one in all_of(life.world, Expense)}) == len(
        all_of(life.world, Expense)
    )
    before = canonical(life.world)
    life.sync()
    assert canonical(life.world) == before, "a second sync changes nothing"


def test_an_older_run_is_refused_or_done_and_never_half_done(database: Database) -> None:
    life = Life(database, TRAITS["ids"], 100)
    for step in (("spend", 0), ("change", 0), ("spend", 1)):
        life.act(*step)
    for run in sorted(all_of(life.world, SyncRun), key=lambda one: one.started_at):
        before = canonical(life.world)
        with suppress(UndoRefused):
            take_back(life.world, run.id)
            continue
        assert canonical(life.world) == before
    life.sync()
    assert len(life.world.transactions()) == len(life.bank.rows)
