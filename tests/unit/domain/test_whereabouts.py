"""Why is my purchase of Tuesday not here? Each answer, from the facts of a day (R27, D-S)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from webapp.domain.fates import Fate
from webapp.domain.history import Became
from webapp.domain.interfaces import InterfaceState
from webapp.domain.whereabouts import Because, DayFacts, reasons_of

TUESDAY = date(2026, 11, 17)
DAY = timedelta(days=1)
QUIET = DayFacts(
    day=TUESDAY,
    today=TUESDAY + 5 * DAY,
    floor=date(2026, 11, 1),
    fetched_until=TUESDAY + 4 * DAY,
    stopped_on=None,
    state=InterfaceState.ACTIVE,
    held=True,
    mode=True,
)
WAITING = {Became.WAITING: 1}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, [Because.NOTHING_TOLD]),
        ({"became": {Became.EXPENSE: 2}}, [Because.EXPENSES]),
        ({"became": WAITING, "held": False}, [Because.NO_HOLDER]),
        ({"became": WAITING, "held": False, "mode": False}, [Because.NO_HOLDER]),
        ({"became": WAITING, "mode": False}, [Because.NO_MODE]),
        ({"became": WAITING}, [Because.REVIEW]),
        ({"by_file": True, "fetched_until": None}, [Because.BY_FILE]),
        ({"by_file": True, "became": {Became.EXPENSE: 1}}, [Because.EXPENSES]),
        ({"became": {Became.ENTERED: 1}}, [Because.BY_HAND, Because.NOTHING_TOLD]),
        (
            {"became": {Became.ENTERED: 1, Became.EXPENSE: 1}},
            [Because.BY_HAND, Because.EXPENSES],
        ),
        ({"became": {Became.SUMMARY: 1}}, [Because.SUMMARY]),
        ({"became": {Became.CANCELLED: 1}}, [Because.WITHDRAWN]),
        ({"became": {Became.EXPIRED: 1}}, [Because.WITHDRAWN]),
        ({"became": {Became.DUPLICATE: 1}}, [Because.DUPLICATE]),
        (
            {"became": {Became.EXPENSE: 1, **WAITING}, "held": False},
            [Because.EXPENSES, Because.NO_HOLDER],
        ),
        ({"not_taken": {Fate.QUARANTINED: 1}}, [Because.UNREADABLE, Because.NOTHING_TOLD]),
        ({"not_taken": {Fate.OUT_OF_WINDOW: 1}}, [Because.BEFORE_FLOOR]),
        ({"floor": TUESDAY + DAY}, [Because.BEFORE_FLOOR]),
        ({"floor": TUESDAY}, [Because.NOTHING_TOLD]),
        ({"floor": None}, [Because.NOTHING_TOLD]),
        ({"today": TUESDAY - DAY}, [Because.TO_COME]),
        ({"today": TUESDAY, "fetched_until": TUESDAY - DAY}, [Because.NOT_FETCHED_YET]),
        ({"fetched_until": None}, [Because.NEVER_FETCHED]),
        (
            {"fetched_until": TUESDAY - DAY, "state": InterfaceState.NEEDS_USER},
            [Because.NOT_FETCHED_YET, Because.WAITS_FOR_PERSON],
        ),
        ({"fetched_until": TUESDAY - DAY, "stopped_on": TUESDAY}, [Because.STOPPED]),
        (
            {"fetched_until": TUESDAY - 2 * DAY, "stopped_on": TUESDAY + DAY},
            [Because.NOT_FETCHED_YET],
        ),
        (
            {"fetched_until": TUESDAY - DAY, "became": {Became.EXPENSE: 1}},
            [Because.EXPENSES, Because.NOT_FETCHED_YET],
        ),
    ],
)
def test_the_answer_names_what_is_true_of_the_day(
    changes: dict[str, Any], told: list[Because]
) -> None:
    assert reasons_of(replace(QUIET, **changes)) == told
