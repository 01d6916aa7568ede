"""Rows that may be one purchase, people's work on them, and the questions about them."""

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from tests.support.office import EPOCH, Office
from tests.support.report_desk import NOON, ReportDesk
from webapp.domain.people import Role
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.expenses import Expense, Receipt
from webapp.storage.people import LegalEntity
from webapp.storage.questions import HeldRow, Question
from webapp.storage.transactions import BankTransaction
from webapp.sync.attaching import Saver


class Twins:
    """A company with a card, and rows on it that may be one purchase; time goes on by itself."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.office = Office(database)
        self.entity = self.office.entity()
        self.admin = self.office.person("Claire Durand", entity=self.entity, role=Role.ADMIN)
        self.holder = self.office.person("Inès Durand", entity=self.entity)
        self.card = self.office.card(self.entity, self.holder)
        self.desk = ReportDesk(database)
        self.now: datetime = NOON

    def row(self, title: str = "Paul", minor: int = -1250, **values: Any) -> str:
        """Have a row with an expense of the holder; returns the transaction's id."""
        card = values.pop("card", self.card)
        expense = self.office.expense(card, title, minor, **values)
        return self.office.stored(expense).transaction_id

    def bare(self, **values: Any) -> str:
        """Have a row of which no expense came."""
        row = self.row(**values)
        with self.database.write() as session:
            session.delete(session.exec(select(Expense).where(Expense.transaction_id == row)).one())
        return row

    def expense_of(self, row: str) -> Expense | None:
        """Return the expense of a row."""
        with self.database.read() as session:
            return session.exec(select(Expense).where(Expense.transaction_id == row)).one_or_none()

    def work(self, row: str, comment: str = "", *, receipt: bool = True, **values: Any) -> str:
        """Have the holder work on a row's expense; returns the receipt's id."""
        expense = self.expense_of(row)
        assert expense is not None
        fields = {"status": "complete", "category_id": self.office.category_ids["train"], **values}
        with self.database.write() as session:
            stored = session.get_one(Expense, expense.id)
            stored.comment, stored.version = comment, stored.version + 1
            for name, value in fields.items():
                setattr(stored, name, value)
            return self._receipt(session, expense.id) if receipt else ""

    def _receipt(self, session: Session, expense_id: str) -> str:
        row = Receipt(
            id=new_id(),
            legal_entity_id=self.entity,
            expense_id=expense_id,
            file_name="receipt.pdf",
            media_type="application/pdf",
            size=18,
            sha256="0" * 64,
            uploaded_at=EPOCH,
        )
        session.add(row)
        return row.id

    def submit(self, row: str) -> str:
        """Submit the report with a row's expense; returns the report's id."""
        expense = self.expense_of(row)
        assert expense is not None
        return self.desk.submitted(self.holder, expense.id)

    def by(self, session: Session, user: str = "") -> Saver:
        """Return the admin at work, a minute later each time."""
        self.now += timedelta(minutes=1)
        entity = session.get_one(LegalEntity, self.entity)
        return Saver(session, entity, user or self.admin, self.now)

    def ask(self, first: str | None, second: str | None = None, **values: Any) -> str:
        """Put a question; returns its id."""
        fields = {"kind": "same_purchase", "doubt": "amount_differs", "account_id": self.card}
        question = Question(
            legal_entity_id=self.entity,
            first_id=first,
            second_id=second,
            asked_at=EPOCH,
            **{**fields, **values},
        )
        held = question.evidence.pop("held", ())
        with self.database.write() as session:
            session.add(question)
            session.flush()
            for number, (key, line, row) in enumerate(held, 1):
                session.add(
                    HeldRow(
                        question_id=question.id,
                        number=number,
                        key=key,
                        line=line,
                        transaction_id=row,
                    )
                )
        return question.id

    def stored(self, row: str) -> BankTransaction:
        """Return a row as it stands."""
        with self.database.read() as session:
            return session.get_one(BankTransaction, row)

    def question(self, question_id: str) -> Question:
        """Return a question as it stands."""
        with self.database.read() as session:
            return session.get_one(Question, question_id)

    def receipts(self) -> dict[str, str]:
        """Return the expense of each receipt of the company."""
        with self.database.read() as session:
            rows = session.exec(
                select(Receipt.id, Receipt.expense_id).where(
                    col(Receipt.legal_entity_id) == self.entity
                )
            )
            return dict(rows.all())
