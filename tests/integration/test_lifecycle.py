"""The table of an interface's states: each line of it happens for real, and nothing else does.

A machine then plays events at random on a real database: wherever that leads, it is a place of the
table, and from there an interface comes back to a good run.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cardsync_sdk.quota import Quota
from tests.support.databases import SqliteTemplate
from tests.support.lifecycle import FAILURES, Life, make_life
from tests.support.machine import Slate
from tests.support.scratch import scratch_folder
from tests.support.scripted_bank import PATIENT
from webapp.domain import lifecycle
from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.domain.lifecycle import (
    NEED_A_PERSON,
    TABLE,
    TRANSITIONS,
    Event,
    NoSuchTransition,
    Stand,
    Transition,
    after,
)
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface

FEW = Quota(asked_a_day=1, asked_every=timedelta(minutes=1))
# Where the source may be asked again: before what is planned, or after it.
HOURS_AGO = {Event.ASKED_TOO_OFTEN: 23, Event.ASKED_BEFORE_NEXT: 1}

# --- The table itself


def test_an_event_leads_to_one_place_only() -> None:
    assert len(TRANSITIONS) == len(TABLE)


def test_R24_every_stand_has_a_way_to_a_planned_run() -> None:
    ways = {one.stand: {two.to for two in TABLE if two.stand is one.stand} for one in TABLE}
    for stand in Stand:
        reached, new = {stand}, {stand}
        while new:
            new = {to for one in new for to in ways[one]} - reached
            reached |= new
        assert Stand.PLANNED in reached, f"{stand} has no exit"


def test_R24_only_what_needs_a_person_stops_the_schedule() -> None:
    """A worker or the clock never ends a schedule, but for a consent and a refusal."""
    asleep = {Stand.ASLEEP, *NEED_A_PERSON}
    for one in TABLE:
        if one.who in (lifecycle.Who.CLOCK, lifecycle.Who.WORKER) and one.to in asleep:
            assert one.event in (Event.FAILED_USER_ACTION, Event.FAILED_REJECTED)


def test_what_the_table_lacks_is_refused() -> None:
    with pytest.raises(NoSuchTransition):
        after(InterfaceState.STOPPED, Event.ENDED_WELL)
    with pytest.raises(NoSuchTransition):
        lifecycle.leads_to(Event.NIGHTS_OFF)


# --- Each line of it, for real


def lines() -> Iterator[tuple[Transition, bool]]:
    for one in TABLE:
        if one.to is one.unless_nightly:
            yield one, one.stand is not Stand.ASLEEP and one.event is not Event.NIGHTS_ON
        else:
            yield from ((one, True), (one, False))


def arrange(database: Database, one: Transition, *, nightly: bool) -> Life:
    """Return an interface that stands where the line begins, and what else the event takes."""
    asked = HOURS_AGO.get(one.event)
    first_day = one.event is Event.CONNECTED_ON_FIRST_DAY
    life = make_life(
        database,
        FEW if asked else PATIENT,
        date(2026, 3, 18) if first_day else date(2026, 3, 10),
    )
    if asked:
        moment, life.now = life.now, life.now - timedelta(hours=asked)
        life.put(Stand.DUE, nightly=True)
        life.world.change(Interface, life.world.interface_id, due_reason=DueReason.DEMAND)
        life.run()
        life.now = moment
    if one.event is Event.SOURCE_RANG_IN_PAUSE:
        life.put(Stand.DUE, nightly=True)
        life.run()
    # A run is under way within the sync itself, where it is that which ends it.
    ends = one.event in ENDS
    life.put(Stand.DUE if ends else one.stand, nightly=nightly)
    if one.event is Event.RESTORED:
        life.world.change(Account, life.world.account_id, stopped_at=life.now)
    if one.event is Event.SOURCE_RANG_IN_VAIN:
        bind(life, one.stand)
    if not ends:
        assert life.stand() is one.stand
    return life


def bind(life: Life, stand: Stand) -> None:
    """Have its next run not be brought forward by its source."""
    bound: dict[Stand, dict[str, object]] = {
        Stand.PLANNED: {"due_reason": DueReason.FIRST},
        Stand.RETRYING: {"last_error_reason": "rate_limited"},
        Stand.NEEDS_USER: {"nightly": False},
    }
    if stand in bound:
        life.world.change(Interface, life.world.interface_id, **bound[stand])


ENDS = (Event.ENDED_WELL, Event.ENDED_WELL_AND_RANG, *FAILURES)
RINGS = (Event.SOURCE_RANG, Event.SOURCE_RANG_IN_PAUSE, Event.SOURCE_RANG_IN_VAIN)
ACTS: dict[Event, Callable[[Life], object]] = {
    Event.CLAIMED: Life.claim,
    Event.ENDED_WELL: Life.run,
    **{event: partial(Life.run, error=error) for event, error in FAILURES.items()},
    Event.INTERRUPTED: partial(Life.die, often=False),
    Event.INTERRUPTED_OFTEN: partial(Life.die, often=True),
    **dict.fromkeys((Event.ASKED, *HOURS_AGO), Life.ask),
    Event.ENDED_WELL_AND_RANG: partial(Life.run, rings=True),
    **dict.fromkeys(RINGS, Life.rang),
    Event.NIGHTS_OFF: partial(Life.switch, on=False),
    Event.NIGHTS_ON: partial(Life.switch, on=True),
    Event.EMPTIED: Life.empty,
    Event.RESTORED: Life.restore,
    **dict.fromkeys(
        (Event.LINKED, Event.CONNECTED_AGAIN, Event.CONNECTED_ON_FIRST_DAY), Life.connect
    ),
}


def perform(life: Life, event: Event, template: SqliteTemplate) -> Stand:
    """Have ``event`` happen, by the code that does it; returns where that led."""
    if event is Event.LINKED_TO_FILES:
        return life.link_files()
    if event is Event.COPIED:
        with scratch_folder() as folder:
            return life.copy(template, folder)
    if event is Event.TIME_COMES:
        life.now = life.world.interface().next_due_at or life.now
    else:
        assert ACTS[event](life) is not False
    return life.stand()


@pytest.mark.parametrize(
    ("one", "nightly"),
    [
        pytest.param(one, nightly, id=f"{one.stand}-{one.event}-{'on' if nightly else 'off'}")
        for one, nightly in lines()
    ],
)
def test_each_line_of_the_table_happens_for_real(
    database: Database, sqlite_template: SqliteTemplate, one: Transition, nightly: bool
) -> None:
    life = arrange(database, one, nightly=nightly)
    life.within.clear()
    assert perform(life, one.event, sqlite_template) is (one.to if nightly else one.unless_nightly)
    assert all(stand is Stand.RUNNING for stand in life.within)
    assert bool(life.within) == (one.event in ENDS)


# --- Any story


class LifeMachine(RuleBasedStateMachine):
    """Events at random; each must lead where the table says."""

    def __init__(self, slate: Slate) -> None:
        super().__init__()
        quota = Quota(asked_a_day=3, asked_every=timedelta(minutes=20))
        self.life = make_life(slate.wipe(), quota)
        self.life.put(Stand.PLANNED, nightly=True)

    def leads(self, before: Stand, *events: Event) -> None:
        nightly = self.life.world.interface().nightly
        known = [TRANSITIONS[before, event] for event in events if (before, event) in TRANSITIONS]
        places = {one.to if nightly else one.unless_nightly for one in known}
        assert self.life.stand() in places, f"{before}, {events}"

    @property
    def stand(self) -> Stand:
        return self.life.stand()

    def shared(self) -> bool:
        return self.life.world.account().shared

    @rule(minutes=st.sampled_from([5, 45, 300, 900, 1800]))
    def time_passes(self, minutes: int) -> None:
        before = self.stand
        self.life.now += timedelta(minutes=minutes)
        if self.stand is not before:
            self.leads(before, Event.TIME_COMES)

    @precondition(lambda self: self.stand is Stand.DUE)
    @rule(event=st.sampled_from([Event.ENDED_WELL, Event.ENDED_WELL, *FAILURES]))
    def runs(self, event: Event) -> None:
        self.life.run(FAILURES.get(event))
        self.leads(Stand.RUNNING, event)

    @precondition(lambda self: self.stand is Stand.DUE)
    @rule(often=st.booleans())
    def dies(self, often: bool) -> None:
        self.life.claim()
        self.life.die(often=often)
        self.leads(Stand.RUNNING, Event.INTERRUPTED_OFTEN if often else Event.INTERRUPTED)

    @precondition(lambda self: self.stand not in NEED_A_PERSON)
    @rule()
    def is_asked(self) -> None:
        before = self.stand
        self.life.ask()
        self.leads(before, Event.ASKED, *HOURS_AGO)

    @rule()
    def source_rings(self) -> None:
        before = self.stand
        self.life.rang()
        self.leads(before, *RINGS)

    @rule(on=st.booleans())
    def nights(self, on: bool) -> None:
        before = self.stand
        if self.life.switch(on=on):
            self.leads(before, Event.NIGHTS_ON if on else Event.NIGHTS_OFF)

    @precondition(lambda self: self.shared())
    @rule()
    def is_emptied(self) -> None:
        before = self.stand
        self.life.empty()
        self.leads(before, Event.EMPTIED)

    @precondition(lambda self: self.stand is Stand.STOPPED)
    @rule()
    def is_restored(self) -> None:
        if self.life.restore():
            self.leads(Stand.STOPPED, Event.RESTORED)

    @precondition(lambda self: self.shared())
    @rule()
    def is_connected_again(self) -> None:
        before = self.stand
        self.life.connect()
        self.leads(before, Event.CONNECTED_AGAIN)

    @invariant()
    def stands_somewhere_and_has_a_next_run(self) -> None:
        one = self.life.world.interface()
        assert self.stand in Stand
        active = one.state == InterfaceState.ACTIVE
        assert not (active and one.nightly) or one.next_due_at is not None
        assert active or one.next_due_at is None

    def teardown(self) -> None:
        """From wherever it stands it comes back to a good run."""
        life = self.life
        if not self.shared():
            # Restored for thirty days; later the partner's page shares it anew.
            life.world.change(Account, life.world.account_id, stopped_at=life.now)
            assert life.restore()
        if self.stand in NEED_A_PERSON:
            life.connect()
        if self.stand is Stand.ASLEEP:
            life.ask()
        due = life.world.interface().next_due_at
        assert due is not None
        life.now = max(life.now, due)
        life.run()
        one = life.world.interface()
        assert (one.state, one.last_error, one.last_ok_at) == (InterfaceState.ACTIVE, "", life.now)


@pytest.fixture
def slate(sqlite_template: SqliteTemplate) -> Iterator[Slate]:
    """A database that is wiped for each story."""
    with scratch_folder() as folder:
        found = Slate(sqlite_template, folder)
        yield found
        found.database.dispose()


def test_R24_from_anywhere_an_interface_comes_back_to_a_good_run(slate: Slate) -> None:
    run_state_machine_as_test(
        lambda: LifeMachine(slate),
        settings=settings(
            derandomize=True,
            deadline=None,
            database=None,
            max_examples=40,
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
            print_blob=False,
        ),
    )
