"""Nights, tries and quotas over days, on a real database (R1, R22, R24, R52, R53, D-H, D-I, B06).

The clock is moved in steps; whatever is due then is done, as clock and workers would.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from cardsync_sdk.errors import RateLimited, SourceUnavailable
from cardsync_sdk.quota import Quota
from tests.support.lifecycle import PARIS, make_life
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World, make_world
from webapp.domain.freshness import trouble_of
from webapp.domain.interfaces import DueReason
from webapp.domain.lifecycle import Stand
from webapp.domain.schedule import first_run_at, planned_at
from webapp.jobs import clock, doorbell
from webapp.jobs.asking import Asked, Joined, Later
from webapp.jobs.clock import Clock
from webapp.storage import leases
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.notices import feed_of
from webapp.storage.runs import SyncRun
from webapp.sync import shift

STEP = timedelta(minutes=15)
SCHEDULED = ("first", "schedule")
Trouble = Callable[[datetime], Exception | None]


def well(_now: datetime) -> None:
    """Nothing is wrong."""


@dataclass
class Installation:
    """Several interfaces in one database; ``troubles`` says what fails when."""

    database: Database
    timezone: str = "Europe/Paris"
    activated_on: date = date(2026, 3, 17)
    worlds: list[World] = field(default_factory=list)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    banks: dict[str, ScriptedBank] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.timezone)

    def add(self, trouble: Trouble = well) -> World:
        """Connect an interface, which waits for its first night."""
        bank = ScriptedBank([purchase("a", day=self.activated_on)])
        world = make_world(
            self.database, bank.connector(), activated_on=self.activated_on, timezone=self.timezone
        )
        first = first_run_at(self.activated_on, self.zone, world.interface_id)
        world.change(Interface, world.interface_id, next_due_at=first)
        self.worlds.append(world)
        self.troubles[world.interface_id], self.banks[world.interface_id] = trouble, bank
        return world

    def at(self, now: datetime) -> None:
        """Do what is due at a moment."""
        with self.database.read() as session:
            due = set(leases.due_at(session, now))
        for world in self.worlds:
            if world.interface_id in due:
                self.sync(world, now)

    def sync(self, world: World, now: datetime) -> None:
        error = self.troubles[world.interface_id](now)

        def fail(_page: int) -> None:
            if error is not None:
                raise error

        self.banks[world.interface_id].before_page = fail
        assert world.sync_at(now) is not None

    def local(self, day: date, hour: str = "00:00") -> datetime:
        """Return an instant by the clock on the wall."""
        return datetime.combine(day, time.fromisoformat(hour), tzinfo=self.zone).astimezone(UTC)

    def scheduled(self, world: World) -> Counter[date]:
        """Count the scheduled runs of an interface by local day."""
        return Counter(run.as_of.astimezone(self.zone).date() for run in runs(world, *SCHEDULED))


def runs(world: World, *triggers: str) -> list[SyncRun]:
    with world.database.read() as session:
        query = select(SyncRun).where(
            SyncRun.interface_id == world.interface_id,
            col(SyncRun.trigger).in_(triggers) if triggers else col(SyncRun.trigger).is_not(None),
        )
        return list(session.exec(query.order_by(col(SyncRun.as_of))))


def moments(since: datetime, until: datetime) -> Iterator[datetime]:
    while since < until:
        yield since
        since += STEP


def down(first: datetime, last: datetime) -> Trouble:
    return lambda now: SourceUnavailable("503") if first <= now < last else None


def days(first: date, count: int) -> Counter[date]:
    return Counter({first + timedelta(days=number): 1 for number in range(count)})


@pytest.mark.parametrize(
    ("timezone", "activated_on"),
    [
        ("Europe/Paris", date(2026, 3, 23)),
        ("Europe/Paris", date(2026, 10, 19)),
        ("America/New_York", date(2026, 3, 3)),
        ("Pacific/Auckland", date(2026, 3, 30)),
        ("Africa/Casablanca", date(2026, 2, 10)),
    ],
    ids=["Paris, 23 hours", "Paris, 25 hours", "New York", "Auckland", "Casablanca"],
)
def test_R1_R22_DD_ten_days_are_ten_scheduled_runs_of_each_interface(
    database: Database, timezone: str, activated_on: date
) -> None:
    """Some fail, one night nobody is there until noon, and one of the days is odd (B05)."""
    here = Installation(database, timezone, activated_on)
    night = {n: here.local(activated_on + timedelta(days=n)) for n in range(12)}
    here.add()
    here.add(down(night[2], night[2] + timedelta(hours=9)))
    here.add(down(night[5], night[8]))
    here.add(
        lambda now: (
            RateLimited("wait", until=now + timedelta(hours=22))
            if night[3] <= now < night[4]
            else None
        )
    )
    here.add(lambda now: ZeroDivisionError("bug") if night[7] <= now < night[9] else None)
    for now in moments(night[0], night[11]):
        if not night[4] + timedelta(hours=1) <= now < night[4] + timedelta(hours=13):
            here.at(now)

    for world in here.worlds:
        assert here.scheduled(world) == days(activated_on + timedelta(days=1), 10)
        assert world.interface().last_error == ""


def test_C10_R24_R26_a_source_down_for_three_days_is_tried_each_day_and_then_asked_for_all(
    database: Database,
) -> None:
    here = Installation(database)
    begin = here.local(date(2026, 3, 18))
    world = here.add(down(begin + timedelta(days=2), begin + timedelta(days=5)))
    for now in moments(begin, begin + timedelta(days=6)):
        here.at(now)

    failed = Counter(
        run.as_of.astimezone(PARIS).date() for run in runs(world) if run.outcome == "failed"
    )
    assert set(failed) == {date(2026, 3, day) for day in (20, 21, 22)}
    assert min(failed.values()) >= 4, "each day it was tried again and again"
    assert here.scheduled(world) == days(date(2026, 3, 18), 6)
    # The last success was on the 19th: from before that day on everything is asked for again.
    _cursor, window = here.banks[world.interface_id].asked[-1]
    assert window.first <= date(2026, 3, 19)
    assert window.last >= date(2026, 3, 23)
    assert world.account().complete_until == date(2026, 3, 22), "the day before is whole"


def test_R22_a_night_that_is_caught_up_after_midnight_is_the_one_of_that_day(
    database: Database,
) -> None:
    here = Installation(database)
    world = here.add()
    here.at(here.local(date(2026, 3, 18), "05:30"))
    here.at(here.local(date(2026, 3, 20), "01:00"))
    for now in moments(here.local(date(2026, 3, 20), "01:15"), here.local(date(2026, 3, 22))):
        here.at(now)
    assert here.scheduled(world) == days(date(2026, 3, 18), 1) + days(date(2026, 3, 20), 2)


@pytest.mark.parametrize("reason", [DueReason.DEMAND, DueReason.RETRY, DueReason.WEBHOOK])
def test_R22_what_was_due_before_a_night_and_begins_after_it_is_that_nights_run(
    database: Database, reason: DueReason
) -> None:
    here = Installation(database)
    world = here.add()
    here.at(here.local(date(2026, 3, 18), "05:30"))
    asked = here.local(date(2026, 3, 19), "01:50")
    world.change(Interface, world.interface_id, next_due_at=asked, due_reason=reason)
    for now in moments(here.local(date(2026, 3, 19), "07:00"), here.local(date(2026, 3, 21))):
        here.at(now)
    assert here.scheduled(world) == days(date(2026, 3, 18), 3)


def test_B06_a_clock_that_is_put_back_an_hour_doubles_no_night(database: Database) -> None:
    here = Installation(database)
    world = here.add()
    night = planned_at(date(2026, 3, 18), PARIS, world.interface_id)
    here.at(night + timedelta(minutes=1))
    for now in moments(night - timedelta(hours=1), night + timedelta(hours=30)):
        here.at(now)
    assert here.scheduled(world) == days(date(2026, 3, 18), 2)


def test_B06_a_clock_that_was_three_days_ahead_loses_no_night_once_it_is_right(
    database: Database,
) -> None:
    here = Installation(database)
    world = here.add()
    here.at(planned_at(date(2026, 3, 18), PARIS, world.interface_id) + timedelta(days=3))
    right = planned_at(date(2026, 3, 18), PARIS, world.interface_id) + timedelta(hours=1)
    Clock(database, lambda _due: True).tick(right)
    assert world.interface().next_due_at == planned_at(date(2026, 3, 19), PARIS, world.interface_id)
    Clock(database, lambda _due: True).tick(right)
    assert world.interface().next_due_at == planned_at(date(2026, 3, 19), PARIS, world.interface_id)


def test_a_run_without_a_sign_of_life_is_taken_up_within_two_minutes() -> None:
    """The lease runs out, somebody tidies, the clock rings, and the job is taken."""
    tidied = min(clock.TIDY_EVERY_SECONDS, shift.REAP_EVERY)
    waits = leases.LEASE.total_seconds() + tidied + clock.TICK_SECONDS + doorbell.BUCKET_SECONDS
    assert waits < 120 - 15, "and a quarter of a minute to begin"


def test_B06_a_clock_put_back_while_a_night_is_tried_again_doubles_none(
    database: Database,
) -> None:
    here = Installation(database)
    night = here.local(date(2026, 3, 18))
    world = here.add(down(night, night + timedelta(hours=7)))
    first = planned_at(date(2026, 3, 18), PARIS, world.interface_id)
    here.at(first)
    world.change(Interface, world.interface_id, next_due_at=first - timedelta(minutes=50))
    for now in moments(first - timedelta(minutes=45), night + timedelta(hours=48)):
        here.at(now)
    assert here.scheduled(world) == days(date(2026, 3, 18), 2)


def test_B06_a_clock_that_jumps_three_days_on_makes_one_run_and_goes_on(
    database: Database,
) -> None:
    here = Installation(database)
    world = here.add()
    here.at(here.local(date(2026, 3, 18), "05:30"))
    for now in moments(here.local(date(2026, 3, 21), "12:00"), here.local(date(2026, 3, 23))):
        here.at(now)
    assert here.scheduled(world) == days(date(2026, 3, 18), 1) + days(date(2026, 3, 21), 2)
    assert world.account().complete_until == date(2026, 3, 21), "and no day is left out"


def test_a_worker_that_dies_in_a_night_costs_the_day_no_run_and_doubles_none(
    database: Database,
) -> None:
    life = make_life(database)
    life.put(Stand.DUE, nightly=True)
    life.claim()
    life.die(often=False)
    life.run()
    assert [(run.trigger, run.outcome) for run in runs(life.world)] == [
        ("schedule", "interrupted"),
        ("retry", "ok"),
    ]


# Without nights


def test_R53_DI_without_nights_it_runs_when_asked_and_is_never_called_late(
    database: Database,
) -> None:
    life = make_life(database)
    life.put(Stand.PLANNED, nightly=True)
    assert life.switch(on=False)
    assert life.stand() is Stand.ASLEEP
    life.now += timedelta(days=5)
    assert trouble_of(feed_of(life.world.interface()), life.now) is None

    assert isinstance(life.ask(), Asked)
    life.run()
    assert life.stand() is Stand.ASLEEP
    assert [run.trigger for run in runs(life.world)] == ["demand"]


def test_R24_R53_without_nights_a_failure_is_tried_again_until_it_goes_well(
    database: Database,
) -> None:
    life = make_life(database)
    life.put(Stand.ASLEEP, nightly=False)
    life.ask()
    for _time in range(8):
        life.run(SourceUnavailable("503"))
        assert life.stand() is Stand.RETRYING
        life.now = life.world.interface().next_due_at or life.now
    life.run()
    assert life.stand() is Stand.ASLEEP
    assert [run.trigger for run in runs(life.world)] == ["demand", *["retry"] * 8]


def test_R53_a_night_switched_off_during_its_run_is_not_planned_by_its_end(
    database: Database,
) -> None:
    life = make_life(database)
    life.put(Stand.DUE, nightly=True)
    life.bank.before_page = lambda _page: life.switch(on=False) and None
    assert life.world.sync_at(life.now) is not None
    assert life.stand() is Stand.ASLEEP


def test_R52_R53_switched_on_again_it_is_planned_for_the_next_night(database: Database) -> None:
    life = make_life(database)
    life.put(Stand.ASLEEP, nightly=False)
    assert life.switch(on=True)
    assert not life.switch(on=True), "it is on already"
    night = planned_at(date(2026, 3, 19), PARIS, life.world.interface_id)
    assert life.world.interface().next_due_at == night


# What a source bears


def test_DH_R71_what_goes_beyond_the_quota_is_put_off_and_runs_by_itself(
    database: Database,
) -> None:
    life = make_life(database, Quota(asked_a_day=2, asked_every=timedelta(minutes=20)))
    life.put(Stand.PLANNED, nightly=True)
    assert isinstance(life.ask(), Asked)
    assert isinstance(life.ask(), Joined), "pressed twice it is one run, and counts once"
    life.run()
    first = life.now

    life.now += timedelta(minutes=5)
    soon = first + timedelta(minutes=20)
    assert [life.ask(), life.ask()] == [Later(soon, nightly=False)] * 2
    interface = life.world.interface()
    assert (interface.next_due_at, interface.due_reason) == (soon, "demand")
    assert interface.asked_by == life.world.user_id

    life.now = soon
    life.run()
    night = planned_at(date(2026, 3, 19), PARIS, life.world.interface_id)
    life.now += timedelta(minutes=30)
    assert life.ask() == Later(night, nightly=True), "used up: the night comes first"
    assert life.world.interface().next_due_at == night
    assert [run.trigger for run in runs(life.world)] == ["demand", "demand"]


def test_DH_nights_and_tries_do_not_count(database: Database) -> None:
    life = make_life(database, Quota(asked_a_day=1, asked_every=timedelta(minutes=20)))
    life.put(Stand.DUE, nightly=True)
    life.run(SourceUnavailable("503"))
    life.now = life.world.interface().next_due_at or life.now
    life.run()
    assert isinstance(life.ask(), Asked)


def test_DH_while_the_source_allows_no_more_a_click_is_put_off_to_its_time(
    database: Database,
) -> None:
    life = make_life(database)
    life.put(Stand.DUE, nightly=True)
    named = life.now + timedelta(hours=3)
    life.run(RateLimited("wait", until=named))
    planned = life.world.interface().next_due_at
    assert planned is not None
    assert planned >= named
    assert life.ask() == Later(planned, nightly=False)
    assert life.world.interface().due_reason == DueReason.RETRY
