"""A story told step by step to the engine, judged after each sync and without mercy in the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cardsync_sdk.testing.adversity import Script
from cardsync_sdk.testing.adversity.acts import Ends, NextDay, Step, Sync
from cardsync_sdk.testing.adversity.setting import Card, Expect, Serving
from cardsync_sdk.testing.adversity.steps import Meanwhile, Serve
from cardsync_sdk.types import IdTrait
from tests.support.judge import answer_truthfully, misses_now, open_doubts
from webapp.adversity.player import OWNER, Player
from webapp.adversity.reading import dump
from webapp.adversity.world import make_world
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.sync.run import sync_interface

CALM = Serving(page_size=100)


@dataclass(frozen=True, slots=True)
class Overtake:
    """In the next walk the lease runs out after page 1, and another worker does the same run."""


@dataclass(frozen=True, slots=True)
class AnswerTruthfully:
    """Every open question is answered by somebody who knows the bank's books."""


@dataclass(frozen=True, slots=True)
class NoMoreTrouble:
    """What was to go wrong and has not yet, does not any more."""


@dataclass(frozen=True, slots=True)
class _Doing:
    """What the bank is to do while a walk is under way."""

    do: Callable[[], None]


class Story:
    """Two cards of one id policy in a company of its own; ``steps`` is what was told of it."""

    def __init__(self, database: Database, folder: Path, traits: frozenset[IdTrait]) -> None:
        two = (Card(traits=traits), Card(name="other", traits=traits, last4="7310"))
        script = Script(
            name="machine", story="", invariant="", steps=(), expect=Expect(rows=0), cards=two
        )
        self.database = database
        self.player = Player(make_world(script, database, folder))
        self.world = self.player.world
        self.steps: list[object] = []
        self.broken = False
        self._teach_the_bank()

    @property
    def in_doubt(self) -> bool:
        """Say whether a question is open."""
        return bool(open_doubts(self.world))

    def take(self, step: object) -> None:
        """Take one step; after a sync that ends well, everything is judged.

        :raises AssertionError: with the story so far, if something does not hold.
        """
        self.steps.append(step)
        match step:
            case Overtake():
                self.world.bank.happen(Meanwhile((_Doing(self._overtake),)))  # type: ignore[arg-type]
            case AnswerTruthfully():
                answer_truthfully(self.world)
            case NoMoreTrouble():
                self._calm_down()
            case Sync(Ends.OK):
                self._sync(step)
            case _:
                self._play(step)  # type: ignore[arg-type]

    def judge(self, *, in_the_end: bool = False) -> None:
        """Compare with the bank's books, as far as they can be known by now."""
        self._hold(*misses_now(self.player, in_the_end=in_the_end))

    def settle(self) -> None:
        """Let all be told in one piece, answer what is asked, and compare without mercy."""
        self._calm_down()
        self.take(Serve(CALM))
        for _ in range(4):
            self.take(NextDay())
            self.take(Sync())
            if not answer_truthfully(self.world):
                break
        self.take(Sync())
        self.judge(in_the_end=True)

    def _sync(self, step: Sync) -> None:
        self._play(step)
        self.judge()
        before = dump(self.world)
        self._play(step)
        if dump(self.world) != before:
            self._hold("one more sync changed what was settled")

    def _play(self, step: Step) -> None:
        self.player.take(step)
        self._hold(*self.player.misses)

    def _hold(self, *misses: str) -> None:
        self.broken = self.broken or bool(misses)
        assert not misses, "\n".join([*map(str, self.steps), "", *misses])

    def _calm_down(self) -> None:
        mischief = self.world.bank.mischief
        mischief.fails.clear()
        mischief.meanwhile.clear()
        mischief.gathering = 0

    def _overtake(self) -> None:
        interface_id = self.world.active_interfaces()[-1]
        with self.database.write() as session:
            interface = session.get_one(Interface, interface_id)
            interface.lease_until = datetime(2020, 1, 1, tzinfo=UTC)
        walked = len(self.world.bank.walks)
        engine, now = self.world.engine, self.world.now
        result = sync_interface(engine, interface_id, owner=f"{OWNER} 2", now=now)
        if result is not None:
            self.player._note(result.run_id, self.world.bank.walks[walked:])

    def _teach_the_bank(self) -> None:
        for bank in self.world.banks.values():
            usual = bank.happen

            def happen(step: object, usual: Callable[..., None] = usual) -> None:
                if isinstance(step, _Doing):
                    step.do()
                else:
                    usual(step)

            bank.happen = happen  # type: ignore[method-assign, assignment]


def retell(
    steps: Sequence[object], database: Database, folder: Path, traits: frozenset[IdTrait]
) -> None:
    """Tell a story again.

    :raises AssertionError: as :meth:`Story.take`.
    """
    story = Story(database, folder, traits)
    for step in steps:
        story.take(step)
    story.settle()
