"""An admin plans a sync backwards, reads what goes and what stays, and undoes it (I3).

With and without JavaScript, at a desk and on a phone, in both themes.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, select

from webapp.demo.history import give_past
from webapp.storage.expenses import Expense
from webapp.storage.people import User
from webapp.storage.runs import SyncRun
from webapp.storage.transactions import BankTransaction
from webapp.sync.job import Engine
from webapp.views.services import EXTENSION

PHONE = {"viewport": {"width": 360, "height": 740}}


@pytest.fixture
def worked(installation: Any) -> tuple[str, str, str]:
    """Have Camille comment one purchase of her statement; returns account, run and expense."""
    parts = installation.app.extensions[EXTENSION]
    engine = Engine(installation.database, parts.registry, parts.secrets)
    give_past(engine, installation.settings.folder.files, datetime.now(UTC))
    with installation.database.write() as session:
        query = (
            select(BankTransaction, Expense)
            .join(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
            .join(User, col(User.id) == col(Expense.user_id))
            .where(User.email == "camille@faure.example", BankTransaction.status == "booked")
            .order_by(col(BankTransaction.day))
        )
        row, expense = session.exec(query.limit(1)).one()
        expense.comment, expense.version = "Video calls with clients", expense.version + 1
        session.add(expense)
        return row.account_id, str(row.first_run_id), expense.id


@pytest.mark.parametrize(
    ("script", "options"),
    [
        pytest.param(True, {}, id="desk"),
        pytest.param(True, PHONE, id="phone"),
        pytest.param(False, {"color_scheme": "dark", **PHONE}, id="phone without JavaScript"),
    ],
)
def test_I3_planned_backwards_and_undone_without_touching_what_people_did(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, str], None],
    looks_well: Callable[[Page], None],
    installation: Any,
    worked: tuple[str, str, str],
    script: bool,
    options: dict[str, Any],
) -> None:
    account, run, expense = worked
    page = open_page(java_script_enabled=script, **options)
    log_in(page, "claire@faure.example")
    page.get_by_role("button", name="EN").click()
    page.goto(f"/accounts/{account}/history?run={run}")
    main = page.locator("main")
    main.get_by_role("link", name="Plan backwards").click()
    expect(main).to_contain_text("11 transactions go")
    expect(main).to_contain_text("1 transaction stays")
    expect(main).to_contain_text("These stay: Somebody worked on the expense")
    looks_well(page)
    main.get_by_label("Why?").fill("The statement is of another card")
    main.get_by_role("button", name="Undo this sync").click()
    expect(page.locator("#announcements")).to_contain_text("The sync is undone")
    expect(main).to_contain_text("Hand in the statement file again")
    looks_well(page)
    with installation.database.read() as session:
        told = session.exec(
            select(Expense)
            .join(BankTransaction, col(BankTransaction.id) == col(Expense.transaction_id))
            .where(BankTransaction.account_id == account, BankTransaction.status == "booked")
        ).all()
        undone = session.get_one(SyncRun, run).undone_at
    assert [(one.id, one.comment) for one in told] == [(expense, "Video calls with clients")]
    assert undone is not None
