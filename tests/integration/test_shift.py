"""A shift works off what is due, many at once; what one interface does touches no other."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from cardsync_sdk import AccountRef, Batch, Quota, note_call
from tests.support.fleet import NOW, Fleet, FleetSource, make_fleet, usual
from tests.support.scripted_bank import purchase
from tests.support.worker_processes import wait_until
from webapp.domain.interfaces import DueReason, Outcome
from webapp.storage.budgets import note_calls
from webapp.storage.database import Database
from webapp.storage.leases import count_due
from webapp.storage.reaping import reap
from webapp.sync.shift import Crew

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
GROUPS = ("big", "small", "other")


@pytest.fixture
def fleet(database: Database) -> Fleet:
    """A fleet without interfaces."""
    return make_fleet(database)


def two_of(*refs: str) -> list[str]:
    """The rows that the usual behaviour gives of each."""
    return sorted(f"{ref}-{number}" for ref in refs for number in range(2))


def test_R1_everything_that_is_due_is_done_once(fleet: Fleet) -> None:
    refs = [f"card{number}" for number in range(12)]
    for number, ref in enumerate(refs):
        fleet.add(ref, group=GROUPS[number % 3])
    fleet.add("tomorrow", group="big", next_due_at=NOW + timedelta(days=1))

    assert fleet.shift().work() == 12
    assert fleet.rows() == two_of(*refs)
    assert [run.outcome for ref in refs for run in fleet.runs(ref)] == [Outcome.OK] * 12
    with fleet.database.read() as session:
        assert count_due(session, now=NOW, most=99) == 0


def test_two_shifts_at_once_make_one_run_of_each(fleet: Fleet) -> None:
    refs = [f"card{number}" for number in range(16)]
    for ref in refs:
        fleet.add(ref, group="big")
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda owner: fleet.shift(owner=owner).work(), ["one", "two"]))
    assert sum(done) == 16
    assert [len(fleet.runs(ref)) for ref in refs] == [1] * 16
    assert fleet.rows() == two_of(*refs)


def test_a_source_that_hangs_is_given_up_and_writes_nothing_when_it_wakes(fleet: Fleet) -> None:
    wakes, woken = threading.Event(), threading.Event()

    def hangs(account: AccountRef) -> Iterator[Batch]:
        wakes.wait(30)
        try:
            yield from usual(account)
        finally:
            woken.set()

    fleet.source.behaves["hangs"] = hangs
    fleet.limit(page_seconds=0.3)
    for ref in ("hangs", "good1", "good2"):
        fleet.add(ref, group="big")
    fleet.shift().work()

    assert fleet.rows() == two_of("good1", "good2")
    (run,) = fleet.runs("hangs")
    assert (run.outcome, run.error_kind) == (Outcome.FAILED, "too_slow")
    assert run.next_try_at is not None, "a source that is slow today is asked again by itself"
    wakes.set()
    assert woken.wait(30)
    wait_until(lambda: not any(one.name == "sync" for one in threading.enumerate()))
    assert fleet.rows() == two_of("good1", "good2"), "it may not write any more"


def flood_of_rows(account: AccountRef) -> Iterator[Batch]:
    rows = [purchase(f"{account.ref}-{number}", account_ref=account.ref) for number in range(60)]
    yield Batch(transactions=rows, complete=True)


def flood_of_pages(_account: AccountRef) -> Iterator[Batch]:
    while True:
        yield Batch()


def flood_of_calls(_account: AccountRef) -> Iterator[Batch]:
    while True:
        note_call()


def bug(_account: AccountRef) -> Iterator[Batch]:
    raise ZeroDivisionError
    yield


@pytest.mark.parametrize(
    ("behaves", "reason"),
    [
        (flood_of_rows, "limit_reached"),
        (flood_of_pages, "limit_reached"),
        (flood_of_calls, "limit_reached"),
        (bug, "plugin_bug"),
    ],
)
def test_a_flood_or_a_bug_fails_by_name_and_touches_no_other(
    fleet: Fleet, behaves: object, reason: str
) -> None:
    fleet.source.behaves["bad"] = behaves  # type: ignore[assignment]
    fleet.limit(rows_a_batch=50, batches=20, calls=100)
    for ref in ("bad", "good"):
        fleet.add(ref, group="big")
    fleet.shift().work()
    (run,) = fleet.runs("bad")
    assert (run.outcome, run.error_kind) == (Outcome.FAILED, reason)
    assert fleet.rows() == two_of("good")


def test_no_source_is_asked_by_more_at_once_than_it_bears(database: Database) -> None:
    gate = threading.Event()
    source = FleetSource(quota=Quota(at_once=2), gate=gate)
    fleet = make_fleet(database, source)
    for number in range(8):
        fleet.add(f"card{number}", group=GROUPS[number % 3])
    shifts = [fleet.shift(owner=owner) for owner in ("one", "two")]
    with ThreadPoolExecutor(2) as pool:
        working = [pool.submit(shift.work) for shift in shifts]
        wait_until(lambda: source.at_once == 2)
        gate.set()
        for one in working:
            one.result()
    fleet.shift().work()  # a shift ends where its source bears no more; the clock rings again
    assert source.most_at_once == 2
    assert len(fleet.rows()) == 16


def test_a_source_whose_calls_are_used_up_waits_for_the_next_minute(database: Database) -> None:
    fleet = make_fleet(database, FleetSource(quota=Quota(calls_a_minute=3)))
    fleet.source.behaves["calls"] = calling
    fleet.add("calls", group="big")
    fleet.shift().work()
    (run,) = fleet.runs("calls")
    assert run.calls == 3
    fleet.add("late", group="small")
    assert fleet.shift().work() == 0
    with fleet.database.write() as session:
        session.connection().exec_driver_sql("UPDATE source_budget SET minute = '2020-01-01'")
    assert fleet.shift().work() == 1


def calling(account: AccountRef) -> Iterator[Batch]:
    for _call in range(3):
        note_call()
    yield from usual(account)


def test_calls_of_an_earlier_minute_do_not_count(database: Database) -> None:
    fleet = make_fleet(database, FleetSource(quota=Quota(calls_a_minute=3)))
    with database.write() as session:
        note_calls(session, fleet.source.slug, 99)
        session.connection().exec_driver_sql("UPDATE source_budget SET minute = '2020-01-01'")
    with database.write() as session:
        note_calls(session, fleet.source.slug, 1)
    fleet.add("card", group="big")
    assert fleet.shift().work() == 1


def test_R53_who_waits_comes_first_then_the_groups_in_turn(fleet: Fleet) -> None:
    for number in range(4):
        fleet.add(f"big{number}", group="big")
    fleet.add("small", group="small")
    fleet.add("asked", group="big", due_reason=DueReason.DEMAND, next_due_at=NOW)
    fleet.shift(Crew(threads=1, ahead=0, look_every=0.001)).work()
    assert fleet.source.asked[0] == "asked"
    assert fleet.source.asked.index("small") <= 2


def test_a_click_during_a_rush_is_begun_by_the_shift_under_way(fleet: Fleet) -> None:
    def asks(account: AccountRef) -> Iterator[Batch]:
        fleet.change("clicked", next_due_at=NOW, due_reason=DueReason.DEMAND)
        yield from usual(account)

    fleet.source.behaves["first"] = asks
    fleet.add("clicked", group="big", next_due_at=NOW + timedelta(days=1))
    fleet.add("first", group="big", next_due_at=LONG_AGO)
    for number in range(6):
        fleet.add(f"card{number}", group="big")
    fleet.shift(Crew(threads=1, ahead=0, look_every=0.001)).work()
    assert fleet.source.asked[:2] == ["first", "clicked"]


def test_a_run_without_a_word_is_closed_and_taken_up_alone(fleet: Fleet) -> None:
    fleet.add("card", group="big")
    fleet.add("good", group="big")
    fleet.change("card", lease_owner="gone", lease_until=LONG_AGO, fence=4)
    fleet.shift().work()
    assert fleet.alone == [fleet.interfaces["card"]]
    assert fleet.rows() == two_of("card", "good")
    card = fleet.interface("card")
    assert (card.interrupted, card.lease_owner, card.fence > 5) == (0, None, True)


def test_a_crash_loop_waits_and_a_good_run_ends_it(fleet: Fleet) -> None:
    fleet.add("card", group="big")
    for _crash in range(3):
        fleet.change("card", lease_owner="gone", lease_until=LONG_AGO)
        with fleet.database.write() as session:
            assert reap(session, now=NOW).interfaces == 1
    card = fleet.interface("card")
    assert card.interrupted == 3
    assert card.next_due_at is not None
    assert card.next_due_at > NOW
    assert fleet.shift().work() == 0
    fleet.change("card", next_due_at=NOW)
    assert fleet.shift().work() == 1
    assert fleet.interface("card").interrupted == 0


def test_the_leases_of_a_dead_worker_are_freed_at_once_and_of_no_other(fleet: Fleet) -> None:
    far = datetime.now(UTC) + timedelta(minutes=1)
    fleet.add("dead", group="big", lease_owner="host:1", lease_until=far)
    fleet.add("alive", group="big", lease_owner="host:12", lease_until=far)
    with fleet.database.write() as session:
        assert reap(session, now=NOW, owner="host:1").interfaces == 1
    assert fleet.interface("alive").lease_until == far


def test_what_needs_too_much_memory_runs_alone_the_next_time(fleet: Fleet) -> None:
    def greedy(_account: AccountRef) -> Iterator[Batch]:
        raise MemoryError
        yield

    fleet.source.behaves["greedy"] = greedy
    fleet.add("greedy", group="big")
    fleet.shift().work()
    (run,) = fleet.runs("greedy")
    assert (run.outcome, run.error_kind) == (Outcome.FAILED, "memory")
    fleet.change("greedy", next_due_at=NOW)
    fleet.shift().work()
    assert fleet.alone == [fleet.interfaces["greedy"]]


def test_a_shift_that_is_told_to_stop_begins_nothing_more(fleet: Fleet) -> None:
    for number in range(5):
        fleet.add(f"card{number}", group="big")
    shift = fleet.shift(Crew(threads=1, ahead=0, look_every=0.001))

    def stops(account: AccountRef) -> Iterator[Batch]:
        shift.stop.set()
        yield from usual(account)

    fleet.source.behaves = {f"card{number}": stops for number in range(5)}
    assert shift.work() == 1
    assert len(fleet.rows()) == 2


def test_a_shift_whose_memory_has_grown_ends_and_leaves_the_rest_to_the_next(fleet: Fleet) -> None:
    for number in range(3):
        fleet.add(f"card{number}", group="big")
    crew = Crew(threads=8, look_every=0.001, memory_mb=100)
    assert fleet.shift(crew, memory=lambda: 200).work() == 0
    fleet.change("card1", due_reason=DueReason.DEMAND)
    assert fleet.shift(crew, memory=lambda: 200).work() == 1, "a person is not kept waiting"
    assert fleet.shift(crew, memory=lambda: 50).work() == 2


def test_a_click_is_begun_although_every_seat_is_taken(database: Database) -> None:
    gate = threading.Event()
    source = FleetSource(gate=gate)
    fleet = make_fleet(database, source)
    for number in range(3):
        fleet.add(f"card{number}", group="big")
    fleet.add("asked", group="big", next_due_at=NOW + timedelta(days=1))
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(fleet.shift(Crew(threads=2, ahead=0, look_every=0.01)).work)
        wait_until(lambda: source.at_once == 2)
        fleet.change("asked", next_due_at=NOW, due_reason=DueReason.DEMAND)
        wait_until(lambda: "asked" in source.asked)
        gate.set()
        assert working.result() == 4
