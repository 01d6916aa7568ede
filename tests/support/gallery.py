"""A demo installation in which much has happened, and one address of every page that shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlmodel import Session, col, select

from cardsync_sdk.errors import SourceUnavailable
from cardsync_sdk.registry import Registry
from tests.support.feed import add_card, nights, open_feed, registry_of, serve
from tests.support.report_desk import ReportDesk
from tests.support.scripted_bank import CARD, ScriptedBank, purchase
from tests.support.world import World
from webapp.config import Settings
from webapp.demo.history import give_past
from webapp.domain.life import EventKind
from webapp.domain.people import Right
from webapp.storage.balances import AccountBalance
from webapp.storage.database import Database
from webapp.storage.expenses import Category, Expense
from webapp.storage.people import LegalEntity
from webapp.storage.questions import Question
from webapp.storage.reports import Report
from webapp.storage.runs import Coverage, SyncRun
from webapp.storage.transactions import BankTransaction, TransactionEvent
from webapp.sync.job import Engine
from webapp.views.access import policy_of
from webapp.views.services import EXTENSION

CLAIRE, CAMILLE, SOPHIE = (f"{name}@faure.example" for name in ("claire", "camille", "sophie"))
SUPPORT = "support@cardsync.example"
WHO = {
    Right.CONFIGURE: CLAIRE,
    Right.OWN_EXPENSES: CAMILLE,
    Right.APPROVE: SOPHIE,
    Right.INSPECT: SUPPORT,
    None: CLAIRE,
}
# What a GET answers besides pages: files, a health check, parts of a page, ways on to a page.
NOT_PAGES = {
    "static",
    "health.show",
    "receipts.show",
    "home.show",
    "imports.configuration",
    "imports.link_return",
    "imports.standing",
}
TODAY = datetime.now(UTC).date()
SHOPS = (
    ("Boulangerie Martin", -340),
    ("SNCF Connect", -8650),
    ("Hôtel du Parc", -14_200),
    ("Total Access", -6130),
    ("Café de la Gare", -920),
    ("Papeterie Dupuis", -2475),
)


@dataclass(frozen=True)
class Stop:
    """A page to look at: its route, one address of it, and who looks (nobody: logged out)."""

    endpoint: str
    path: str
    email: str | None


def rows(today: date) -> Iterator[tuple[str, str, int, date]]:
    """Give what the feed's two cards spent: ref, shop, minor units, day."""
    for number in range(24):
        shop, cents = SHOPS[number % len(SHOPS)]
        yield (
            CARD if number % 3 else "card-2",
            shop,
            cents - 10 * number,
            today - timedelta(days=1 + number),
        )


def stage(app: Flask, database: Database, settings: Settings) -> World:
    """Give the demo a past, a bank that fails sometimes, a card that waits, and reports."""
    bank = ScriptedBank(
        [
            purchase(
                f"g{number}",
                cents,
                day,
                account_ref=ref,
                label=shop,
                memo=f"CARTE {day:%d/%m} {shop.upper()}",
            )
            for number, (ref, shop, cents, day) in enumerate(rows(TODAY))
        ]
    )
    registry = registry_of(bank)
    folder: Path = settings.folder.uploads
    world = open_feed(database, settings, registry)
    give_past(Engine(database, registry, world.engine.secrets), folder, datetime.now(UTC))
    installed = app.extensions[EXTENSION].registry
    serve(app, Registry({**installed.connectors, **registry.connectors}, installed.broken))
    add_card(world, "card-2", "Carte sans porteur")
    nights(world, [TODAY - timedelta(days=days) for days in range(12, 4, -1)])
    bank.before_page = _fail
    nights(world, [TODAY - timedelta(days=4)])
    bank.before_page = lambda _page: None
    nights(world, [TODAY - timedelta(days=days) for days in range(3, 0, -1)])
    _report(world)
    _question(world)
    _ledger(world)
    return world


def _fail(_page: int) -> None:
    raise SourceUnavailable("the bank is closed for maintenance")


def _ledger(world: World) -> None:
    """Have days be missing, a balance differ, and one operation have lived through something."""
    with world.database.write() as session:
        covered = select(Coverage).where(Coverage.account_id == world.account_id)
        rows = session.exec(covered.order_by(col(Coverage.last_on))).all()
        for number, row in enumerate(rows):
            row.first_on = TODAY - timedelta(days=9 if number else 75)
            row.last_on = max(row.first_on, row.last_on) if number else TODAY - timedelta(days=13)
        for on, minor in ((12, 500_000), (4, 480_000), (2, 476_850)):
            told_at = datetime.now(UTC) - timedelta(days=on)
            session.add(
                AccountBalance(
                    account_id=world.account_id,
                    on_day=told_at.date(),
                    run_id=rows[0].run_id,
                    balance_minor=minor,
                    currency="EUR",
                    told_at=told_at,
                )
            )
        one = session.get_one(BankTransaction, _ids(world)["transaction_id"])
        for kind, before in (
            (EventKind.BOOKED, {"status": "announced", "amount_minor": one.amount_minor - 1500}),
            (EventKind.CHANGED, {"memo": "CARTE EN COURS", "purchased_on": None}),
        ):
            session.add(
                TransactionEvent(
                    transaction_id=one.id,
                    run_id=one.first_run_id,
                    at=datetime.now(UTC),
                    kind=kind.value,
                    before=before,
                )
            )


def _report(world: World) -> None:
    """Complete some of Camille's expenses: one month submitted, one still open."""
    with world.database.write() as session:
        group = session.get_one(LegalEntity, world.entity_id).group_id
        category = session.exec(
            select(Category.id).where(Category.group_id == group, ~col(Category.comment_required))
        ).first()
        done = _small(session, world.user_id)
        for expense in done:
            expense.status, expense.category_id = "complete", category
            session.add(expense)
        ids = [(expense.day.replace(day=1), expense.id) for expense in done]
    desk = ReportDesk(world.database)
    for month in sorted({month for month, _ in ids})[:-1]:
        desk.submitted(world.user_id, *(one for on, one in ids if on == month))
    newest = max(month for month, _ in ids)
    desk.put_in(world.user_id, *(one for on, one in ids if on == newest))


def _question(world: World) -> None:
    """Have it be asked whether Camille's two newest transactions are one purchase."""
    with world.database.write() as session:
        query = select(BankTransaction).where(BankTransaction.account_id == world.account_id)
        newest = session.exec(query.order_by(col(BankTransaction.day).desc()).limit(2)).all()
        session.add(
            Question(
                legal_entity_id=world.entity_id,
                account_id=world.account_id,
                kind="same_purchase",
                doubt="amount_differs",
                first_id=newest[1].id,
                second_id=newest[0].id,
                asked_at=datetime.now(UTC),
            )
        )


def _small(session: Session, user_id: str) -> list[Expense]:
    """Return expenses of a person for which no receipt is asked."""
    query = (
        select(Expense)
        .join(BankTransaction, col(BankTransaction.id) == col(Expense.transaction_id))
        .where(
            Expense.user_id == user_id,
            col(BankTransaction.amount_minor).between(-1_900, -1),
            col(BankTransaction.status) == "booked",
        )
    )
    return list(session.exec(query))


def stops(app: Flask, world: World) -> list[Stop]:
    """Return one address of every page, and the addresses that show more of some."""
    ids = _ids(world)
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        policy = policy_of(app, rule.endpoint)
        if "GET" not in (rule.methods or ()) or rule.endpoint in NOT_PAGES or policy is None:
            continue
        unknown = rule.arguments - set(ids)
        assert not unknown, (
            f"{rule.rule} has the parameter {', '.join(sorted(unknown))}: give one such id in "
            "_ids of tests/support/gallery.py, or name the route in NOT_PAGES."
        )
        values = {name: ids[name] for name in rule.arguments}
        path = adapter.build(rule.endpoint, values, force_external=False)
        found.append(Stop(rule.endpoint, path, WHO[policy.right] if policy.signed_in else None))
    history = f"/accounts/{ids['account_id']}/history?run={ids['run_id']}"
    operations = f"/accounts/{ids['account_id']}/operations"
    return [
        *found,
        Stop("history.run", history, CLAIRE),
        Stop("history.operations_of_admin", operations, CLAIRE),
        Stop("undoing.plan", f"/runs/{_statement(world)}/undo", CLAIRE),
    ]


def _statement(world: World) -> str:
    """Return the sync of a statement with whose rows people have worked."""
    with world.database.read() as session:
        query = (
            select(BankTransaction.first_run_id)
            .join(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
            .join(SyncRun, col(SyncRun.id) == col(BankTransaction.first_run_id))
            .where(SyncRun.trigger == "file", Expense.user_id == world.user_id)
        )
        return session.exec(query.limit(1)).one() or ""


def _ids(world: World) -> dict[str, str]:
    """Return one id of each kind that addresses name, all of what the stage shows."""
    with world.database.read() as session:
        mine = select(Expense.id).where(
            Expense.user_id == world.user_id, Expense.status == "to_complete"
        )
        entered = (
            select(Expense.id)
            .join(BankTransaction, col(BankTransaction.id) == col(Expense.transaction_id))
            .where(BankTransaction.status == "entered")
        )
        report = select(Report.id).where(Report.user_id == world.user_id)
        runs = select(SyncRun.id).where(SyncRun.interface_id == world.interface_id)
        question = select(Question.id).where(Question.legal_entity_id == world.entity_id)
        return {
            "question_id": session.exec(question).first() or "",
            "token": "no-such-link",
            "entity_id": world.entity_id,
            "interface_id": world.interface_id,
            "account_id": world.account_id,
            "expense_id": session.exec(mine.order_by(col(Expense.day).desc())).first() or "",
            "entry_id": session.exec(entered).first() or "",
            "report_id": session.exec(report.where(Report.status == "draft")).first() or "",
            "submitted_id": session.exec(report.where(Report.status == "submitted")).first() or "",
            "transaction_id": session.exec(
                select(BankTransaction.id).where(BankTransaction.account_id == world.account_id)
            ).first()
            or "",
            "user_id": world.user_id,
            "slug": "where-is-my-purchase",
            "run_id": session.exec(runs.order_by(col(SyncRun.id))).first() or "",
        }
