"""For any story that can be made up, the engine ends with the bank's books (I1-I7, I11).

Hypothesis tells stories in the vocabulary of the adversity bank: purchases, bookings, corrections,
withdrawals, files, new links, failures, workers that overtake each other, pages cut and shuffled,
answers of people. After each sync nothing may be lost, nothing stand twice without a question, and
no person's work be elsewhere than it was; in the end, once all is told and answered, the books
agree.

``ENGINE_STORIES`` tells more of them (``make machine``).
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from cardsync_sdk.testing.adversity.setting import (
    NEW_ID_WHEN_BOOKED,
    NEW_IDS_AFTER_RELINK,
    NO_IDS,
    STABLE,
)
from cardsync_sdk.types import IdTrait
from tests.support.databases import SqliteTemplate
from tests.support.machine import Slate, engine_machine
from tests.support.scratch import scratch_folder
from webapp.domain import likeness, transactions
from webapp.sync import settling

STORIES = 15
POLICIES = {
    "good-ids": STABLE,
    "new-id-when-booked": NEW_ID_WHEN_BOOKED,
    "no-ids": NO_IDS,
    "new-ids-after-relink": NEW_IDS_AFTER_RELINK,
}


@pytest.fixture
def slate(sqlite_template: SqliteTemplate) -> Iterator[Slate]:
    """A database that is wiped for each story."""
    with scratch_folder() as folder:
        found = Slate(sqlite_template, folder)
        yield found
        found.database.dispose()


def tell(slate: Slate, traits: frozenset[IdTrait], stories: int) -> None:
    run_state_machine_as_test(
        engine_machine(slate, traits),
        settings=settings(
            derandomize=True,
            deadline=None,
            database=None,
            max_examples=stories,
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
            # What fails is printed as steps; making it shorter would take longer than a test may.
            phases=[Phase.generate],
            print_blob=False,
            report_multiple_bugs=False,
        ),
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_any_story_ends_with_the_books_of_the_bank(policy: str, slate: Slate) -> None:
    tell(slate, POLICIES[policy], int(os.environ.get("ENGINE_STORIES", STORIES)))


@pytest.mark.parametrize(
    ("policy", "wall"),
    [
        ("new-id-when-booked", (likeness, "RULES", ())),
        ("good-ids", (settling, "_cancel_missing", lambda *_all: None)),
        ("no-ids", (transactions.IdentityCounter, "_numbered", lambda _self, content: content)),
    ],
)
def test_a_rule_taken_out_is_noticed_by_some_story(
    policy: str, wall: tuple[object, str, object], slate: Slate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*wall)
    with pytest.raises(AssertionError, match=r"lost|doubled|work on|counts"):
        tell(slate, POLICIES[policy], 50)
