"""What a webhook leads to, by how its interface stands (D01, D04, D07)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webapp.domain.interfaces import InterfaceState
from webapp.domain.webhooks import (
    CLOSE,
    FATES_BY_WEIGHT,
    LONGEST,
    PAUSE,
    TRY_EVERY,
    Heard,
    Hearing,
    WebhookFate,
    hear,
    kept,
    weightiest,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
IDLE = Hearing(InterfaceState.ACTIVE, nightly=True, held=False, due_at=NOW + 9 * HOUR, bound=False)
NEEDY = replace(IDLE, state=InterfaceState.NEEDS_USER, due_at=None)
JOINED, AGAIN, IGNORED = (
    Heard(fate) for fate in (WebhookFate.JOINED, WebhookFate.AGAIN, WebhookFate.IGNORED)
)


def rang(**after: float) -> Heard:
    return Heard(WebhookFate.RANG, NOW + timedelta(**after))


CASES: dict[str, tuple[Hearing, Heard]] = {
    "idle": (IDLE, rang()),
    "idle for long": (replace(IDLE, ended_ago=9 * HOUR), rang()),
    "just ended": (replace(IDLE, ended_ago=20 * SECOND), rang(seconds=40)),
    "a clock that went back": (replace(IDLE, ended_ago=-HOUR), rang(seconds=60)),
    "the pause is over": (replace(IDLE, ended_ago=PAUSE), rang()),
    "due": (replace(IDLE, due_at=NOW - SECOND), JOINED),
    "due just now": (replace(IDLE, due_at=NOW), JOINED),
    "due within the pause": (
        replace(IDLE, ended_ago=SECOND, due_at=NOW + 59 * SECOND),
        JOINED,
    ),
    "due after the pause": (
        replace(IDLE, ended_ago=SECOND, due_at=NOW + 59 * SECOND + CLOSE + SECOND),
        rang(seconds=59),
    ),
    "due in a moment anyway": (replace(IDLE, due_at=NOW + CLOSE), JOINED),
    "nothing planned": (replace(IDLE, due_at=None), rang()),
    "bound to its time": (replace(IDLE, bound=True), JOINED),
    "held": (replace(IDLE, held=True), AGAIN),
    "held and due, as every run is": (replace(IDLE, held=True, due_at=NOW - SECOND), AGAIN),
    "only when asked": (replace(IDLE, nightly=False), IGNORED),
    "only when asked, under way": (replace(IDLE, nightly=False, held=True), IGNORED),
    "needs a person": (NEEDY, rang()),
    "needs a person, tried long ago": (replace(NEEDY, tried_ago=TRY_EVERY), rang()),
    "needs a person, tried just now": (replace(NEEDY, tried_ago=TRY_EVERY - SECOND), IGNORED),
    "needs a person, a file is read": (replace(NEEDY, held=True), IGNORED),
    "needs a person, only when asked": (replace(NEEDY, nightly=False), IGNORED),
    "rejected": (replace(IDLE, state=InterfaceState.REJECTED), IGNORED),
    "stopped": (replace(IDLE, state=InterfaceState.STOPPED), IGNORED),
    "not finished": (replace(IDLE, state=InterfaceState.INCOMPLETE), IGNORED),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_ring_leads_to(case: str) -> None:
    standing, heard = CASES[case]

    assert hear(standing, NOW) == heard


def test_an_event_of_several_interfaces_is_told_as_the_most_it_led_to() -> None:
    assert weightiest([WebhookFate.IGNORED, WebhookFate.AGAIN, WebhookFate.JOINED]) == "again"
    assert weightiest([]) == "parked"
    assert {*FATES_BY_WEIGHT, WebhookFate.PARKED} == set(WebhookFate)


def test_a_name_too_long_to_be_stored_is_kept_as_its_own_digest() -> None:
    assert kept("x" * LONGEST) == "x" * LONGEST
    assert len(kept("x" * (LONGEST + 1))) <= LONGEST
    assert kept("x" * 300) != kept("x" * 301)
