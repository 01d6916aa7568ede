"""Why a purchase of a certain day is, or is not, among the expenses: the answer support gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from webapp.domain.fates import Fate
from webapp.domain.history import Became
from webapp.domain.interfaces import InterfaceState


class Because(StrEnum):
    """One thing that is true of a day of an account, and explains what one sees."""

    EXPENSES = "expenses"
    NO_HOLDER = "no_holder"
    NO_MODE = "no_mode"
    REVIEW = "review"
    SUMMARY = "summary"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    BY_HAND = "by_hand"
    UNREADABLE = "unreadable"
    TO_COME = "to_come"
    BEFORE_FLOOR = "before_floor"
    STOPPED = "stopped"
    NEVER_FETCHED = "never_fetched"
    NOT_FETCHED_YET = "not_fetched_yet"
    WAITS_FOR_PERSON = "waits_for_person"
    NOTHING_TOLD = "nothing_told"
    BY_FILE = "by_file"


@dataclass(frozen=True, slots=True)
class DayFacts:
    """What is known of one day of one account.

    ``fetched_until``: the last day fetched whole; ``stopped_on``: when syncing was stopped;
    ``held``: somebody held the account on the day; ``mode``: who pays is chosen. ``became`` counts
    the transactions of the day by what they are now, ``not_taken`` the rows that were read and not
    taken; an unreadable row has no day and counts for every day. ``by_file``: statements are handed
    in, nothing is fetched.
    """

    day: date
    today: date
    floor: date | None
    fetched_until: date | None
    stopped_on: date | None
    state: InterfaceState
    held: bool
    mode: bool
    by_file: bool = False
    became: Mapping[Became, int] = field(default_factory=dict)
    not_taken: Mapping[Fate, int] = field(default_factory=dict)


def reasons_of(facts: DayFacts) -> list[Because]:
    """Return what explains the day, first what came in, then what did not come and why."""
    if facts.day > facts.today:
        return [Because.TO_COME]
    came = _what_came(facts)
    # What somebody entered explains nothing of what the bank has not told.
    entered = [Because.BY_HAND] if facts.became.get(Became.ENTERED) else []
    return entered + came + _what_did_not(facts, nothing_came=not came)


def _what_came(facts: DayFacts) -> list[Because]:
    withdrawn = facts.became.get(Became.CANCELLED) or facts.became.get(Became.EXPIRED)
    told = (
        (facts.became.get(Became.EXPENSE), Because.EXPENSES),
        (facts.became.get(Became.WAITING), _why_waiting(facts)),
        (facts.became.get(Became.SUMMARY), Because.SUMMARY),
        (withdrawn, Because.WITHDRAWN),
        (facts.became.get(Became.DUPLICATE), Because.DUPLICATE),
    )
    return [because for count, because in told if count]


def _why_waiting(facts: DayFacts) -> Because:
    if not facts.held:
        return Because.NO_HOLDER
    return Because.REVIEW if facts.mode else Because.NO_MODE


def _what_did_not(facts: DayFacts, *, nothing_came: bool) -> list[Because]:
    before_floor = facts.floor is not None and facts.day < facts.floor
    if before_floor or facts.not_taken.get(Fate.OUT_OF_WINDOW):
        return [Because.BEFORE_FLOOR]
    if facts.by_file:
        return [Because.BY_FILE] if nothing_came else []
    told = [Because.UNREADABLE] if facts.not_taken.get(Fate.QUARANTINED) else []
    if facts.fetched_until is None or facts.day > facts.fetched_until:
        return told + _why_not_fetched(facts)
    return [*told, Because.NOTHING_TOLD] if nothing_came else told


def _why_not_fetched(facts: DayFacts) -> list[Because]:
    if facts.stopped_on is not None and facts.day >= facts.stopped_on:
        return [Because.STOPPED]
    never = facts.fetched_until is None
    told = [Because.NEVER_FETCHED if never else Because.NOT_FETCHED_YET]
    if facts.state is not InterfaceState.ACTIVE:
        told.append(Because.WAITS_FOR_PERSON)
    return told
