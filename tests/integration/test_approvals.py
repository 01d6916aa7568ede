"""To approve: who sees what, approving and sending back; on SQLite and on PostgreSQL."""

import re

import pytest
from flask import Flask

from tests.support.office import DAY, EPOCH
from tests.support.report_company import Company, text_of
from tests.support.statements import statements
from webapp.app import create_app
from webapp.config import Settings
from webapp.domain.people import Role
from webapp.domain.reports import Step
from webapp.storage.columns import new_id
from webapp.storage.database import Database
from webapp.storage.expenses import Receipt
from webapp.storage.receipts import ReceiptStore
from webapp.views import approvals as approvals_pages
from webapp.views import reports as reports_pages

REASON = "Which client was it?\nSay it in the comment."


@pytest.fixture
def app(database: Database, settings: Settings) -> Flask:
    return create_app(settings, database=database)


@pytest.fixture
def company(app: Flask, database: Database) -> Company:
    return Company(app, database)


def test_an_approver_sees_what_waits_and_approves_it(company: Company) -> None:
    report, expense = company.submitted(comment="With Acme", title="Train to Lyon")
    browser = company.browser(company.sophie)
    assert "Inès Durand – November 2026" in text_of(browser.get("/approvals").text)
    page = text_of(browser.get(f"/approvals/{report}").text)
    for words in ("Train to Lyon", "With Acme", "To be reimbursed to Inès Durand €0.00"):
        assert words in page
    answer = company.act(company.sophie, f"/approvals/{report}", report, step="approve")
    assert answer.status_code == 303
    assert company.desk.stored(report).status == "approved"
    shown = text_of(browser.get("/approvals").text)
    assert "Nothing to decide" in shown
    assert "Approved last" in shown
    own = text_of(company.browser(company.ines).get(f"/reports/{report}").text)
    assert "Approved by Sophie Marchand" in own
    assert company.office.stored(expense).locked_at is not None


def test_sending_back_needs_a_reason(company: Company) -> None:
    report, _ = company.submitted()
    answer = company.act(company.sophie, f"/approvals/{report}", report, step="send_back")
    assert answer.status_code == 422
    assert "Say what is to be changed: the holder of the report will read it." in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert company.desk.stored(report).status == "submitted"
    long = company.act(
        company.sophie, f"/approvals/{report}", report, step="send_back", reason="é" * 2001
    )
    assert long.status_code == 422
    assert "2000" in long.text


def test_what_is_sent_back_is_its_holders_again_with_the_reason(company: Company) -> None:
    report, expense = company.submitted()
    company.act(company.sophie, f"/approvals/{report}", report, step="send_back", reason=REASON)
    stored = company.desk.stored(report)
    assert (stored.status, stored.reason, stored.decided_by) == (
        "sent_back",
        REASON,
        company.sophie,
    )
    browser = company.browser(company.ines)
    page = browser.get(f"/reports/{report}").text
    assert "Sent back by Sophie Marchand" in page
    assert "Which client was it?" in page
    version = company.office.stored(expense).version
    form = {
        "version": version,
        "category": company.office.category_ids["train"],
        "comment": "Acme",
    }
    assert browser.post(f"/expenses/{expense}", form).status_code == 303
    assert company.inside(report) == {expense}
    company.act(company.ines, f"/reports/{report}/submit", report)
    again = text_of(company.browser(company.sophie).get(f"/approvals/{report}").text)
    assert "What was asked for: Which client was it?" in again
    assert "Acme" in again


def test_while_it_is_with_its_holder_an_approver_sees_nothing_of_it(company: Company) -> None:
    report, _ = company.submitted(title="A private matter")
    company.desk.step(company.sophie, report, Step.SEND_BACK, "Why?")
    browser = company.browser(company.sophie)
    page = browser.get(f"/approvals/{report}").text
    assert "with its holder again" in page
    assert "A private matter" not in page
    assert "Nothing to decide" in text_of(browser.get("/approvals").text)
    draft = company.desk.put_in(company.ines, company.complete(day=DAY.replace(month=9)))
    assert browser.get(f"/approvals/{draft}").status_code == 404


def test_an_approved_report_can_be_sent_back_too(company: Company) -> None:
    report, expense = company.submitted()
    company.desk.step(company.sophie, report, Step.APPROVE)
    answer = company.act(
        company.sophie, f"/approvals/{report}", report, step="send_back", reason=REASON
    )
    assert answer.status_code == 303
    assert company.desk.stored(report).status == "sent_back"
    assert company.office.stored(expense).locked_at is None


def test_nobody_approves_their_own_report(company: Company) -> None:
    company.office.grant(company.ines, company.entity, Role.APPROVER)
    report, _ = company.submitted()
    browser = company.browser(company.ines)
    assert "Nothing to decide" in text_of(browser.get("/approvals").text)
    assert "This is your own report" in browser.get(f"/approvals/{report}").text
    for step in ("approve", "send_back"):
        answer = company.act(company.ines, f"/approvals/{report}", report, step=step, reason="x")
        assert answer.status_code == 403
        assert "Nobody decides over their own report." in answer.text
    assert company.desk.stored(report).status == "submitted"


def test_a_decision_over_what_was_taken_back_meanwhile_is_refused(company: Company) -> None:
    report, _ = company.submitted()
    seen = company.desk.stored(report).version
    company.desk.step(company.ines, report, Step.RECALL)
    company.desk.step(company.ines, report, Step.SUBMIT)
    answer = company.act(company.sophie, f"/approvals/{report}", version=seen, step="approve")
    assert answer.status_code == 409
    assert company.desk.stored(report).status == "submitted"


@pytest.mark.parametrize(
    ("role", "same_entity", "status"),
    [
        (Role.EMPLOYEE, True, 403),
        (Role.ADMIN, True, 403),
        (Role.SUPPORT, True, 403),
        (Role.APPROVER, True, 200),
        (Role.APPROVER, False, 404),
    ],
)
def test_DT_a_submitted_report_and_its_receipts_are_seen_by_the_approvers_of_its_entity(
    company: Company, settings: Settings, role: Role, same_entity: bool, status: int
) -> None:
    expense = company.complete()
    receipt = hand_in(company, settings, expense)
    other = company.entity if same_entity else company.office.entity("Other")
    user = company.office.person("Somebody", entity=other, role=role)
    kept_out = 404 if status == 404 else 403

    def answers() -> tuple[int, int]:
        browser = company.browser(user)
        pages = (f"/approvals/{report}", f"/receipts/{receipt}")
        return tuple(browser.get(page).status_code for page in pages)  # type: ignore[return-value]

    report = company.desk.put_in(company.ines, expense)
    assert answers() == (404 if status in (200, 404) else 403, kept_out), "not submitted yet"
    company.desk.step(company.ines, report, Step.SUBMIT)
    assert answers() == (status, status)
    company.desk.step(company.sophie, report, Step.SEND_BACK, "Why?")
    assert answers()[1] == kept_out, "with its holder again"


def hand_in(company: Company, settings: Settings, expense: str) -> str:
    receipt = Receipt(
        id=new_id(),
        legal_entity_id=company.entity,
        expense_id=expense,
        file_name="ticket.pdf",
        media_type="application/pdf",
        size=8,
        sha256="0" * 64,
        uploaded_at=EPOCH,
    )
    path = ReceiptStore(settings.folder.files / "receipts").path(receipt.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"%PDF-1.4")
    with company.database.write() as session:
        session.add(receipt)
    return receipt.id


def test_each_step_leaves_an_audit_row_that_its_admins_can_read(company: Company) -> None:
    report, _ = company.submitted()
    company.desk.step(company.ines, report, Step.RECALL)
    company.desk.step(company.ines, report, Step.SUBMIT)
    company.desk.step(company.sophie, report, Step.APPROVE)
    company.desk.step(company.sophie, report, Step.SEND_BACK, REASON)
    rows = company.audited()
    assert [row.action for row in rows] == [
        "report.submitted",
        "report.recalled",
        "report.submitted",
        "report.approved",
        "report.sent_back",
    ]
    assert rows[-1].actor_id == company.sophie
    assert rows[-1].detail == {"user": company.ines, "month": "2026-11-01", "comment": REASON}
    assert {row.legal_entity_id for row in rows} == {company.entity}
    admin = company.office.person("Claire", entity=company.entity, role=Role.ADMIN)
    page = text_of(company.browser(admin).get("/audit").text)
    assert "Report sent back Inès Durand · November 2026 · Which client was it?" in page


def test_pages_cost_the_same_number_of_statements_however_much_is_in_them(
    company: Company, database: Database
) -> None:
    def cost(report: str) -> list[int]:
        counted = []
        for user, path in (
            (company.ines, "/reports"),
            (company.ines, f"/reports/{report}"),
            (company.sophie, "/approvals"),
            (company.sophie, f"/approvals/{report}"),
        ):
            browser = company.browser(user)
            with statements(database) as sent:
                assert browser.get(path).status_code == 200
            counted.append(len(sent))
        return counted

    small, _ = company.submitted()
    first = cost(small)
    for month in range(1, 9):
        day = DAY.replace(month=month)
        report = company.desk.put_in(company.ines, *(company.complete(day=day) for _ in range(5)))
        company.desk.step(company.ines, report, Step.SUBMIT)
    assert cost(report) == first


def test_lists_of_reports_go_on_below_the_last_one(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for month in range(1, 6):
        company.submitted(day=DAY.replace(month=month))
    for pages, user, path in (
        (reports_pages, company.ines, "/reports"),
        (approvals_pages, company.sophie, "/approvals"),
    ):
        monkeypatch.setattr(pages, "PAGE_SIZE", 2)
        seen: list[str] = []
        following: str | None = path
        while following:
            page = company.browser(user).get(following).text
            seen += re.findall(r'row__link" href="([^"]*)"', page)
            more = re.search(r'href="([^"]*after=[^"]*)"', page)
            following = more[1] if more else None
        assert len(seen) == len(set(seen)) == 5
