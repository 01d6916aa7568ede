"""One legal entity with an employee and an approver, their browsers, and the reports there are."""

import re
from html import unescape
from typing import Any

from flask import Flask
from sqlmodel import select
from werkzeug.test import TestResponse

from tests.support.office import Office
from tests.support.report_desk import ReportDesk
from tests.support.web import Browser
from webapp.domain.people import Role
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.reports import Report, ReportLine


class Company:
    """One legal entity with an employee, an approver, and their browsers."""

    def __init__(self, app: Flask, database: Database) -> None:
        self.app, self.database = app, database
        self.office, self.desk = Office(database), ReportDesk(database)
        self.entity = self.office.entity()
        self.ines = self.office.person(entity=self.entity)
        self.sophie = self.office.person("Sophie Marchand", entity=self.entity, role=Role.APPROVER)
        self.card = self.office.card(self.entity, self.ines)

    def browser(self, user_id: str) -> Browser:
        """Open a browser in which somebody is logged in."""
        browser = Browser(self.app)
        browser.client.set_cookie("cardsync-login", self.office.log_in(user_id))
        return browser

    def complete(self, title: str = "SNCF", minor: int = -1250, **values: Any) -> str:
        """Have Inès complete an expense before there were reports."""
        train = self.office.category_ids["train"]
        fields = {"expense_status": "complete", "category_id": train, **values}
        return self.office.expense(fields.pop("card", self.card), title, minor, **fields)

    def submitted(self, **values: Any) -> tuple[str, str]:
        """Have Inès submit a report of one expense; returns the ids of both."""
        expense = self.complete(**values)
        return self.desk.submitted(self.ines, expense), expense

    def act(self, user_id: str, path: str, seen: str = "", **form: Any) -> TestResponse:
        """Post a form of a report's page, as it was just shown."""
        if seen:
            form = {"version": self.desk.stored(seen).version, **form}
        return self.browser(user_id).post(path, form)

    def inside(self, report: str) -> set[str]:
        """Return the ids of the expenses in a report."""
        with self.database.read() as session:
            query = select(ReportLine.expense_id).where(ReportLine.report_id == report)
            return set(session.exec(query))

    def reports(self) -> list[Report]:
        """Return every report, the oldest month first."""
        with self.database.read() as session:
            return list(session.exec(select(Report).order_by(Report.month, Report.id)))  # type: ignore[arg-type]

    def audited(self) -> list[AuditEvent]:
        """Return the audit trail, the oldest row first."""
        with self.database.read() as session:
            return list(session.exec(select(AuditEvent).order_by(AuditEvent.id)))  # type: ignore[arg-type]


def text_of(page: str) -> str:
    """Return what a page says, without its markup."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))
