"""Reports made the way people make them, without their browser."""

from datetime import UTC, datetime

from webapp.domain.people import Right, Scope
from webapp.domain.reports import Step
from webapp.storage import people, reporting
from webapp.storage.database import Database
from webapp.storage.people import User
from webapp.storage.reporting import Doer
from webapp.storage.reports import Report

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


class ReportDesk:
    """Acts on reports for whoever is named; everything raises what the storage raises."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def doer(self, user_id: str) -> Doer:
        """Return a person with what they reach."""
        with self.database.read() as session:
            scope: Scope = people.scope_of(session, session.get_one(User, user_id))
        return Doer(user_id, scope.entities(), scope.entities(Right.APPROVE), NOON)

    def put_in(self, user_id: str, *expense_ids: str) -> str:
        """Put a person's expenses into the report of their month; returns its id."""
        report = ""
        for expense_id in expense_ids:
            with self.database.write() as session:
                report = reporting.put_in(session, self.doer(user_id), expense_id)
        return report

    def take_out(self, user_id: str, expense_id: str) -> None:
        """Take an expense out of its report."""
        with self.database.write() as session:
            reporting.take_out(session, self.doer(user_id), expense_id)

    def step(self, user_id: str, report_id: str, step: Step, reason: str = "") -> None:
        """Take a report a step further, as somebody who has just looked at it."""
        version = self.stored(report_id).version
        with self.database.write() as session:
            reporting.take_step(
                session, self.doer(user_id), report_id, step, version=version, reason=reason
            )

    def submitted(self, user_id: str, *expense_ids: str) -> str:
        """Put expenses in and submit their report; returns its id."""
        report = self.put_in(user_id, *expense_ids)
        self.step(user_id, report, Step.SUBMIT)
        return report

    def stored(self, report_id: str) -> Report:
        """Return a report as it stands."""
        with self.database.read() as session:
            return session.get_one(Report, report_id)
