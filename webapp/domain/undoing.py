"""A run planned backwards: what goes, what is put back, what stays and why (I3, I12).

Pure. Nothing is guessed: what a later run has built upon is not touched, and while there is any of
it the run is not undone at all; the later run is undone first.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from cardsync_sdk.types import FetchWindow
from webapp.domain.coverage import holes
from webapp.domain.merging import Work

DAY = timedelta(days=1)


class Stays(StrEnum):
    """Why a transaction is left as it is: a person did something with it.

    ``TOLD_APART``: somebody said that it is a purchase of its own, or known under another key.
    """

    WORKED = "worked"
    IN_REPORT = "in_report"
    ANSWERED = "answered"
    MERGED = "merged"
    TOLD_APART = "told_apart"


class UndoRefusal(StrEnum):
    """Why a run is not undone.

    ``RUNNING``: it has not ended. ``UNDER_WAY``: another sync of its accounts works just now.
    ``OVERTAKEN``: later runs have built upon what it brought. ``CHANGED``: the plan is not the one
    that the person was shown.
    """

    UNDONE = "undone"
    RUNNING = "running"
    UNDER_WAY = "under_way"
    OVERTAKEN = "overtaken"
    CHANGED = "changed"


class UndoRefused(Exception):
    """A run is not undone; ``why`` says why. Nothing was changed."""

    def __init__(self, why: UndoRefusal) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class FirstTold:
    """A transaction that the run told first, and what became of it.

    ``work``: its expense, where it has one. ``answered``: a person answered a question about it.
    ``merged``: it stands for another, or another for it. ``told_apart``: a person's event is in its
    life. ``overtaken``: a run that stands has told it again, or changed it, or asks about it.
    """

    id: str
    day: date
    work: Work | None = None
    in_report: bool = False
    answered: bool = False
    merged: bool = False
    told_apart: bool = False
    overtaken: bool = False

    @property
    def stays(self) -> Stays | None:
        """Return what a person did with it, if anything."""
        reasons = (
            (self.in_report or (self.work is not None and self.work.locked), Stays.IN_REPORT),
            (self.work is not None and not self.work.untouched, Stays.WORKED),
            (self.merged, Stays.MERGED),
            (self.answered, Stays.ANSWERED),
            (self.told_apart, Stays.TOLD_APART),
        )
        return next((why for applies, why in reasons if applies), None)


@dataclass(frozen=True, slots=True)
class Altered:
    """A transaction known before that the run changed, or found under a further key.

    ``befores``: what each event of the run replaced, the oldest first. ``overtaken``: a run that
    stands changed it later. ``locked``: its expense is in a submitted report.
    """

    id: str
    day: date
    befores: Sequence[Mapping[str, Any]] = ()
    merged: bool = False
    overtaken: bool = False
    locked: bool = False

    @property
    def values(self) -> dict[str, Any]:
        """Return the values from before the run, by column."""
        found: dict[str, Any] = {}
        for before in reversed(self.befores):
            found |= before
        return found


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What undoing a run comes to, by transaction ids.

    ``put_back``: the values from before the run; none where only its further key goes. ``locked``:
    those of them whose expense stays as it was submitted (I12). ``overtaken``: while there is any,
    the run is not undone. ``since``: the first day of which something goes or changes.
    """

    go: Sequence[str] = ()
    put_back: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stay: Mapping[str, Stays] = field(default_factory=dict)
    locked: Collection[str] = frozenset()
    overtaken: Sequence[str] = ()
    since: date | None = None

    @property
    def digest(self) -> str:
        """Return a digest of everything in it: two equal ones are the same plan."""
        put_back = sorted(
            (key, sorted(map(str, one.items()))) for key, one in self.put_back.items()
        )
        stay = sorted((key, why.value) for key, why in self.stay.items())
        parts = (sorted(self.go), put_back, stay, sorted(self.locked), sorted(self.overtaken))
        return blake2b(repr(parts).encode(), digest_size=12).hexdigest()


def plan_undo(told: Iterable[FirstTold], altered: Iterable[Altered]) -> UndoPlan:
    """Plan a run backwards.

    :param told: what the run told first.
    :param altered: what was known before and the run changed.
    """
    go, stay, overtaken, days = [], {}, [], []
    put_back, locked = {}, set()
    for one in told:
        if one.stays is not None:
            stay[one.id] = one.stays
        elif one.overtaken:
            overtaken.append(one.id)
        else:
            go.append(one.id)
            days.append(one.day)
    for row in altered:
        if row.merged:
            stay[row.id] = Stays.MERGED
        elif row.overtaken:
            overtaken.append(row.id)
        else:
            put_back[row.id] = row.values
            days.append(row.day)
            if row.locked:
                locked.add(row.id)
    return UndoPlan(go, put_back, stay, locked, overtaken, min(days, default=None))


def complete_without(
    own: Sequence[FetchWindow],
    others: Sequence[FetchWindow],
    *,
    until: date | None,
    since: date | None,
) -> date | None:
    """Return up to which day an account is still complete without a run.

    :param own: the days that the run fetched; ``others``: those that the other runs did.
    :param until: the mark as it stands.
    :param since: the first day of which something of the account goes or changes: it is to be asked
        for again.
    """
    if until is None or (own and not others):
        return None
    last = max((one.last for one in others), default=until) if own else until
    ends = [until, last]
    for one in own:
        ends += [hole.first - DAY for hole in holes(others, one.first, one.last)[:1]]
    if since is not None:
        ends.append(since - DAY)
    found = min(ends)
    begins = min((one.first for one in others), default=found)
    # What lies before everything that was fetched is complete only where nothing is missing.
    return found if found >= begins else None
