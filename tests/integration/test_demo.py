"""The demo: two customers to play with, never mixed into real data."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from sqlmodel import SQLModel, col, func, select

import cardsync_files
from cardsync_sdk.registry import Registry, load_connector
from tests.support.web import Browser
from webapp import demo
from webapp.app import create_app
from webapp.config import Settings
from webapp.demo.cast import FAURE, GIRARD, PASSWORD
from webapp.demo.history import give_past, tell_more
from webapp.domain.people import Right, Role
from webapp.storage import founding, links, people
from webapp.storage.database import Database
from webapp.storage.expenses import Category, Expense
from webapp.storage.people import Group, LegalEntity, RoleGrant, User
from webapp.storage.questions import Question
from webapp.storage.secrets import SecretBox
from webapp.storage.transactions import BankTransaction
from webapp.sync.job import Engine


def count(database: Database, table: type[SQLModel]) -> int:
    with database.read() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_a_group_with_three_entities_and_twelve_people_and_a_household(
    demo_database: Database,
) -> None:
    with demo_database.read() as session:
        entities = session.exec(select(LegalEntity)).all()
        users = session.exec(select(User)).all()
        groups = {row.id: row.name for row in session.exec(select(Group))}

    of = [(groups[entity.group_id], entity.country, entity.household) for entity in entities]
    assert sorted(of) == [
        ("Famille Girard", "FR", True),
        ("Groupe Faure", "BE", False),
        ("Groupe Faure", "FR", False),
        ("Groupe Faure", "FR", False),
    ]
    assert len([user for user in users if groups.get(user.group_id or "") == "Groupe Faure"]) == 12
    assert len([user for user in users if groups.get(user.group_id or "") == "Famille Girard"]) == 2


def test_every_role_is_played(demo_database: Database) -> None:
    with demo_database.read() as session:
        assert set(session.exec(select(RoleGrant.role))) == {role.value for role in Role}


@pytest.mark.parametrize(
    ("email", "configures"),
    [
        (
            "claire@faure.example",
            {"Faure Conseil SAS", "Faure Logistique SARL", "Faure Benelux SRL"},
        ),
        ("thomas@faure.example", {"Faure Logistique SARL"}),
        ("camille@faure.example", set()),
        ("elodie@girard.example", {"Famille Girard"}),
        ("support@cardsync.example", set()),
    ],
)
def test_each_person_reaches_what_their_role_says(
    demo_database: Database, email: str, configures: set[str]
) -> None:
    with demo_database.read() as session:
        user = people.user_by_email(session, email)
        assert user is not None
        scope = people.scope_of(session, user)
        names = {e.name for e in people.legal_entities(session, scope.entities(Right.CONFIGURE))}

    assert names == configures


def test_everybody_can_hold_expenses_where_they_work(demo_database: Database) -> None:
    with demo_database.read() as session:
        found = session.exec(select(LegalEntity).where(LegalEntity.name == "Faure Benelux SRL"))
        held = [user.name for user in people.employees_of(session, found.one().id)]

    assert held == ["Anna De Smet", "Claire Fontaine", "Luc Vermeulen", "Philippe Garnier"]


def test_categories_have_names_in_both_languages_and_a_ledger_account(
    demo_database: Database,
) -> None:
    with demo_database.read() as session:
        company = session.exec(
            select(Category).join(Group).where(Group.name == "Groupe Faure")
        ).all()

    assert len(company) == len(FAURE.categories) >= 12
    assert all(row.name_fr and row.name_en and row.ledger_account for row in company)
    assert len({row.position for row in company}) == len(company)


def test_seeding_again_changes_nothing(demo_database: Database, settings: Settings) -> None:
    before = count(demo_database, User)

    assert demo.seed(demo_database, settings) is False
    assert count(demo_database, User) == before


def test_real_data_is_never_mixed_with_the_demo(database: Database, settings: Settings) -> None:
    with database.write() as session:
        founding.add_group(session, "A real customer", (), datetime.now(UTC))

    assert demo.seed(database, settings) is False
    assert count(database, User) == 0


def test_no_expense_is_made_by_hand(demo_database: Database) -> None:
    """What people spent comes in through the engine only (D-Q)."""
    assert count(demo_database, Expense) == 0


def test_every_printed_login_works(demo_database: Database, settings: Settings) -> None:
    app = create_app(settings, database=demo_database)
    lines = "\n".join(demo.first_steps())

    assert PASSWORD in lines
    assert len(demo.LOGINS) >= 7
    for email, about in demo.LOGINS:
        assert email in lines
        assert about in lines
        assert Browser(app).log_in(email).status_code == 303


def test_the_practice_bank_is_where_it_was_started_last(
    demo_database: Database, settings: Settings
) -> None:
    for port in (8091, 8092):
        demo.use_sandbox(demo_database, settings, "budget-insight", f"http://127.0.0.1:{port}")

    box = SecretBox({key.id: key.key for key in settings.master_keys})
    with demo_database.read() as session:
        stored = links.load_settings(session, box, "budget_insight")
    assert urlsplit(stored["base_url"]).port == 8092


def test_the_household_asks_for_no_receipts_and_has_its_own_categories(
    demo_database: Database,
) -> None:
    with demo_database.read() as session:
        home = session.exec(select(LegalEntity).where(LegalEntity.household)).one()
        codes = session.exec(select(Category.code).where(Category.group_id == home.group_id)).all()

    assert home.receipt_from_minor is None
    assert set(codes) == {category.code for category in GIRARD.categories}


def test_the_demo_shows_a_question_to_answer_and_a_refund_of_its_purchase(
    demo_database: Database, settings: Settings
) -> None:
    """I11, D-L: what the engine does is there to be seen, told by the engine itself."""
    registry = Registry({"files": load_connector(cardsync_files)})
    box = SecretBox({key.id: key.key for key in settings.master_keys})
    engine = Engine(demo_database, registry, box)
    now = datetime.now(UTC)
    give_past(engine, settings.folder.uploads, now)
    tell_more(engine, settings.folder.uploads, now)
    with demo_database.read() as session:
        (question,) = session.exec(select(Question)).all()
        refunds = session.exec(
            select(BankTransaction).where(col(BankTransaction.refund_of).is_not(None))
        ).all()
        asked = session.get_one(BankTransaction, question.first_id)

    assert (question.doubt, question.answer, asked.status) == ("by_hand", None, "entered")
    assert [(one.label, one.amount_minor) for one in refunds] == [("SNCF Connect", 4_200)]
