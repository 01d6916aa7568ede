"""Whatever the source, the worker or Redis does: in the end we hold what the bank holds (R25).

The practice bank is real HTTP; the last test kills a real worker process in the middle of a sync.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from redis import Redis
from sqlmodel import select

from cardsync_sdk import Link, Money
from cardsync_sdk.registry import Registry
from tests.support.practice_bank import PracticeBank, practice_bank
from tests.support.worker_processes import Start, kill, wait_until, worker_processes
from tests.support.world import BOX, World, make_world
from webapp.domain.fates import Fate
from webapp.domain.interfaces import Outcome
from webapp.jobs.clock import Clock
from webapp.jobs.doorbell import Doorbell
from webapp.storage import links
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.storage.runs import SyncRun
from webapp.storage.secrets import SecretBox
from webapp.storage.transactions import BankTransaction
from webapp.sync.job import Engine
from webapp.sync.sharing import Sharer, store_share

ACTIVATED_AT = datetime(2026, 3, 17, 9, tzinfo=UTC)
FIRST_NIGHT = datetime(2026, 3, 18, 6, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[PracticeBank]:
    """A practice bank whose clock stands still; it gives five rows a page."""
    with practice_bank(tmp_path / "bank") as running:
        running.control("page_size", size=5)
        yield running


@pytest.fixture
def link(bank: PracticeBank) -> Link:
    """A bank connected through the web view, with every account and card shared."""
    return bank.connect()


def connect(database: Database, bank: PracticeBank, link: Link, box: SecretBox = BOX) -> World:
    """Store the link as the page does, everything available, the cards attached to one person."""
    world = make_world(database, bank.connector)
    world.engine = Engine(database, Registry({"budget_insight": bank.connector}), box)
    with database.write() as session:
        links.store_settings(session, box, "budget_insight", bank.settings.values, ACTIVATED_AT)
        entity = session.get_one(LegalEntity, world.entity_id)
        by = Sharer(session, box, bank.connector.info, entity, world.user_id, ACTIVATED_AT)
        share = store_share(by, link, bank.accounts(link))
        world.interface_id = share.interface_id
        for account in session.exec(
            select(Account).where(Account.interface_id == share.interface_id)
        ):
            account.import_mode, account.payment_mode = "all_available", "company"
    return world


def held(world: World) -> set[tuple[str | None, Decimal]]:
    """Return the bank's id and amount of every live transaction we hold of the interface."""
    with world.database.read() as session:
        rows = session.exec(select(BankTransaction).where(BankTransaction.status != "cancelled"))
        return {(row.external_id, Money(row.amount_minor, row.currency).decimal) for row in rows}


def true_set(bank: PracticeBank, link: Link) -> set[tuple[str | None, Decimal]]:
    """Return the same of what the bank holds."""
    return {
        (str(line["id"]), Decimal(line["value"]))
        for line in bank.truth(link)
        if not line["deleted"]
    }


def sync_until_good(world: World) -> list[Outcome]:
    """Let business time pass each retry until a run ends well; return how each run ended."""
    now, outcomes = FIRST_NIGHT, []
    while world.interface().last_ok_at is None:
        due = world.interface().next_due_at
        assert due is not None, world.interface().last_error
        now = max(now, due)
        result = world.sync_at(now)
        assert result is not None
        outcomes.append(result.outcome)
    return outcomes


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([("500", 4)], id="500"),
        pytest.param([("503_html", 4)], id="an HTML page of maintenance"),
        pytest.param([("html", 4)], id="an HTML page with 200"),
        pytest.param([("cut_json", 4)], id="cut JSON"),
        pytest.param([("wrong_charset", 4)], id="another charset"),
        pytest.param([("429", 1)], id="too many requests"),
        pytest.param([("looping_next", 9)], id="a page that follows itself"),
        pytest.param([("foreign_next", 1)], id="a next page on another host"),
        pytest.param([("500", 4), ("429", 1), ("html", 4), ("cut_json", 4)], id="all in a row"),
    ],
)
def test_R24_R25_R26_once_each_retry_has_passed_we_hold_the_banks_set(
    database: Database, bank: PracticeBank, link: Link, faults: list[tuple[str, int]]
) -> None:
    world = connect(database, bank, link)
    for kind, count in faults:
        bank.fail(kind, count=count, path="transactions")
    outcomes = sync_until_good(world)
    assert Outcome.FAILED in outcomes
    assert outcomes[-1] is Outcome.OK
    assert held(world) == true_set(bank, link)


def test_R31_days_at_the_bank_bring_exactly_what_is_new(
    database: Database, bank: PracticeBank, link: Link
) -> None:
    world = connect(database, bank, link)
    sync_until_good(world)
    for day in range(1, 6):
        bank.tick()
        known, before = true_set(bank, link), len(world.transactions())
        result = world.sync_at(FIRST_NIGHT + timedelta(days=day))
        assert result is not None
        assert result.outcome is Outcome.OK
        assert held(world) == known
        born = (Fate.NEW, Fate.WAITING, Fate.SUMMARY)
        assert sum(result.counts[fate] for fate in born) == len(world.transactions()) - before


@pytest.fixture
def installation(tmp_path: Path) -> dict[str, str]:
    """The keys of an installation, as a worker process finds them in its environment."""
    return {
        "CARDSYNC_INSTANCE": str(tmp_path / "instance"),
        "CARDSYNC_MASTER_KEYS": "test:" + "A" * 43 + "=",
    }


@pytest.fixture
def start_worker(
    database: Database, redis_url: str, installation: dict[str, str]
) -> Iterator[Start]:
    """Return a function that starts a real worker process."""
    with worker_processes(database, redis_url, installation) as start:
        yield start


def test_R25_F02_F06_a_worker_killed_in_the_middle_and_redis_emptied(
    database: Database,
    bank: PracticeBank,
    link: Link,
    redis_url: str,
    start_worker: Start,
) -> None:
    world = connect(database, bank, link)
    clock = Clock(database, Doorbell(redis_url).ring_for)
    # The third page hangs: the worker is killed while it waits for it.
    bank.fail("timeout", path="cursor", seconds=60)
    world.change(Interface, world.interface_id, as_of=FIRST_NIGHT)
    first = start_worker()
    clock.tick(datetime.now(UTC))
    wait_until(lambda: len(held(world)) > 0)
    kill(first)
    Redis.from_url(redis_url).flushall()
    assert held(world) < true_set(bank, link)

    # A minute later: the dead worker's lease has run out, and its doorbell may ring again.
    world.change(Interface, world.interface_id, lease_until=LONG_AGO)
    start_worker()
    clock.tick(datetime.now(UTC))
    wait_until(lambda: world.interface().last_ok_at is not None)

    assert held(world) == true_set(bank, link)
    with database.read() as session:
        outcomes = [
            run.outcome
            for run in session.exec(
                select(SyncRun)
                .where(SyncRun.interface_id == world.interface_id)
                .order_by(SyncRun.id)  # type: ignore[arg-type]
            )
        ]
    # Its business time is long ago, so further nights may have followed at once.
    assert outcomes[:2] == [Outcome.INTERRUPTED, Outcome.OK]
