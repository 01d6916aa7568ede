"""Migrations keep what is in the tables, up and down, on both databases."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import inspect, text
from sqlmodel import SQLModel, func, select

from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.world import World, fates, make_world
from webapp.domain.by_hand import Entry
from webapp.domain.expenses import ExpenseStatus, NotExpenseReason
from webapp.storage import by_hand, migrate
from webapp.storage.database import Database
from webapp.storage.expenses import Expense, Receipt
from webapp.storage.reporting import Doer
from webapp.storage.reports import Report, ReportLine
from webapp.storage.transactions import BankTransaction

NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)


@pytest.fixture
def world(database: Database) -> World:
    """Two expenses: one with a receipt and in a report, one that is not an expense."""
    bank = ScriptedBank([purchase("a", day=date(2026, 3, 18)), purchase("b", -900)])
    world = make_world(database, bank.connector())
    assert fates(world.sync(date(2026, 3, 19))) == {"new": 2}
    first, second = world.expenses()
    with database.write() as session:
        report = Report(
            user_id=world.user_id,
            legal_entity_id=world.entity_id,
            month=date(2026, 3, 1),
            created_at=NOW,
        )
        session.add(report)
        session.flush()
        session.add_all(
            [
                ReportLine(expense_id=first.id, report_id=report.id),
                Receipt(
                    legal_entity_id=world.entity_id,
                    expense_id=first.id,
                    file_name="ticket.pdf",
                    media_type="application/pdf",
                    size=4,
                    sha256="0" * 64,
                    uploaded_at=NOW,
                ),
            ]
        )
    world.change(
        Expense,
        second.id,
        status=ExpenseStatus.NOT_EXPENSE,
        not_expense_reason=NotExpenseReason.PRIVATE,
    )
    return world


@pytest.mark.parametrize("revision", ["0011", "0008"])
def test_what_was_entered_by_hand_outlives_an_older_version(world: World, revision: str) -> None:
    with world.database.write() as session:
        by = Doer(world.user_id, frozenset({world.entity_id}), frozenset(), NOW)
        entry = Entry(world.account_id, date(2026, 3, 19), 3100, "EUR", "Taxi")
        expense_id = by_hand.enter(session, by, entry)
    url = world.database.engine.url.render_as_string(hide_password=False)
    world.database.dispose()
    migrate.downgrade(url, revision)
    migrate.upgrade(url)
    with world.database.read() as session:
        assert session.get_one(Expense, expense_id).day == date(2026, 3, 19)


def counts(database: Database) -> dict[str, int]:
    models: list[type[SQLModel]] = [BankTransaction, Expense, Receipt, Report, ReportLine]
    with database.read() as session:
        return {
            model.__name__: session.exec(select(func.count()).select_from(model)).one()
            for model in models
        }


@pytest.mark.parametrize("revision", ["0011", "0008", "0007", "0006", "0005", "0004"])
def test_a_migration_down_and_up_again_keeps_every_row(world: World, revision: str) -> None:
    before = counts(world.database)
    url = world.database.engine.url.render_as_string(hide_password=False)
    world.database.dispose()
    migrate.downgrade(url, revision)
    with world.database.engine.connect() as connection:
        kept = connection.execute(text("SELECT count(*) FROM receipt")).scalar_one()
        assert kept == 1
        assert inspect(connection).has_table("report_line")
    world.database.dispose()
    migrate.upgrade(url)
    assert counts(world.database) == before
    assert migrate.check(url) == []
