"""Replay: what was delivered gives the same when it is delivered again (I6, H7).

In any order and however often, on SQLite and on PostgreSQL, with everything that people decided.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from cardsync_sdk.testing.adversity import BY_NAME, SCRIPTS
from cardsync_sdk.testing.adversity.acts import Answer, Ends, NextDay, Sync
from cardsync_sdk.testing.adversity.story import Script
from cardsync_sdk.types import AccountKind, IdTrait, RejectedRow, RemoteAccount
from tests.support.databases import SqliteTemplate
from tests.support.scripted_bank import CARD, ScriptedBank, purchase
from tests.support.undone import run_of, take_back
from tests.support.world import ACTIVATED, World, make_world
from webapp.adversity.own_database import own_database
from webapp.adversity.player import played
from webapp.storage.accounts import Account
from webapp.storage.canonical import digest_of
from webapp.storage.database import Database
from webapp.storage.deliveries import (
    Altered,
    Kept,
    by_run,
    from_lines,
    kept_deliveries,
    to_lines,
)
from webapp.storage.interfaces import Interface
from webapp.storage.runs import Delivery
from webapp.sync.job import Engine
from webapp.sync.redeciding import Replayed, replay_all
from webapp.sync.replaying import NotReplayable
from webapp.sync.run import sync_interface


@contextmanager
def beside(database: Database, folder: Path) -> Iterator[Database]:
    """Give an empty database of the same kind as ``database``."""
    url = None if database.is_sqlite else database.engine.url.render_as_string(hide_password=False)
    with own_database(folder, url) as target:
        yield target


def everything(database: Database) -> list[Kept]:
    """Return every stored delivery."""
    with database.read() as session:
        return kept_deliveries(session)


def clean(done: Replayed) -> None:
    """Claim that nothing differs and that everything could be done again."""
    assert [*done.differences, *done.troubles] == []
    assert digest_of(done.here) == digest_of(done.there)
    assert sum(one.transactions for one in done.here) > 0


# --- Every story of the adversity bank -----------------------------------------------------------

MORE = {
    "new ids of old rows": ("C16", (Answer("row 5", same=True), NextDay(), Sync(Ends.ANY))),
    "new ids of new rows": ("C16", (Answer("row 5", same=False), NextDay(), Sync(Ends.ANY))),
    "the same card renewed": ("C17", (Answer("theirs", same=True), NextDay(), Sync(Ends.ANY))),
    "moved": ("E07", (Answer("there", same=True), NextDay(), Sync(Ends.ANY))),
    "two after all": ("A06", (Sync(),)),
}


def longer(name: str) -> Script:
    """Return a script that goes on where the one it is made of ends."""
    base, steps = MORE[name]
    return replace(BY_NAME[base], name=name, steps=(*BY_NAME[base].steps, *steps))


# On PostgreSQL not all of them: those in which rows find each other again. Adoption, withdrawal,
# shared ids, deferred totals, merging, refunds, broken walks, sources, links, floods.
FINDING = frozenset(
    "A02 A03 A04 A05 A06 A09 A10 A12 A16 A17 A18 A25 A26 A27 A28 A29 A30 C01 C03 C12 C14 C16 C17 "
    "B03 E01 E07 E10 G01".split()
)


def stories(group: str, database: Database) -> list[Script]:
    """Return the scripts of a group."""
    if group == "answered":
        return [longer(name) for name in MORE]
    scripts = [one for one in SCRIPTS if one.name.startswith(group)]
    return [one for one in scripts if database.is_sqlite or one.name in FINDING]


@pytest.mark.parametrize("group", ["A0", "A1", "A2", "A3", "B", "C", "E", "G", "answered"])
def test_I6_every_story_of_the_adversity_bank_replays_to_the_same(
    group: str, database: Database, tmp_path: Path
) -> None:
    engine = None
    for script in stories(group, database):
        with played(script, database, tmp_path) as player:
            engine = player.world.engine
            assert not [miss for miss in player.misses if "not possible" in miss]
    assert engine is not None
    with beside(database, tmp_path) as target:
        clean(replay_all(engine, target, everything(database)))


@pytest.mark.parametrize(
    ("name", "forgotten"),
    [("A10", "full_window"), ("A08", "removed"), ("C17", "refused")],
)
def test_without_what_was_told_besides_the_rows_it_would_differ(
    name: str, forgotten: str, tmp_path: Path, sqlite_template: SqliteTemplate
) -> None:
    database = Database(sqlite_template.create(tmp_path))
    with played(BY_NAME[name], database, tmp_path) as player:
        kept = everything(database)
        less = [
            replace(one, told={key: told for key, told in one.told.items() if key != forgotten})
            for one in kept
        ]
        assert less != kept
        with own_database(tmp_path) as target:
            assert replay_all(player.world.engine, target, less).differences
    database.dispose()


# --- Any order, any number -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def story(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, list[Kept]]]:
    """Stories with some runs each, played once; their deliveries are given in every order."""
    folder = tmp_path_factory.mktemp("story")
    database = Database(sqlite_template.create(folder))
    for name in ("A05", "A10", "A17", "C12"):
        with played(BY_NAME[name], database, folder) as player:
            engine = player.world.engine
    yield engine, everything(database)
    database.dispose()


@settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_I6_in_any_order_and_number_they_give_the_same(
    data: st.DataObject,
    story: tuple[Engine, list[Kept]],
    sqlite_template: SqliteTemplate,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    engine, kept = story
    given_again = data.draw(st.lists(st.sampled_from(range(len(kept))), max_size=20))
    order = [*range(len(kept)), *given_again]
    random.Random(data.draw(st.integers())).shuffle(order)
    target = Database(sqlite_template.create(tmp_path_factory.mktemp("target")))
    try:
        clean(replay_all(engine, target, [kept[number] for number in order]))
    finally:
        target.dispose()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(st.integers(0, 30), max_size=60))
def test_each_delivery_is_taken_once_in_the_order_of_the_runs(
    numbers: list[int], story: tuple[Engine, list[Kept]]
) -> None:
    _engine, kept = story
    chosen = [kept[number % len(kept)] for number in numbers]
    runs = by_run(chosen)
    taken = [one for deliveries in runs.values() for one in deliveries]
    assert taken == sorted(
        {(one.run.id, one.number): one for one in chosen}.values(),
        key=lambda one: (one.run.as_of, one.run.id, one.number),
    )


def _other_row(kept: Kept) -> Kept:
    return replace(kept, lines=(*kept.lines[:-1], kept.lines[-1].replace("2026", "2025")))


def _less(kept: Kept) -> Kept:
    return replace(kept, lines=kept.lines[:-1])


@pytest.mark.parametrize("alter", [_other_row, _less])
def test_a_delivery_that_was_altered_is_refused(
    alter: Callable[[Kept], Kept], story: tuple[Engine, list[Kept]]
) -> None:
    _engine, kept = story
    rows = next(one for one in kept if one.lines)
    with pytest.raises(Altered, match="was altered since it was kept"):
        by_run([*kept, alter(rows)])
    with pytest.raises(Altered, match="two versions"):
        by_run([*kept, replace(rows, told={**rows.told, "complete": "never"})])


def test_files_hold_the_deliveries_and_half_a_file_is_refused(
    story: tuple[Engine, list[Kept]],
) -> None:
    _engine, kept = story
    lines = [f"{line}\n" for line in to_lines(kept)]
    assert list(from_lines(lines)) == kept
    rows = next(one for one in kept if one.lines)
    with pytest.raises(Altered, match="no whole file"):
        list(from_lines(list(to_lines([rows]))[:-1]))
    with pytest.raises(Altered, match="no whole file"):
        list(from_lines(['{"amount": "-2.50"}\n']))


# --- What is kept --------------------------------------------------------------------------------


def test_R13_of_accounts_that_are_not_shared_not_even_an_id_is_kept(
    database: Database, tmp_path: Path
) -> None:
    stranger = RemoteAccount("stranger", "Stranger", AccountKind.CARD, "EUR")
    bank = ScriptedBank(
        [purchase("a"), purchase("theirs", account_ref="stranger")],
        removed=[("stranger", "withdrawn"), (CARD, "gone")],
        extra={"rejected": [RejectedRow("stranger", "unreadable")], "accounts": [stranger]},
    )
    world = make_world(database, bank.connector())
    world.sync(ACTIVATED)
    kept = everything(database)
    assert not [word for word in ("stranger", "theirs", "withdrawn") if word in repr(kept)]
    assert kept[0].told["removed"] == [[CARD, "gone"]]
    with beside(database, tmp_path) as target:
        clean(replay_all(world.engine, target, kept))


def test_a_run_kept_without_what_it_asked_is_replayed_as_one_walk_and_named(
    database: Database, tmp_path: Path
) -> None:
    world = make_world(database, ScriptedBank([purchase("a"), purchase("b", -700)]).connector())
    world.sync(ACTIVATED)
    with database.write() as session:
        for delivery in session.exec(select(Delivery)):
            delivery.told = None
    kept = [one for one in everything(database) if one.lines]
    with beside(database, tmp_path) as target:
        done = replay_all(world.engine, target, kept)
    assert (done.differences, [one.transactions for one in done.there]) == ([], [2])
    (note,) = done.troubles
    assert "older cardsync" in note


def test_a_run_whose_first_delivery_is_missing_is_refused(
    story: tuple[Engine, list[Kept]], tmp_path: Path
) -> None:
    engine, kept = story
    first = kept[0]
    with (
        own_database(tmp_path) as target,
        pytest.raises(NotReplayable, match="first delivery of run"),
    ):
        replay_all(engine, target, _without_first(kept, first))


def _without_first(kept: list[Kept], first: Kept) -> list[Kept]:
    """Return the deliveries with the second of a run made of two pages, and not its first."""
    rest = [one for one in kept if one is not first]
    second = replace(first, number=99, told={"walk": 1})
    return [*rest, second]


def test_equal_rows_do_not_change_places_by_our_ids(database: Database, tmp_path: Path) -> None:
    """E01: ids of one batch are in no order; twelve equal rows show it every time."""
    bank = ScriptedBank([purchase(f"old-{number:02}") for number in range(12)])
    bank.traits = frozenset({IdTrait.STABLE, IdTrait.CHANGES_ON_RELINK})
    world = make_world(database, bank.connector())
    world.sync(ACTIVATED)
    before = {one.external_id: one.id for one in world.transactions()}
    other = _another_link(world)
    bank.rows = [purchase(f"new-{number:02}") for number in range(12)]
    now = datetime(2026, 3, 18, 6, tzinfo=UTC)
    sync_interface(world.engine, other, owner="test", now=now)
    after = {one.id: one.external_id for one in world.transactions()}
    assert [after[before[f"old-{number:02}"]] for number in range(12)] == [
        f"new-{number:02}" for number in range(12)
    ]


def _another_link(world: World) -> str:
    """Have the card go on under another interface."""
    with world.database.write() as session:
        old = session.get_one(Interface, world.interface_id)
        values = old.model_dump(exclude={"id"})
        due = datetime(2026, 3, 18, tzinfo=UTC)
        new = Interface(**{**values, "next_due_at": due, "lease_owner": None})
        session.add(new)
        session.flush()
        account = session.get_one(Account, world.account_id)
        account.interface_id = new.id
        return new.id


def test_a_run_that_was_undone_is_not_played_again(database: Database, tmp_path: Path) -> None:
    bank = ScriptedBank([purchase("a")])
    world = make_world(database, bank.connector())
    world.sync(ACTIVATED)
    bank.rows = [purchase("a", -900), purchase("b", -700)]
    take_back(world, run_of(world, ACTIVATED + timedelta(days=1)))
    with beside(database, tmp_path) as target:
        done = replay_all(world.engine, target, everything(database))
    clean(done)
    assert [one.transactions for one in done.there] == [1]
