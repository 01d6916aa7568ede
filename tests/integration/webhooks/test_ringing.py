"""What a ring leads to: one sync soon, one more for news during it, and never data (D01 to D05)."""

from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from cardsync_sdk.errors import ConnectorError, RateLimited, SourceUnavailable
from cardsync_sdk.types import WebhookHint
from tests.support.bell import LINK, Bell
from tests.support.feed import work
from tests.support.import_admin import claires_browser, words
from tests.support.ringing_bank import RingingBank
from tests.support.scripted_bank import purchase
from tests.support.world import World
from webapp.domain.interfaces import DueReason
from webapp.domain.schedule import planned_at
from webapp.domain.webhooks import PAUSE, REMEMBERED_FOR
from webapp.jobs.ringing import take_webhook
from webapp.storage.columns import new_id
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.storage.webhooks import forget_old

NOW = datetime.now(UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
FIVE = {"the same five times": ["e"] * 5, "five different": [f"e{n}" for n in range(5)]}


def planned(feed: World) -> tuple[datetime, str]:
    """Return when the interface runs next, and why."""
    interface = feed.interface()
    assert interface.next_due_at is not None
    return interface.next_due_at, interface.due_reason


def shown(feed: World) -> dict[str | None, int]:
    """Return the amounts held, by the bank's ids."""
    return {row.external_id: row.amount_minor for row in feed.transactions()}


def take(feed: World, *hints: WebhookHint, at: datetime = NOW) -> list[str]:
    """Take a webhook that was verified; returns which interfaces are due by it."""
    rung: list[bool] = []
    due = take_webhook(feed.database, lambda: not rung.append(True), "scripted", hints, at)  # type: ignore[func-returns-value]
    assert len(rung) == bool(due), "one ring, however many are due"
    return due


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
    def ring_all(_page: int) -> None:
        assert [bell.ring(event) for event in events] == [204] * 5

    bell.ring("first")
    bank.before_page = ring_all
    work(feed)
    bank.before_page = lambda _page: None
    ended = datetime.now(UTC)
    for minutes in (2, 4, 6):
        feed.sync_at(ended + minutes * MINUTE)

    assert [run.trigger for run in bell.runs()] == ["webhook"] * 2
    assert bell.fates() == {"first": "rang", **dict.fromkeys(events, "again")}


def test_D02_an_older_webhook_after_a_newer_one_takes_nothing_back(
    bell: Bell, bank: RingingBank, feed: World
) -> None:
    bank.rows = [purchase("a", -1300), purchase("b", -990)]
    for event in ("2-changed", "1-created"):
        bell.ring(event)
        feed.sync_at(datetime.now(UTC) + PAUSE)

    assert len(bell.runs()) == 2
    assert shown(feed) == {"a": -1300, "b": -990}


def test_D03_with_every_webhook_lost_the_night_finds_everything(
    bell: Bell, bank: RingingBank, feed: World
) -> None:
    feed.sync_at(planned(feed)[0])
    bank.rows = [purchase("a", -1300), purchase("c", -1)]
    feed.sync_at(planned(feed)[0])

    assert [run.trigger for run in bell.runs()] == ["schedule"] * 2
    assert shown(feed) == {"a": -1300, "b": -990, "c": -1}


def test_D04_news_during_a_sync_is_fetched_by_another_after_it_never_beside_it(
    bell: Bell, bank: RingingBank, feed: World
) -> None:
    """The bank rings between two pages for a row of a page that was read already."""
    beside: list[object] = []

    def ring_between(page: int) -> None:
        if page == 2:
            bank.rows = [purchase("late"), *bank.rows]
            assert bell.ring("e2") == 204
            beside.append(work(feed))

    bank.page_size, bank.before_page = 1, ring_between
    feed.change(Interface, feed.interface_id, next_due_at=NOW)
    began = datetime.now(UTC)
    feed.sync_at(began)
    bank.before_page = lambda _page: None

    assert beside == [None], "no second worker took it up"
    assert bell.fates() == {"e2": "again"}
    assert "late" not in shown(feed)
    due, reason = planned(feed)
    assert reason == DueReason.WEBHOOK
    assert began + PAUSE <= due <= datetime.now(UTC) + PAUSE
    assert bell.runs()[0].next_try_at == due

    feed.sync_at(due)
    assert "late" in shown(feed)
    assert [run.trigger for run in bell.runs()] == ["schedule", "webhook"]
    assert not feed.interface().news_waits
    assert planned(feed)[1] == DueReason.SCHEDULE, "the night still comes"


def test_D04_two_threads_a_worker_and_a_webhook(bell: Bell, bank: RingingBank, feed: World) -> None:
    in_fetch, rung = Event(), Event()

    def wait_for_the_ring(_page: int) -> None:
        in_fetch.set()
        assert rung.wait(20)

    bank.before_page = wait_for_the_ring
    bell.ring("e1")
    worker = Thread(target=work, args=[feed])
    worker.start()
    assert in_fetch.wait(20)
    answers = [bell.ring("e2"), bell.ring("e3")]
    rung.set()
    worker.join()

    assert answers == [204, 204]
    assert bell.fates() == {"e1": "rang", "e2": "again", "e3": "again"}
    assert [run.outcome for run in bell.runs()] == ["ok"]
    assert planned(feed)[1] == DueReason.WEBHOOK


FAILURES: dict[str, tuple[ConnectorError, int, DueReason]] = {
    "asked to wait": (RateLimited("429"), 1, DueReason.RETRY),
    "down, back at a time it names": (
        SourceUnavailable("503", retry_after=timedelta(hours=2)),
        5,
        DueReason.RETRY,
    ),
    "down for long": (SourceUnavailable("503"), 5, DueReason.WEBHOOK),
}


@pytest.mark.parametrize("name", FAILURES)
def test_D04_news_during_a_sync_that_fails_is_fetched_when_the_source_allows(
    bell: Bell, bank: RingingBank, feed: World, name: str
) -> None:
    error, attempts, reason = FAILURES[name]

    def ring_and_fail(_page: int) -> None:
        bell.ring("e1")
        raise error

    bank.before_page = ring_and_fail
    feed.change(Interface, feed.interface_id, next_due_at=NOW, attempts=attempts - 1)
    work(feed)

    assert bell.fates() == {"e1": "again"}
    assert planned(feed)[1] == reason
    assert not feed.interface().news_waits
    assert bell.runs()[0].next_try_at == planned(feed)[0]


def test_a_retry_that_waits_at_the_sources_wish_is_not_brought_forward(
    bell: Bell, bank: RingingBank, feed: World
) -> None:
    feed.change(Interface, feed.interface_id, last_error="429", last_error_reason="rate_limited")
    before = planned(feed)
    bell.ring("e1")

    assert planned(feed) == before
    assert bell.fates() == {"e1": "joined"}


def test_what_a_person_was_promised_keeps_its_time_and_its_name(bell: Bell, feed: World) -> None:
    """D-H: a demand that waits for its quota stays this person's."""
    promised = {"asked_by": feed.user_id, "due_reason": DueReason.DEMAND, "asked_why": "Tuesday"}
    feed.change(Interface, feed.interface_id, **promised)
    before = feed.interface()
    bell.ring("e1")

    assert feed.interface() == before
    assert bell.fates() == {"e1": "joined"}


def test_a_source_that_rings_without_end_is_fetched_from_once_a_minute(
    bell: Bell, feed: World
) -> None:
    bell.ring("e1")
    work(feed)
    ended = bell.runs()[0].ended_at
    assert ended is not None
    bell.ring("e2")
    bell.ring("e3")

    due, reason = planned(feed)
    assert abs(due - (ended + PAUSE)) < timedelta(seconds=2)
    assert reason == DueReason.WEBHOOK
    assert bell.fates() == {"e1": "rang", "e2": "rang", "e3": "joined"}


def test_D07_of_two_webhooks_at_once_the_later_written_may_have_come_first(feed: World) -> None:
    rung = [
        take(feed, WebhookHint(LINK, event), at=NOW - ago)
        for event, ago in (("e1", timedelta(0)), ("e2", timedelta(seconds=3)))
    ]

    assert rung == [[feed.interface_id], []]
    assert planned(feed) == (NOW, DueReason.WEBHOOK)


def test_R29_a_ring_on_the_day_of_activation_does_not_bring_the_first_night_forward(
    bell: Bell, feed: World
) -> None:
    feed.change(Interface, feed.interface_id, due_reason=DueReason.FIRST, activated_on=NOW.date())
    before = planned(feed)
    bell.ring("e1")
    work(feed)

    assert planned(feed) == before
    assert (bell.fates(), bell.runs()) == ({"e1": "joined"}, [])


@pytest.mark.parametrize("hour", [0, 1, 6, 14, 23])
def test_R22_syncs_by_webhook_neither_bring_a_night_forward_nor_double_it(
    feed: World, hour: int
) -> None:
    """A ring at any hour of ten days: one scheduled run each night, as without them."""
    first = datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC) + timedelta(days=2)
    night = planned_at(first.date(), ZoneInfo("Europe/Paris"), feed.interface_id)
    feed.change(Interface, feed.interface_id, next_due_at=night)
    reasons: list[tuple[str, datetime]] = []
    for day in range(10):
        events = [("ring", first + day * DAY + timedelta(hours=hour))]
        events += [("clock", first + day * DAY + 10 * n * MINUTE) for n in range(144)]
        for kind, moment in sorted(events, key=lambda event: event[1]):
            if kind == "ring":
                take(feed, WebhookHint(LINK, f"e{day}"), at=moment)
            due, reason = planned(feed)
            if due <= moment:
                feed.sync_at(moment)
                reasons.append((reason, moment))
    nights = [moment.date() for reason, moment in reasons if reason == DueReason.SCHEDULE]

    assert len(nights) == len(set(nights)) == 10
    assert [reason for reason, _ in reasons].count(DueReason.WEBHOOK) == 10


def test_R53_what_is_synced_only_when_asked_is_not_synced_because_it_rang(
    bell: Bell, feed: World
) -> None:
    feed.change(Interface, feed.interface_id, nightly=False, next_due_at=None)
    bell.ring("e1")

    assert feed.interface().next_due_at is None
    assert bell.fates() == {"e1": "ignored"}


def test_D05_a_link_of_two_legal_entities_rings_for_both_and_for_nobody_else(
    bell: Bell, feed: World
) -> None:
    with feed.database.write() as session:
        mine = session.get_one(Interface, feed.interface_id)
        group_id = session.get_one(LegalEntity, feed.entity_id).group_id
        entities = [
            LegalEntity(group_id=group_id, name=name, created_at=NOW) for name in ("Two", "Three")
        ]
        session.add_all(entities)
        session.flush()
        others = [
            Interface(
                **{
                    **mine.model_dump(),
                    "id": new_id(),
                    "legal_entity_id": entity.id,
                    "link_ref": link,
                }
            )
            for entity, link in zip(entities, (LINK, "link-3"), strict=True)
        ]
        session.add_all(others)
    rung = take(feed, WebhookHint(LINK, "e1"))

    assert sorted(rung) == sorted([feed.interface_id, others[0].id])
    with feed.database.read() as session:
        assert session.get_one(Interface, others[1].id).next_due_at == mine.next_due_at


def test_a_webhook_of_very_many_links_rings_once_and_makes_all_due(feed: World) -> None:
    count = 25
    with feed.database.write() as session:
        mine = session.get_one(Interface, feed.interface_id).model_dump()
        session.add_all(
            Interface(**{**mine, "id": new_id(), "link_ref": f"many-{n}"}) for n in range(count)
        )
    hints = [WebhookHint(f"many-{n}", "e") for n in range(count)]

    assert len(take(feed, *hints)) == count
    assert take(feed, *hints) == [], "each of them is known by now"


def test_events_are_forgotten_after_their_time_and_no_sooner(bell: Bell, feed: World) -> None:
    for name, age in (("old", REMEMBERED_FOR + MINUTE), ("new", REMEMBERED_FOR - MINUTE)):
        take(feed, WebhookHint(LINK, name), at=NOW - age)
    with feed.database.write() as session:
        assert forget_old(session, NOW - REMEMBERED_FOR) == 1

    assert list(bell.fates()) == ["new"]


def test_the_history_says_that_the_source_rang(app: Flask, bell: Bell, feed: World) -> None:
    bell.ring("e1")
    work(feed)
    claire = claires_browser(app, feed.database)
    page = f"/accounts/{feed.account_id}/history"

    assert "The source rang" in words(claire.get(page))
    claire.post("/language", {"language": "fr"})
    assert "La source a signalé du nouveau" in words(claire.get(page))
