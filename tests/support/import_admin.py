"""An admin at work on the configuration of imports, in the browser, with eyes into the database."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import unescape
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from sqlmodel import col, select
from werkzeug.test import TestResponse

from cardsync_sdk import AccountKind, FetchedTransaction, Money
from cardsync_sdk.interchange import to_line
from tests.support.scripted_partner import ScriptedPartner, card
from tests.support.web import Browser
from webapp.storage import logins
from webapp.storage.accounts import Account, Attachment
from webapp.storage.database import Database
from webapp.storage.expenses import Expense
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity, User
from webapp.sync.files import StatementFile, import_file
from webapp.sync.job import Engine
from webapp.views.services import EXTENSION, Services

IBAN = "FR7630006000011234567890189"


def five_accounts() -> ScriptedPartner:
    """Return a partner with one bank: two accounts and three cards, four of the five shared."""
    listed = (
        card("a1", kind=AccountKind.ACCOUNT, iban=IBAN, name="Compte principal"),
        card("a2", kind=AccountKind.ACCOUNT, name="Compte caché", shared=False),
        card("c1", name="Carte Hugo", number_masked="**** 1234", holder_name="M HUGO PETIT"),
        card("c2", name="Carte Camille"),
        card("c3", name="Carte Anna"),
    )
    return ScriptedPartner({"310": ("Sogécarte Net", listed)})


@dataclass
class Admin:
    """An admin's browser in one legal entity, with eyes into the database."""

    browser: Browser
    database: Database
    entity_id: str

    @property
    def home(self) -> str:
        """Where the entity's interfaces are listed."""
        return f"/configuration/imports/{self.entity_id}"

    def begin(self) -> dict[str, str]:
        """Press the button and return what the partner's page is handed."""
        answer = self.browser.post(f"{self.home}/connect", {"connector": "partner"})
        assert answer.status_code == 303, answer.text
        query = parse_qs(urlsplit(answer.location).query)
        return {name: values[0] for name, values in query.items()}

    def come_back(self, state: str, **params: str) -> TestResponse:
        """Arrive with this state."""
        return self.browser.get("/link/return", query_string={"state": state, **params})

    def connect(self) -> str:
        """Go there and back; returns the address of the new interface's page."""
        answer = self.come_back(self.begin()["state"])
        assert answer.status_code == 303, answer.text
        assert answer.location.endswith("/settings"), "what is imported is asked first"
        return answer.location.removesuffix("/settings")

    def account(self, ref: str) -> Account:
        """An account by the partner's ref."""
        with self.database.read() as session:
            return session.exec(select(Account).where(Account.external_ref == ref)).one()

    def fields(self, ref: str, holder: str = "", mode: str = "", **more: str) -> dict[str, str]:
        """Fill in the row of one account."""
        key = self.account(ref).id
        row = {"holder": holder, "mode": mode, **more}
        return {f"{name}-{key}": value for name, value in row.items() if value or name == "holder"}

    def user(self, email: str) -> str:
        """A person's id."""
        with self.database.read() as session:
            return session.exec(select(User.id).where(User.email == email)).one()

    def expenses(self) -> dict[date, str]:
        """Whose expenses there are, by day."""
        with self.database.read() as session:
            rows = session.exec(
                select(Expense.day, User.name).join(User, col(User.id) == col(Expense.user_id))
            )
            return dict(rows.all())

    def holders(self) -> dict[str, str]:
        """Who holds what now, by account name."""
        with self.database.read() as session:
            rows = session.exec(
                select(Account.name, User.name)
                .join(Attachment, col(Attachment.account_id) == col(Account.id))
                .join(User, col(User.id) == col(Attachment.user_id))
                .where(col(Attachment.ends_on).is_(None))
            )
            return dict(rows.all())


def entity_named(database: Database, name: str) -> str:
    """Return the id of a legal entity."""
    with database.read() as session:
        return session.exec(select(LegalEntity.id).where(LegalEntity.name == name)).one()


def claires_browser(app: Flask, database: Database) -> Browser:
    """Open a browser in which the admin of the group is logged in already."""
    with database.write() as session:
        user = session.exec(select(User).where(User.email == "claire@faure.example")).one()
        user.locale = "en"
        token = logins.begin(session, user, now=datetime.now(UTC), user_agent="test")
    browser = Browser(app)
    browser.client.set_cookie("cardsync-login", token)
    return browser


def words(answer: TestResponse) -> str:
    """Return what a page says, without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def link_of(answer: TestResponse, label: str) -> str:
    """Return the address of the link with this visible label."""
    for address, inner in re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', answer.text, re.S):
        if re.sub(r"<[^>]+>", "", inner).strip() == label:
            return str(address)
    raise AssertionError(f"no link {label} in {words(answer)}")


def change(database: Database, interface_id: str, **values: object) -> None:
    """Set columns of an interface, as a sync or another person would."""
    with database.write() as session:
        row = session.get_one(Interface, interface_id)
        for name, value in values.items():
            setattr(row, name, value)


def hand_in(claire: Admin, app: Flask, ref: str, *rows: tuple[date, int]) -> None:
    """Hand a statement in for an account: a day and an amount in cents for each line."""
    parts: Services = app.extensions[EXTENSION]
    lines = "\n".join(
        to_line(
            FetchedTransaction(
                account_ref=ref,
                amount=Money(cents, "EUR"),
                memo=f"CARTE {day:%d/%m} CAFE {number}",
                label=f"Café {number}",
                purchased_on=day,
            )
        )
        for number, (day, cents) in enumerate(rows, 1)
    )
    engine = Engine(parts.database, parts.registry, parts.secrets)
    file = StatementFile("waiting.jsonl", lines.encode(), everything=True)
    folder = parts.settings.folder.files
    result = import_file(
        engine, folder, claire.account(ref).id, file, owner="test", now=datetime.now(UTC)
    )
    assert result.rows_seen == len(rows), result
