"""The life of an interface as one table: where it may stand, what happens to it, where that leads.

Whoever changes an interface's state takes the new one from here. ``docs/schedule.md`` shows the
table, drawn from it by ``make docs``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from webapp.domain.interfaces import DueReason, InterfaceState


class Stand(StrEnum):
    """Where an interface stands: its state, and for an active one how its schedule stands.

    ``PUT_OFF``: asked for, at the time from which on its source may be asked again. ``RETRYING``:
    the last try failed, and the next one is to come. ``ASLEEP``: it is synced only when asked, or
    fed by files.
    """

    INCOMPLETE = "incomplete"
    PLANNED = "planned"
    PUT_OFF = "put_off"
    DUE = "due"
    RUNNING = "running"
    RETRYING = "retrying"
    ASLEEP = "asleep"
    NEEDS_USER = "needs_user"
    REJECTED = "rejected"
    STOPPED = "stopped"


class Event(StrEnum):
    """What happens to an interface.

    ``ASKED_TOO_OFTEN``: more than the source bears, so it is put off. ``ASKED_BEFORE_NEXT``: so
    too, but what is planned already comes first. ``CONNECTED_ON_FIRST_DAY``: again, still on the
    day of activation, so that the first night stays (R29). ``COPIED``: into another installation,
    for a replay. ``ENDED_WELL_AND_RANG``: its source rang meanwhile. ``SOURCE_RANG_IN_PAUSE``:
    soon after its last run. ``SOURCE_RANG_IN_VAIN``: a run that is due, under way or bound to its
    time answers it, or nothing does.
    ``failed_…``: each :class:`~webapp.domain.schedule.FailureKind`.
    """

    LINKED = "linked"
    LINKED_TO_FILES = "linked_to_files"
    TIME_COMES = "time_comes"
    CLAIMED = "claimed"
    ENDED_WELL = "ended_well"
    ENDED_WELL_AND_RANG = "ended_well_and_rang"
    FAILED_UNAVAILABLE = "failed_unavailable"
    FAILED_RATE_LIMITED = "failed_rate_limited"
    FAILED_OUR_FAULT = "failed_our_fault"
    FAILED_PLUGIN_BUG = "failed_plugin_bug"
    FAILED_USER_ACTION = "failed_user_action"
    FAILED_REJECTED = "failed_rejected"
    INTERRUPTED = "interrupted"
    INTERRUPTED_OFTEN = "interrupted_often"
    ASKED = "asked"
    ASKED_TOO_OFTEN = "asked_too_often"
    ASKED_BEFORE_NEXT = "asked_before_next"
    SOURCE_RANG = "source_rang"
    SOURCE_RANG_IN_PAUSE = "source_rang_in_pause"
    SOURCE_RANG_IN_VAIN = "source_rang_in_vain"
    NIGHTS_OFF = "nights_off"
    NIGHTS_ON = "nights_on"
    EMPTIED = "emptied"
    RESTORED = "restored"
    CONNECTED_AGAIN = "connected_again"
    CONNECTED_ON_FIRST_DAY = "connected_on_first_day"
    COPIED = "copied"


class Who(StrEnum):
    """Who makes something happen to an interface."""

    ADMIN = "an admin"
    ANYBODY = "an admin, or support"
    CLOCK = "the clock"
    WORKER = "a worker"
    SOURCE = "the source"
    OPERATOR = "whoever runs the server"


@dataclass(frozen=True, slots=True)
class Transition:
    """What an event makes of a stand; ``unless_nightly`` where it is synced only when asked."""

    stand: Stand
    event: Event
    to: Stand
    unless_nightly: Stand
    who: Who


class NoSuchTransition(Exception):
    """The table does not know that this happens to an interface in that state: a fault of ours."""


# Nothing is due in these: a sync can be started.
FREE: Final = (Stand.PLANNED, Stand.PUT_OFF, Stand.RETRYING, Stand.ASLEEP)
ACTIVE: Final = (*FREE, Stand.DUE, Stand.RUNNING)
# Only a person's act ends these, so that they have no next run.
NEED_A_PERSON: Final = (Stand.INCOMPLETE, Stand.NEEDS_USER, Stand.REJECTED, Stand.STOPPED)

_S, _E, _W = Stand, Event, Who
_RETRIED: Final = (
    _E.FAILED_UNAVAILABLE,
    _E.FAILED_RATE_LIMITED,
    _E.FAILED_OUR_FAULT,
    _E.FAILED_PLUGIN_BUG,
)


def _from(
    stands: tuple[Stand, ...],
    event: Event,
    to: Stand | None,
    who: Who,
    *,
    unless_nightly: Stand | None = None,
) -> list[Transition]:
    """Return the same event for several stands; ``to`` ``None`` leaves each as it is."""
    return [
        Transition(stand, event, to or stand, unless_nightly or to or stand, who)
        for stand in stands
    ]


_ASKED_FOR: Final = (DueReason.DEMAND, DueReason.WEBHOOK)
_TO_COME: Final = (_S.PLANNED, _S.PUT_OFF, _S.RETRYING)
_NOT_ACTIVE: Final = (_S.NEEDS_USER, _S.REJECTED, _S.STOPPED)

TABLE: Final = (
    *_from((_S.INCOMPLETE,), _E.LINKED, _S.PLANNED, _W.ADMIN, unless_nightly=_S.ASLEEP),
    *_from((_S.INCOMPLETE,), _E.LINKED_TO_FILES, _S.ASLEEP, _W.ADMIN),
    *_from(_TO_COME, _E.TIME_COMES, _S.DUE, _W.CLOCK),
    *_from((_S.DUE,), _E.CLAIMED, _S.RUNNING, _W.WORKER),
    *_from((_S.RUNNING,), _E.ENDED_WELL, _S.PLANNED, _W.WORKER, unless_nightly=_S.ASLEEP),
    *_from((_S.RUNNING,), _E.ENDED_WELL_AND_RANG, _S.PUT_OFF, _W.WORKER, unless_nightly=_S.ASLEEP),
    *[one for event in _RETRIED for one in _from((_S.RUNNING,), event, _S.RETRYING, _W.WORKER)],
    *_from((_S.RUNNING,), _E.FAILED_USER_ACTION, _S.NEEDS_USER, _W.WORKER),
    *_from((_S.RUNNING,), _E.FAILED_REJECTED, _S.REJECTED, _W.WORKER),
    *_from((_S.RUNNING,), _E.INTERRUPTED, _S.DUE, _W.CLOCK),
    *_from((_S.RUNNING,), _E.INTERRUPTED_OFTEN, _S.RETRYING, _W.CLOCK),
    *_from(FREE, _E.ASKED, _S.DUE, _W.ANYBODY),
    *_from((_S.DUE, _S.RUNNING), _E.ASKED, None, _W.ANYBODY),
    *_from((_S.PLANNED, _S.ASLEEP), _E.ASKED_TOO_OFTEN, _S.PUT_OFF, _W.ANYBODY),
    *_from((_S.RETRYING,), _E.ASKED_TOO_OFTEN, None, _W.ANYBODY),
    *_from(_TO_COME, _E.ASKED_BEFORE_NEXT, None, _W.ANYBODY),
    *_from((_S.PLANNED, _S.RETRYING), _E.SOURCE_RANG, _S.DUE, _W.SOURCE),
    *_from((_S.NEEDS_USER,), _E.SOURCE_RANG, _S.DUE, _W.SOURCE, unless_nightly=_S.NEEDS_USER),
    *_from((_S.PLANNED,), _E.SOURCE_RANG_IN_PAUSE, _S.PUT_OFF, _W.SOURCE),
    *_from((_S.RETRYING,), _E.SOURCE_RANG_IN_PAUSE, None, _W.SOURCE),
    *_from(tuple(_S), _E.SOURCE_RANG_IN_VAIN, None, _W.SOURCE),
    *_from((_S.PLANNED,), _E.NIGHTS_OFF, _S.ASLEEP, _W.ADMIN),
    *_from((_S.PUT_OFF, _S.RETRYING, _S.DUE, _S.RUNNING), _E.NIGHTS_OFF, None, _W.ADMIN),
    *_from(NEED_A_PERSON, _E.NIGHTS_OFF, None, _W.ADMIN),
    *_from((_S.ASLEEP,), _E.NIGHTS_ON, _S.PLANNED, _W.ADMIN),
    *_from((_S.PUT_OFF, _S.RETRYING, _S.DUE, _S.RUNNING), _E.NIGHTS_ON, None, _W.ADMIN),
    *_from(NEED_A_PERSON, _E.NIGHTS_ON, None, _W.ADMIN),
    *_from((*ACTIVE, _S.NEEDS_USER, _S.REJECTED), _E.EMPTIED, _S.STOPPED, _W.ADMIN),
    *_from((_S.STOPPED,), _E.RESTORED, _S.PLANNED, _W.ADMIN, unless_nightly=_S.ASLEEP),
    *_from(_NOT_ACTIVE, _E.CONNECTED_AGAIN, _S.DUE, _W.ADMIN),
    # Whoever reads with the old consent is overtaken; what was due still is.
    *_from((_S.RUNNING,), _E.CONNECTED_AGAIN, _S.DUE, _W.ADMIN),
    *_from((*FREE, _S.DUE), _E.CONNECTED_AGAIN, None, _W.ADMIN),
    *_from(
        _NOT_ACTIVE,
        _E.CONNECTED_ON_FIRST_DAY,
        _S.PLANNED,
        _W.ADMIN,
        unless_nightly=_S.ASLEEP,
    ),
    *_from(tuple(_S), _E.COPIED, _S.STOPPED, _W.OPERATOR),
)
TRANSITIONS: Final[Mapping[tuple[Stand, Event], Transition]] = {
    (one.stand, one.event): one for one in TABLE
}


def state_of(stand: Stand) -> InterfaceState:
    """Return the state an interface has that stands there."""
    return InterfaceState.ACTIVE if stand in ACTIVE else InterfaceState(stand.value)


def after(state: str, event: Event) -> InterfaceState:
    """Return the state after ``event``, by the table.

    :raises NoSuchTransition: if it cannot happen in ``state``.
    """
    found = {state_of(one.to) for one in TABLE if one.event is event and _is(one.stand, state)}
    if len(found) != 1:
        raise NoSuchTransition(f"“{event}” cannot happen to an interface that is “{state}”")
    return found.pop()


def states_before(event: Event) -> list[InterfaceState]:
    """Return the states in which ``event`` can happen."""
    return sorted({state_of(one.stand) for one in TABLE if one.event is event})


def leads_to(event: Event) -> InterfaceState:
    """Return the one state that ``event`` leads to, wherever it happens.

    :raises NoSuchTransition: if that depends on where the interface stood.
    """
    found = {state_of(one.to) for one in TABLE if one.event is event}
    if len(found) != 1:
        raise NoSuchTransition(f"“{event}” does not lead to one state only")
    return found.pop()


def stand_of(
    state: str,
    *,
    next_due_at: datetime | None,
    due_reason: str,
    nightly: bool,
    attempts: int,
    held: bool,
    now: datetime,
) -> Stand:
    """Return where an interface stands.

    :param attempts: tries since the last success.
    :param held: a worker has its lease. One that reads a file handed in changes nothing here.
    :raises NoSuchTransition: if it stands where none can: every night, but without a next run; or
        with a next run, though only a person can start it again.
    """
    if state != InterfaceState.ACTIVE:
        if next_due_at is not None:
            raise NoSuchTransition(f"an interface that is “{state}” has a next run")
        return Stand(state)
    if next_due_at is None:
        if nightly:
            raise NoSuchTransition("an interface that is synced every night has no next run")
        return Stand.ASLEEP
    if next_due_at <= now:
        return Stand.RUNNING if held else Stand.DUE
    if attempts:
        return Stand.RETRYING
    return Stand.PUT_OFF if due_reason in _ASKED_FOR else Stand.PLANNED


def _is(stand: Stand, state: str) -> bool:
    return state_of(stand) == state
