"""A ring for an interface that stands still, or that nobody here has yet (D08)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cardsync_sdk.errors import UserActionNeeded
from cardsync_sdk.types import WebhookHint
from tests.support.bell import Bell
from tests.support.feed import work
from tests.support.link_desk import NOW, LinkDesk, make_desk, sogecarte
from tests.support.ringing_bank import RingingBank
from tests.support.world import World
from webapp.domain.interfaces import DueReason, InterfaceState
from webapp.domain.schedule import first_run_at
from webapp.jobs.ringing import take_webhook
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.runs import SyncRun
from webapp.storage.webhooks import WebhookEvent

MINUTE = timedelta(minutes=1)
LINK = "310"
PARIS = ZoneInfo("Europe/Paris")


def wait_for_a_person(_page: int) -> None:
    raise UserActionNeeded("consent", reason="consent_expired")


def test_an_interface_that_needs_a_person_is_tried_once_an_hour(
    bell: Bell, bank: RingingBank, feed: World
) -> None:
    """They may have acted at the bank's own page; a source that rings on and on changes nothing."""
    bank.before_page = wait_for_a_person
    feed.change(Interface, feed.interface_id, next_due_at=datetime.now(UTC))
    work(feed)
    assert feed.interface().state == InterfaceState.NEEDS_USER

    for event in ("e1", "e2", "e3"):
        bell.ring(event)
        work(feed)
    assert bell.fates() == {"e1": "rang", "e2": "ignored", "e3": "ignored"}
    assert [run.trigger for run in bell.runs()] == ["schedule", "webhook"]
    assert feed.interface().state == InterfaceState.NEEDS_USER

    hour_ago = datetime.now(UTC) - 61 * MINUTE
    feed.change(SyncRun, bell.runs()[1].id, started_at=hour_ago, ended_at=hour_ago)
    feed.change(SyncRun, bell.runs()[0].id, started_at=hour_ago - MINUTE)
    bank.before_page = lambda _page: None
    bell.ring("e4")
    work(feed)
    interface = feed.interface()
    assert (interface.state, interface.last_error) == (InterfaceState.ACTIVE, "")
    assert interface.next_due_at is not None
    assert len(feed.transactions()) == 2


def test_a_ring_that_ends_in_a_need_does_not_use_up_the_try_of_the_hour(
    bell: Bell, bank: RingingBank, feed: World
) -> None:
    bank.before_page = wait_for_a_person
    bell.ring("news")
    work(feed)
    assert feed.interface().state == InterfaceState.NEEDS_USER

    bank.before_page = lambda _page: None
    bell.ring("the person has acted")
    work(feed)
    assert feed.interface().state == InterfaceState.ACTIVE


@pytest.mark.parametrize("state", ["rejected", "stopped", "incomplete"])
def test_D05_what_stands_still_for_another_cause_stays_so(
    bell: Bell, feed: World, state: str
) -> None:
    feed.change(Interface, feed.interface_id, state=state, next_due_at=None)
    before = feed.interface()
    bell.ring("e1")
    work(feed)

    assert feed.interface() == before
    assert (bell.fates(), bell.runs()) == ({"e1": "ignored"}, [])


@pytest.fixture
def office(database: Database) -> LinkDesk:
    """An admin on the way to a partner whose link nobody here has yet."""
    return make_desk(database, sogecarte())


def take(office: LinkDesk, event: str, at: datetime = NOW) -> None:
    hint = WebhookHint(LINK, event)
    take_webhook(office.desk.database, lambda: True, "partner", [hint], at)


def events(office: LinkDesk) -> dict[str, tuple[str, str | None]]:
    """Return what each event led to, and for which interface."""
    return {one.event_id: (one.fate, one.interface_id) for one in office.all(WebhookEvent)}


def test_D08_what_came_before_the_return_was_stored_is_picked_up_with_it(office: LinkDesk) -> None:
    """R29 stands: the first night answers it, and comes no sooner."""
    state = office.begin()
    take(office, "e1")
    assert events(office) == {"e1": ("parked", None)}

    office.come_back(state)
    (interface,) = office.interfaces()
    assert events(office) == {"e1": ("joined", interface.id)}
    assert interface.due_reason == DueReason.FIRST
    first = first_run_at(NOW.astimezone(PARIS).date(), PARIS, interface.id)
    assert interface.next_due_at == first, "as without any webhook"


def test_D08_what_is_parked_for_longer_stays_parked(office: LinkDesk) -> None:
    take(office, "old", NOW - 61 * MINUTE)
    take(office, "new", NOW - 59 * MINUTE)
    office.connect()

    assert {event: fate for event, (fate, _) in events(office).items()} == {
        "old": "parked",
        "new": "joined",
    }


def test_D08_an_interface_connected_again_is_rung_for_at_once(office: LinkDesk) -> None:
    """One that had a run before: nothing keeps the news until the night."""
    take(office, "e1")
    parked = office.all(WebhookEvent)[0]
    office.connect()
    (interface,) = office.interfaces()
    with office.desk.database.write() as session:
        # As if that link had been away when it rang.
        event = session.get_one(WebhookEvent, parked.id)
        event.fate, event.interface_id = "parked", None
        event.received_at = NOW + timedelta(days=3)
        row = session.get_one(Interface, interface.id)
        row.last_ok_at, row.due_reason = NOW + timedelta(days=2), DueReason.SCHEDULE
        row.next_due_at = NOW + timedelta(days=4)
    later = office.later(days=3, minutes=1)
    later.connect()

    (again,) = office.interfaces()
    assert (again.next_due_at, again.due_reason) == (later.by.now, DueReason.WEBHOOK)
    assert events(office) == {"e1": ("rang", interface.id)}


def test_D08_of_a_bank_that_shares_nothing_more_it_is_ignored(office: LinkDesk) -> None:
    office.connect()
    (interface,) = office.interfaces()
    take(office, "e1")
    with office.desk.database.write() as session:
        session.get_one(WebhookEvent, office.all(WebhookEvent)[0].id).fate = "parked"
        session.get_one(Interface, interface.id).state = InterfaceState.STOPPED
    take(office, "e2")

    assert events(office)["e2"] == ("ignored", interface.id)
