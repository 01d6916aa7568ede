"""An admin is asked whether two operations are one purchase, answers, and takes it back (I11).

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
from webapp.storage.questions import Question
from webapp.storage.transactions import BankTransaction
from webapp.sync.job import Engine
from webapp.views.services import EXTENSION

PHONE = {"viewport": {"width": 360, "height": 740}}


@pytest.fixture
def pair(installation: Any) -> tuple[str, str]:
    """Have it be asked whether two of Camille's transactions are one purchase."""
    parts = installation.app.extensions[EXTENSION]
    engine = Engine(installation.database, parts.registry, parts.secrets)
    give_past(engine, installation.settings.folder.files, datetime.now(UTC))
    with installation.database.write() as session:
        query = (
            select(BankTransaction)
            .join(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
            .join(User, col(User.id) == col(Expense.user_id))
            .where(
                User.email == "camille@faure.example",
                BankTransaction.status == "booked",
                col(Expense.locked_at).is_(None),
            )
            .order_by(col(BankTransaction.day).desc())
        )
        first = session.exec(query.limit(1)).one()
        second = session.exec(
            query.where(
                BankTransaction.account_id == first.account_id, BankTransaction.id != first.id
            ).limit(1)
        ).one()
        second.amount_minor, second.currency = first.amount_minor, first.currency
        session.add(
            Question(
                legal_entity_id=first.legal_entity_id,
                account_id=first.account_id,
                kind="same_purchase",
                doubt="wording_differs",
                first_id=first.id,
                second_id=second.id,
                asked_at=datetime.now(UTC),
            )
        )
        return first.id, second.id


@pytest.mark.parametrize(
    ("script", "options"),
    [
        pytest.param(True, {}, id="desk"),
        pytest.param(False, {"color_scheme": "dark", **PHONE}, id="phone without JavaScript"),
    ],
)
def test_I11_answered_and_taken_back(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, str], None],
    looks_well: Callable[[Page], None],
    installation: Any,
    pair: tuple[str, str],
    script: bool,
    options: dict[str, Any],
) -> None:
    page = open_page(java_script_enabled=script, **options)
    log_in(page, "claire@faure.example")
    page.get_by_role("button", name="EN").click()
    page.get_by_role("complementary", name="Questions put to you").get_by_role(
        "link", name="To the questions"
    ).click()
    main = page.locator("main")
    main.locator(".row__link").click()
    expect(main).to_contain_text("Banks change their wording")
    expect(main.get_by_text("differs").first).to_be_visible()
    if script:
        looks_well(page)
    main.get_by_role("button", name="One purchase").click()
    expect(page.locator("#announcements")).to_contain_text("Answered: One purchase.")
    expect(main).to_contain_text("Nothing to decide")
    assert status_of(installation, pair[1]) == "duplicate"
    if script:
        looks_well(page)
    main.locator(".row__link").click()
    main.get_by_role("button", name="Take back: two purchases").click()
    expect(page.locator("#announcements")).to_contain_text("They are two purchases again.")
    assert status_of(installation, pair[1]) == "booked"
    with installation.database.read() as session:
        expenses = session.exec(select(Expense).where(col(Expense.transaction_id).in_(pair))).all()
    assert len(expenses) == 2


def test_A29_merged_by_hand(
    open_page: Callable[..., Page],
    log_in: Callable[[Page, str], None],
    looks_well: Callable[[Page], None],
    installation: Any,
    pair: tuple[str, str],
) -> None:
    page = open_page(**PHONE)
    log_in(page, "claire@faure.example")
    page.get_by_role("button", name="EN").click()
    with installation.database.read() as session:
        account = session.get_one(BankTransaction, pair[0]).account_id
    page.goto(f"/accounts/{account}/operations/{pair[0]}")
    page.get_by_role("link", name="Same purchase as").click()
    main = page.locator("main")
    looks_well(page)
    main.locator(f"a[href*='{pair[1]}']").click()
    expect(main).to_contain_text("However often the bank shows both, they stay one.")
    looks_well(page)
    main.get_by_role("button", name="One purchase").click()
    expect(page.locator("#announcements")).to_contain_text("They are one purchase now.")
    assert status_of(installation, pair[1]) == "duplicate"


def status_of(installation: Any, row: str) -> str:
    with installation.database.read() as session:
        return str(session.get_one(BankTransaction, row).status)
