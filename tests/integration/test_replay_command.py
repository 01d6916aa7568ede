"""``cardsync replay``: what is stored is delivered once more and compared (I6), files and all."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlmodel import Session, col, select

from cardsync_sdk.registry import discover
from tests.support.practice_bank import practice_bank
from webapp import demo
from webapp.cli import cli
from webapp.config import load_settings
from webapp.demo.history import give_past
from webapp.storage import links
from webapp.storage.accounts import Account
from webapp.storage.database import Database
from webapp.storage.forgetting import imported
from webapp.storage.people import LegalEntity, User
from webapp.storage.runs import Delivery
from webapp.storage.secrets import SecretBox
from webapp.storage.transactions import BankTransaction
from webapp.sync.attaching import Saver
from webapp.sync.job import Engine
from webapp.sync.run import sync_interface
from webapp.sync.sharing import Sharer, store_share
from webapp.sync.stopping import delete_imported

DAY = timedelta(days=1)


@pytest.fixture
def at_home(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Point the commands to the test's database and an instance folder of their own."""
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("CARDSYNC_INSTANCE", str(tmp_path / "instance"))
    return database


@pytest.fixture
def demo_synced(at_home: Database, tmp_path: Path) -> Engine:
    """The demo with its past, and a bank connected to it that was synced for some nights."""
    settings = load_settings()
    box = SecretBox({key.id: key.key for key in settings.master_keys})
    demo.seed(at_home, settings)
    engine = Engine(at_home, discover(), box)
    now = datetime(2026, 3, 17, 9, tzinfo=UTC)
    give_past(engine, settings.folder.uploads, now)
    with practice_bank(tmp_path / "bank") as bank:
        link = bank.connect()
        with at_home.write() as session:
            links.store_settings(session, box, "budget_insight", bank.settings.values, now)
            entity = session.exec(select(LegalEntity).order_by(col(LegalEntity.id))).first()
            assert entity is not None
            by = Sharer(session, box, bank.connector.info, entity, _admin(session), now)
            share = store_share(by, link, bank.accounts(link))
        for night in range(1, 4):
            bank.tick()
            sync_interface(engine, share.interface_id, owner="test", now=now + night * DAY)
    return engine


def _admin(session: Session) -> str:
    return session.exec(select(User.id).order_by(col(User.email))).first() or ""


def run(*arguments: str) -> Result:
    """Run ``cardsync`` with ``arguments`` in this process."""
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_the_demo_replays_clean_and_through_files_too(demo_synced: Engine, tmp_path: Path) -> None:
    said = run("replay", "--json")
    assert said.exit_code == 0, said.output
    done = json.loads(said.stdout)
    assert (done["differences"], done["notes"]) == ([], [])
    assert done["runs"] > 3 and sum(one["here"] for one in done["accounts"]) > 20
    assert run("replay", "--to", str(tmp_path / "out")).exit_code == 0
    files = sorted((tmp_path / "out").glob("*.jsonl"), reverse=True)
    assert len(files) == done["runs"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    again = run("replay", "--json", *_from([*files, files[0]]))
    assert json.loads(again.stdout) == done
    printed = run("replay", *_from(files[1:] + files[:1]))
    assert "Nothing differs." in printed.output


def _from(files: Sequence[Path]) -> list[str]:
    return [word for file in files for word in ("--from", str(file))]


def test_what_differs_is_shown_with_both_values(demo_synced: Engine) -> None:
    database = demo_synced.database
    with database.write() as session:
        row = session.exec(
            select(BankTransaction).where(BankTransaction.status == "booked")
        ).first()
        assert row is not None
        entity_id, amount = row.legal_entity_id, row.amount_minor
        row.amount_minor -= 1
        session.add(row)
    said = run("replay", "--entity", entity_id)
    assert said.exit_code == 1
    assert f"amount_minor: here {amount - 1}, replayed {amount}" in said.output
    assert "1 differences." in said.output
    assert run("replay", "--entity", "nobody").exit_code == 1


def test_a_stored_delivery_that_was_altered_is_not_replayed(demo_synced: Engine) -> None:
    with demo_synced.database.write() as session:
        delivery = session.exec(select(Delivery)).first()
        assert delivery is not None
        delivery.sha256 = "0" * 64
        session.add(delivery)
    said = run("replay")
    assert said.exit_code == 1
    assert f"{delivery.run_id}/{delivery.number} was altered" in said.stderr


def test_R82_what_was_deleted_on_purpose_stays_deleted(demo_synced: Engine, tmp_path: Path) -> None:
    database = demo_synced.database
    with database.write() as session:
        account = session.exec(
            select(Account)
            .join(BankTransaction, col(BankTransaction.account_id) == col(Account.id))
            .where(BankTransaction.status == "booked")
        ).first()
        assert account is not None
        entity = session.get_one(LegalEntity, account.legal_entity_id)
        by = Saver(session, entity, _admin(session), datetime(2026, 3, 21, tzinfo=UTC))
        seen = imported(session, account.id).transactions
        assert delete_imported(by, account.interface_id, account.id, seen=seen) is not None
    said = json.loads(run("replay", "--json").stdout)
    assert said["differences"] == []
