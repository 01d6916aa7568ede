"""Play one script: its steps happen at the bank, to the clock and by people's hands; then check."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from cardsync_sdk.testing.adversity import Script, Walk
from cardsync_sdk.testing.adversity.acts import (
    At,
    ClockStep,
    DatabaseBusy,
    Ends,
    HandIn,
    Look,
    NewContentRule,
    NextDay,
    Nights,
    ServerZone,
    Step,
    Submit,
    Sync,
    Ticks,
)
from cardsync_sdk.testing.adversity.setting import Expect
from cardsync_sdk.testing.adversity.steps import SourceStep
from cardsync_sdk.types import FetchWindow
from webapp.adversity.checker import Picture, Verdict, Work, check
from webapp.adversity.people import NotPossible, act
from webapp.adversity.reading import dump, marks, picture_of, reported, statement_lines
from webapp.adversity.world import World, make_world
from webapp.domain import transactions as identity_rules
from webapp.domain.interfaces import InterfaceState, Outcome
from webapp.storage import leases
from webapp.storage.database import Database
from webapp.sync.files import StatementFile, import_file
from webapp.sync.run import Result, sync_interface

OWNER = "adversity"
SOURCE_STEPS = get_args(SourceStep)
CLOCK_STEPS = get_args(ClockStep)
# From the best to the worst way in which several syncs can end.
_WORSE = (Outcome.OK, Outcome.PARTIAL, Outcome.FAILED, Outcome.INTERRUPTED)


def play(script: Script, database: Database, folder: Path) -> Verdict:
    """Play ``script`` in a company of its own in ``database``, and give the verdict.

    :param folder: for receipts and handed-in files; the caller removes it.
    """
    with played(script, database, folder) as player:
        return player.verdict()


@contextmanager
def played(script: Script, database: Database, folder: Path) -> Iterator["Player"]:
    """Give the player once ``script`` was played to its end, for a look at what there is then."""
    with _as_it_was():
        player = Player(make_world(script, database, folder))
        for step in script.steps:
            player.take(step)
        player.settle()
        yield player


@dataclass
class Player:
    """Takes the steps of a script and remembers what must be compared in the end."""

    world: World
    works: list[Work] = field(default_factory=list)
    misses: list[str] = field(default_factory=list)
    given: dict[str, int] = field(default_factory=dict)
    vouched: dict[tuple[str, str], list[FetchWindow]] = field(default_factory=dict)
    submitted: str = ""
    syncs: int = 0
    busy: bool = False

    def take(self, step: Step) -> None:
        """Take one step; one that breaks is a miss, and the story goes on."""
        try:
            self._take(step)
        except NotPossible as error:
            self.misses.append(f"not possible: {error}")
        except Exception as error:  # noqa: BLE001  # whatever breaks is what the script is for
            self.misses.append(f"{type(step).__name__} broke: {type(error).__name__}: {error}")

    def _take(self, step: Step) -> None:
        if isinstance(step, SOURCE_STEPS):
            self.world.bank.happen(step)
        elif isinstance(step, CLOCK_STEPS):
            self._clock(step)
        elif isinstance(step, HandIn):
            self._hand_in(step)
        else:
            self._act(step)

    def _clock(self, step: ClockStep) -> None:
        match step:
            case Sync():
                self._sync(step.ends)
            case Look():
                self._look(step.expect)
            case NextDay():
                self.world.next_morning(step.days)
            case Nights():
                for _ in range(step.count):
                    self.world.next_morning(1)
                    self._sync(Ends.OK)
            case At():
                self.world.set_clock(datetime.fromisoformat(step.moment))
            case Ticks():
                self._ticks(step)
            case _:
                self._machinery(step)

    def _machinery(self, step: ServerZone | NewContentRule | DatabaseBusy) -> None:
        match step:
            case ServerZone():
                _stand_in(step.zone)
            case NewContentRule():
                identity_rules.CONTENT_RULE = step.number
            case DatabaseBusy():
                self.busy = True

    def _look(self, expect: Expect) -> None:
        found = check(self.world.script.name, expect, self._picture())
        self.misses += [f"on the way, {miss}" for miss in found.misses]

    def _act(self, step: Step) -> None:
        work = act(step, self.world)
        if work is not None:
            self.works.append(work)
        if isinstance(step, Submit):
            self.submitted = reported(self.world)

    def _sync(self, ends: Ends) -> None:
        """Have everything that can be synced be synced now, and compare how it ended."""
        results = [self._run(one, ask=True) for one in self.world.active_interfaces()]
        outcomes = [one.outcome for one in results if one is not None]
        ended = max(outcomes, key=_WORSE.index).value if outcomes else Ends.IDLE.value
        if ends is not Ends.ANY and ended != ends.value:
            reasons = [one.failure.detail for one in results if one and one.failure]
            words = f" ({'; '.join(reasons)})" if reasons else ""
            self.misses.append(f"a sync ended {ended}{words} instead of {ends.value}")

    def _ticks(self, step: Ticks) -> None:
        begin = self.world.now
        for minute in range(0, step.hours * 60 + 1, step.minutes):
            self.world.set_clock(begin + timedelta(minutes=minute))
            for interface_id in self.world.active_interfaces():
                self._run(interface_id, ask=False)

    def _run(self, interface_id: str, *, ask: bool) -> Result | None:
        """Run what is due, as a worker would; with ``ask`` it is made due before."""
        world = self.world
        if ask:
            with world.database.write() as session:
                leases.ask(session, interface_id, at=world.now, as_of=world.now)
        before, walked = marks(world), len(world.bank.walks)
        with _busy(world.database, self.busy):
            result = sync_interface(world.engine, interface_id, owner=OWNER, now=world.now)
        if result is None:
            return None
        self.busy = False
        self.syncs += 1
        self._note(result.run_id, world.bank.walks[walked:])
        if result.outcome is Outcome.FAILED:
            self._after_failure(interface_id, before)
        return result

    def _after_failure(self, interface_id: str, before: object) -> None:
        """No mark moves by a failure, and every state has an exit (I4, I10)."""
        if marks(self.world) != before:
            self.misses.append("a failed sync moved a mark")
        (one,) = (one for one in self.world.interfaces() if one.id == interface_id)
        if one.state == InterfaceState.ACTIVE and one.next_due_at is None:
            self.misses.append("after a failed sync nothing is planned and nobody has to act")

    def _note(self, run_id: str, walks: Sequence[Walk]) -> None:
        self.given[run_id] = sum(walk.rows for walk in walks)
        for walk in walks:
            for card, days in walk.told.items():
                self.vouched.setdefault((run_id, card), []).append(days)

    def _hand_in(self, step: HandIn) -> None:
        world = self.world
        result = import_file(
            world.engine,
            world.folder / "uploads",
            world.account[step.card],
            StatementFile(step.file, statement_lines(world, step.rows)),
            owner=OWNER,
            now=world.now,
        )
        self.given[result.run_id] = len(step.rows)
        if result.failure is not None:
            self.misses.append(f"{step.file} was refused: {result.failure.detail}")

    def settle(self) -> None:
        """Sync once more: where nothing happened at the source, nothing may change here."""
        script = self.world.script
        if not script.settles or script.by_file:
            return
        before, played = dump(self.world), self.syncs
        asks = Ends.ANY if script.expect.questions else Ends.OK
        self.take(Sync(asks))
        if dump(self.world) != before:
            self.misses.append("one more sync changed what was settled")
        self.syncs = played

    def _picture(self) -> Picture:
        return picture_of(self.world, self.works, self.given, self.vouched, syncs=self.syncs)

    def verdict(self) -> Verdict:
        """Compare what is stored with the truth."""
        verdict = check(self.world.script.name, self.world.script.expect, self._picture())
        if self.submitted and reported(self.world) != self.submitted:
            verdict.misses.append("a submitted report says something else now")
        verdict.misses[:0] = self.misses
        return verdict


@contextmanager
def _busy(database: Database, busy: bool) -> Iterator[None]:
    """Have every look-up of known transactions fail, as a busy database does."""

    def refuse(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT") and "FROM bank_transaction" in statement:
            raise OperationalError(statement, {}, Exception("database is locked"))

    if busy:
        event.listen(database.engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        if busy:
            event.remove(database.engine, "before_cursor_execute", refuse)


@contextmanager
def _as_it_was() -> Iterator[None]:
    """Put this process's time zone and the content rule back in the end."""
    zone, rule = os.environ.get("TZ"), identity_rules.CONTENT_RULE
    try:
        yield
    finally:
        identity_rules.CONTENT_RULE = rule
        _stand_in(zone)


def _stand_in(zone: str | None) -> None:
    """Move this process to a time zone; ``None`` is the machine's own."""
    if os.environ.get("TZ") == zone:
        return
    if zone is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = zone
    time.tzset()
