"""With or without webhooks, the same is known in the end (D02, D03, H8)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cardsync_sdk.types import FetchedTransaction, TransactionStatus, WebhookHint
from tests.support.ringing_bank import RingingBank
from tests.support.scripted_bank import purchase
from tests.support.world import World, make_world
from webapp.domain.interfaces import DueReason
from webapp.domain.webhooks import PAUSE
from webapp.jobs.ringing import take_webhook
from webapp.storage.canonical import AccountDump, canonical_dump, differences
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface

DAY = timedelta(days=1)
MARCH_19 = datetime(2026, 3, 19, 12, tzinfo=UTC)
ANNOUNCED = {"status": TransactionStatus.ANNOUNCED}

# What the bank shows on three days: rows come, are booked, change, and are said once more.
DAYS: tuple[list[FetchedTransaction], ...] = (
    [purchase("a"), purchase("b", -990, **ANNOUNCED)],
    [purchase("a"), purchase("b", -990), purchase("c", -1, day=date(2026, 3, 18))],
    [purchase("a", -1300), purchase("c", -1, day=date(2026, 3, 18)), purchase("d"), purchase("e")],
)


@dataclass
class Company:
    """A legal entity of its own, with the bank that feeds it."""

    world: World
    bank: RingingBank
    link_ref: str

    def poll(self, at: datetime) -> None:
        """Have the nightly sync take place now."""
        self.world.change(
            Interface, self.world.interface_id, next_due_at=at, due_reason=DueReason.SCHEDULE
        )
        assert self.world.sync_at(at) is not None

    def ring(self, at: datetime, *events: str) -> None:
        """Have the bank ring, and the sync that follows take place."""
        hints = [WebhookHint(self.link_ref, event) for event in events]
        take_webhook(self.world.database, lambda: True, self.bank.slug, hints, at)
        assert self.world.sync_at(at + PAUSE) is not None

    def known(self) -> list[AccountDump]:
        """Return everything known of its transactions."""
        with self.world.database.read() as session:
            dump = canonical_dump(session, self.world.entity_id)
        # The key of an account names its legal entity, which two companies never share.
        return [replace(one, key=one.key.partition("/")[2]) for one in dump]


def company(database: Database, link_ref: str) -> Company:
    bank = RingingBank()
    world = make_world(database, bank.connector(), account={"import_mode": "all_available"})
    world.change(Interface, world.interface_id, link_ref=link_ref, due_reason=DueReason.SCHEDULE)
    world.change(Interface, world.interface_id, next_due_at=MARCH_19 + 30 * DAY)
    return Company(world, bank, link_ref)


Way = Callable[[Company, datetime, str], None]
HOUR = timedelta(hours=1)


def poll_only(one: Company, at: datetime, event: str) -> None:
    one.poll(at)


def webhook_then_poll(one: Company, at: datetime, event: str) -> None:
    one.ring(at - HOUR, event)
    one.poll(at)


def poll_then_webhook(one: Company, at: datetime, event: str) -> None:
    one.poll(at)
    one.ring(at + HOUR, event)


def webhooks_in_disorder(one: Company, at: datetime, event: str) -> None:
    one.ring(at - HOUR, f"{event} newer", f"{event} older", f"{event} newer")
    one.ring(at, f"{event} oldest", f"{event} older")


WAYS: tuple[Way, ...] = (webhook_then_poll, poll_then_webhook, webhooks_in_disorder)


@pytest.mark.parametrize("way", WAYS)
def test_H8_webhooks_and_polls_in_any_order_lead_to_what_polls_alone_lead_to(
    database: Database, way: Way
) -> None:
    polled, rung = company(database, "polled"), company(database, "rung")
    for number, rows in enumerate(DAYS):
        for one, do in ((polled, poll_only), (rung, way)):
            one.bank.rows = rows
            do(one, MARCH_19 + number * DAY, f"day {number}")
        assert not differences(rung.known(), polled.known()), f"after day {number}"

    assert len(polled.world.transactions()) >= 2 * len(DAYS[-1]), "of both there is something"


def test_H8_the_comparison_sees_a_lost_row(database: Database) -> None:
    polled, rung = company(database, "polled"), company(database, "rung")
    polled.bank.rows, rung.bank.rows = DAYS[2], DAYS[2][:-1]
    polled.poll(MARCH_19)
    rung.ring(MARCH_19, "e1")

    assert len(differences(rung.known(), polled.known())) == 1
