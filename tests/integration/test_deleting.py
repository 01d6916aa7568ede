"""Deleting an account with its data: shown first, for good, brought back (D-G, R82)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlmodel import SQLModel, col, func, select

from tests.support.feed import add_card, open_feed, registry_of, serve
from tests.support.import_admin import claires_browser, words
from tests.support.report_desk import ReportDesk
from tests.support.scripted_bank import ScriptedBank, purchase
from tests.support.web import Browser
from tests.support.world import World, fates
from webapp.config import Settings
from webapp.storage import support
from webapp.storage.accounts import Account
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.expenses import Category, Expense, Receipt
from webapp.storage.ingest import delivery_lines
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.storage.reports import ReportLine
from webapp.storage.runs import Coverage, Delivery, SyncRun, counts_of
from webapp.storage.whole_files import write_whole

NOW = datetime.now(UTC)
TODAY = NOW.date()
OTHER = "card-2"
SECRET = "CARTE LINGERIE EXEMPLE"


@pytest.fixture
def bank() -> ScriptedBank:
    rows = [purchase(name, -1000 - n, TODAY, memo=SECRET) for n, name in enumerate("abc")]
    return ScriptedBank([*rows, purchase("d", day=TODAY, account_ref=OTHER)])


@pytest.fixture
def feed(app: Flask, demo_database: Database, settings: Settings, bank: ScriptedBank) -> World:
    """Two cards under one interface, synced once; the first is Camille's."""
    registry = registry_of(bank)
    serve(app, registry)
    world = open_feed(demo_database, settings, registry)
    add_card(world, OTHER, "Carte Anna")
    sync_in(world, 1)
    return world


@pytest.fixture
def claire(app: Flask, feed: World) -> Browser:
    """The admin's browser, in English."""
    return claires_browser(app, feed.database)


def sync_in(feed: World, hours: float) -> dict[str, int]:
    moment = NOW + timedelta(hours=hours)
    feed.change(Interface, feed.interface_id, next_due_at=moment)
    return fates(feed.sync_at(moment))


def page_of(feed: World) -> str:
    root = f"/configuration/imports/{feed.entity_id}/interfaces/{feed.interface_id}"
    return f"{root}/accounts/{feed.account_id}"


def shown(claire: Browser, feed: World) -> tuple[str, str]:
    """Return what the page says, and how many transactions it has seen."""
    answer = claire.get(f"{page_of(feed)}/delete")
    found = re.search(r'name="seen" value="(\d+)"', answer.text)
    return words(answer), found[1] if found else ""


def delete(claire: Browser, feed: World, **form: str) -> int:
    _, seen = shown(claire, feed)
    answer = claire.post(f"{page_of(feed)}/delete", {"seen": seen, "sure": "1", **form})
    return answer.status_code


def mine(feed: World) -> dict[str, str]:
    """Return the ids of the card's expenses by the bank's id of their transaction."""
    keys = {one.id: one.external_id or "" for one in feed.transactions()}
    return {
        keys[one.transaction_id]: one.id
        for one in feed.expenses()
        if one.account_id == feed.account_id
    }


def count(feed: World, model: type[SQLModel], **values: str) -> int:
    with feed.database.read() as session:
        query = select(func.count()).select_from(model)
        return session.exec(
            query.where(*(getattr(model, name) == value for name, value in values.items()))
        ).one()


def give_receipt(feed: World, settings: Settings, expense: str) -> Receipt:
    receipt = Receipt(
        legal_entity_id=feed.entity_id,
        expense_id=expense,
        file_name="ticket.pdf",
        media_type="application/pdf",
        size=4,
        sha256="0" * 64,
        uploaded_at=NOW,
    )
    write_whole(settings.folder.files / "receipts" / receipt.id[-2:] / receipt.id, b"%PDF")
    with feed.database.write() as session:
        session.add(receipt)
    return receipt


def submit(feed: World, expense: str) -> str:
    with feed.database.read() as session:
        group = session.get_one(LegalEntity, feed.entity_id).group_id
        category = session.exec(
            select(Category.id).where(Category.group_id == group, ~col(Category.comment_required))
        ).first()
    feed.change(Expense, expense, status="complete", category_id=category)
    return ReportDesk(feed.database).submitted(feed.user_id, expense)


def test_D_G_it_shows_first_what_would_go_and_what_stays(claire: Browser, feed: World) -> None:
    asked = words(claire.get(f"{page_of(feed)}/stop"))
    assert "delete with imported data…" in asked, "other words than the trash icon's"
    text, seen = shown(claire, feed)
    assert "deletes for good what was imported from Carte Camille" in text
    assert (seen, "Transactions 3 from" in text, "Expenses 3" in text) == ("3", True, True)
    assert len(mine(feed)) == 3


def test_D_G_it_goes_for_good_with_files_rows_and_marks(
    claire: Browser, feed: World, settings: Settings
) -> None:
    receipt = give_receipt(feed, settings, mine(feed)["a"])
    assert delete(claire, feed) == 303
    assert mine(feed) == {}
    assert [one.external_id for one in feed.transactions()] == ["d"]
    assert count(feed, Receipt) == count(feed, Coverage, account_id=feed.account_id) == 0
    assert not (settings.folder.files / "receipts" / receipt.id[-2:] / receipt.id).exists()
    account = feed.account()
    assert (account.shared, account.cursor, account.complete_until) == (False, None, None)
    with feed.database.read() as session:
        event = session.exec(select(AuditEvent).order_by(col(AuditEvent.id).desc())).first()
    assert event is not None
    assert (event.action, event.detail["transactions"]) == ("account.forgotten", 3)


def test_D_G_what_was_delivered_forgets_its_rows_and_keeps_the_others(
    claire: Browser, feed: World
) -> None:
    delete(claire, feed)
    with feed.database.read() as session:
        rows = [row for one in session.exec(select(Delivery)) for row in delivery_lines(one)]
    assert [row.get("external_id") for row in rows] == [None, None, None, "d"]
    assert SECRET not in str(rows)


def test_D_P_I7_the_counts_of_its_syncs_still_add_up_and_their_pages_open(
    claire: Browser, feed: World
) -> None:
    delete(claire, feed)
    with feed.database.read() as session:
        run = session.exec(select(SyncRun)).one()
    assert sum(counts_of(run).values()) == run.rows_seen == 4
    page = words(claire.get(f"/accounts/{feed.account_id}/history?run={run.id}"))
    assert page.count("A row deleted on purpose with its account's data") == 3


def test_D_G_what_is_in_a_submitted_report_stays(claire: Browser, feed: World) -> None:
    expense = mine(feed)["b"]
    report = submit(feed, expense)
    text, seen = shown(claire, feed)
    assert seen == "2"
    assert "1 expense in a submitted or approved report stays" in text
    assert delete(claire, feed) == 303
    assert mine(feed) == {"b": expense}
    assert count(feed, ReportLine, report_id=report) == 1


def test_R82_a_later_sync_brings_everything_back_and_doubles_nothing(
    claire: Browser, feed: World
) -> None:
    kept = mine(feed)["b"]
    submit(feed, kept)
    delete(claire, feed)
    assert sync_in(feed, 2) == {"unchanged": 1, "not_shared": 3}
    claire.post(f"{page_of(feed)}/restore")
    # Asked twice, since the marks of the two cards differ now: the bank shows every row again.
    assert sync_in(feed, 3) == {"new": 2, "unchanged": 2, "repeated": 4}
    back = mine(feed)
    assert (sorted(back), back["b"]) == (["a", "b", "c"], kept)
    assert "new" not in sync_in(feed, 4)


def test_D_G_nothing_goes_that_was_not_shown(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    _, seen = shown(claire, feed)
    bank.rows.append(purchase("e", -500, TODAY))
    sync_in(feed, 2)
    answer = claire.post(f"{page_of(feed)}/delete", {"seen": seen, "sure": "1"})
    assert answer.status_code == 409
    assert "Nothing was deleted: the data changed meanwhile" in words(answer)
    assert len(mine(feed)) == 4


def test_D_G_unsure_nothing_goes(claire: Browser, feed: World) -> None:
    assert delete(claire, feed, sure="") == 422
    assert len(mine(feed)) == 3


def test_D_G_pressed_twice_it_deletes_once(claire: Browser, feed: World) -> None:
    _, seen = shown(claire, feed)
    form = {"seen": seen, "sure": "1"}
    answers = [claire.post(f"{page_of(feed)}/delete", form).status_code for _ in range(2)]
    assert answers == [303, 409]
    with feed.database.read() as session:
        assert session.get_one(Account, feed.account_id).stopped_at is not None


def test_D_G_deleted_rows_explain_no_day_any_more(
    claire: Browser, feed: World, bank: ScriptedBank
) -> None:
    """They have lost their day: support must not be told of rows before the floor on every day."""
    feed.change(Account, feed.account_id, import_from=TODAY - timedelta(days=9))
    bank.rows.append(purchase("old", -100, TODAY - timedelta(days=20)))
    sync_in(feed, 2)
    with feed.database.read() as session:
        assert support.not_taken(session, feed.account())
    delete(claire, feed)
    with feed.database.read() as session:
        assert support.not_taken(session, feed.account()) == []
