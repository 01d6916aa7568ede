"""What enters a report, who may take it which step further, and what it comes to."""

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardsync_sdk.types import TransactionKind
from webapp.domain.expense_lines import BankChange, BankNow, ExpenseLine
from webapp.domain.expenses import ExpenseStatus, Missing, PaymentMode, Policy, Said
from webapp.domain.reports import (
    OPEN,
    TRANSITIONS,
    Actor,
    Hindrance,
    ReportPlace,
    ReportStatus,
    Step,
    StepRefusal,
    Total,
    hindrances,
    hindrances_to,
    month_of,
    refusal_of_step,
    totals,
)

DRAFT, SUBMITTED, APPROVED, SENT_BACK = ReportStatus
SUBMIT, RECALL, APPROVE, SEND_BACK = Step

# --- Steps ---------------------------------------------------------------------------------------

# step       from       whereto
POSSIBLE = {
    (SUBMIT, DRAFT): SUBMITTED,
    (SUBMIT, SENT_BACK): SUBMITTED,
    (RECALL, SUBMITTED): DRAFT,
    (APPROVE, SUBMITTED): APPROVED,
    (SEND_BACK, SUBMITTED): SENT_BACK,
    (SEND_BACK, APPROVED): SENT_BACK,
}


@pytest.mark.parametrize(("step", "status"), list(product(Step, ReportStatus)))
def test_each_step_is_taken_from_its_states_only(step: Step, status: ReportStatus) -> None:
    holder = TRANSITIONS[step].actor is Actor.HOLDER
    refusal = refusal_of_step(
        step, status, is_holder=holder, approves=not holder, reason="The hotel's bill is missing"
    )
    assert refusal == (None if (step, status) in POSSIBLE else StepRefusal.NOT_NOW)
    if refusal is None:
        assert TRANSITIONS[step].target is POSSIBLE[step, status]


# step       holder  approves  refusal
WHO = [
    (SUBMIT, True, False, None),
    (SUBMIT, True, True, None),
    (SUBMIT, False, True, StepRefusal.NOT_ALLOWED),
    (SUBMIT, False, False, StepRefusal.NOT_ALLOWED),
    (RECALL, True, False, None),
    (RECALL, False, True, StepRefusal.NOT_ALLOWED),
    (APPROVE, False, True, None),
    (APPROVE, False, False, StepRefusal.NOT_ALLOWED),
    (APPROVE, True, True, StepRefusal.OWN_REPORT),
    (APPROVE, True, False, StepRefusal.OWN_REPORT),
    (SEND_BACK, False, True, None),
    (SEND_BACK, True, True, StepRefusal.OWN_REPORT),
    (SEND_BACK, False, False, StepRefusal.NOT_ALLOWED),
]


@pytest.mark.parametrize(("step", "holder", "approves", "refusal"), WHO)
def test_the_holder_submits_and_somebody_else_who_may_decides(
    step: Step, holder: bool, approves: bool, refusal: StepRefusal | None
) -> None:
    status = DRAFT if step is SUBMIT else SUBMITTED
    found = refusal_of_step(step, status, is_holder=holder, approves=approves, reason="Because")
    assert found is refusal


@pytest.mark.parametrize("reason", ["", "  \n\t "])
def test_nothing_is_sent_back_without_a_reason(reason: str) -> None:
    said = {"is_holder": False, "approves": True, "reason": reason}
    assert refusal_of_step(SEND_BACK, SUBMITTED, **said) is StepRefusal.REASON_MISSING
    assert refusal_of_step(APPROVE, SUBMITTED, **said) is None


@pytest.mark.parametrize("status", ReportStatus)
def test_every_state_has_an_exit(status: ReportStatus) -> None:
    assert any(status in one.sources and one.target is not status for one in TRANSITIONS.values())


def test_no_state_is_a_trap_and_nothing_submitted_is_lost() -> None:
    """From everywhere a report can come back to its holder, and go on to be approved."""

    def reached(start: ReportStatus) -> set[ReportStatus]:
        found, todo = {start}, [start]
        while todo:
            here = todo.pop()
            onward = {t.target for t in TRANSITIONS.values() if here in t.sources} - found
            found |= onward
            todo += onward
        return found

    for status in ReportStatus:
        assert reached(status) >= {SUBMITTED, APPROVED}
        assert reached(status) & OPEN


@given(
    steps=st.lists(st.tuples(st.sampled_from(Step), st.booleans(), st.booleans(), st.text())),
)
def test_whatever_is_tried_a_report_is_always_in_a_known_state_and_approved_by_another(
    steps: list[tuple[Step, bool, bool, str]],
) -> None:
    status = DRAFT
    for step, is_holder, approves, reason in steps:
        refused = refusal_of_step(
            step, status, is_holder=is_holder, approves=approves, reason=reason
        )
        if refused is None:
            status = TRANSITIONS[step].target
            assert status not in (APPROVED, SENT_BACK) or (approves and not is_holder)
        assert status in ReportStatus


# --- What enters ---------------------------------------------------------------------------------

LINE = ExpenseLine(
    id="e1",
    legal_entity_id="entity",
    entity_name="Durand SAS",
    group_id="group",
    user_id="ines",
    version=1,
    day=date(2026, 11, 12),
    status=ExpenseStatus.COMPLETE,
    payment_mode=PaymentMode.COMPANY,
    said=Said("train", ""),
    category_names={},
    category_icon=None,
    policy=Policy(2000),
    receipts=1,
    amount_minor=4250,
    currency="EUR",
    original_minor=None,
    original_currency=None,
    kind=TransactionKind.PURCHASE,
    transaction_status="booked",
    purchased_on=date(2026, 11, 12),
    booked_on=date(2026, 11, 13),
    title="SNCF",
    memo="CARTE SNCF",
    account_name="Visa",
    last4="4821",
)
PLACE = ReportPlace("r1", "entity", "ines", date(2026, 11, 1))

CASES = [
    ({}, ()),
    ({"receipts": 0}, (Hindrance.INCOMPLETE,)),  # the bank's amount grew past the threshold
    ({"status": ExpenseStatus.TO_COMPLETE, "receipts": 0}, (Hindrance.INCOMPLETE,)),
    ({"status": ExpenseStatus.TO_COMPLETE}, (Hindrance.INCOMPLETE,)),  # to be confirmed
    ({"transaction_status": "announced"}, (Hindrance.ANNOUNCED,)),
    (
        {"transaction_status": "announced", "status": ExpenseStatus.TO_COMPLETE},
        (Hindrance.ANNOUNCED, Hindrance.INCOMPLETE),
    ),
    ({"transaction_status": "cancelled"}, (Hindrance.WITHDRAWN,)),
    ({"transaction_status": "expired"}, (Hindrance.WITHDRAWN,)),
    ({"status": ExpenseStatus.NOT_EXPENSE}, (Hindrance.NOT_EXPENSE,)),
]


@pytest.mark.parametrize(("changes", "found"), CASES)
def test_R4_DM_DR_only_a_complete_booked_expense_enters(
    changes: dict[str, object], found: tuple[Hindrance, ...]
) -> None:
    line = replace(LINE, **changes)  # type: ignore[arg-type]
    assert hindrances(line) == found
    assert hindrances_to(line, PLACE) == found


def test_R4_what_is_missing_is_listed() -> None:
    line = replace(LINE, said=Said(None, ""), receipts=0, status=ExpenseStatus.TO_COMPLETE)
    assert hindrances(line) == (Hindrance.INCOMPLETE,)
    assert line.missing == (Missing.CATEGORY, Missing.RECEIPT)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"legal_entity_id": "other"}, Hindrance.OTHER_ENTITY),
        ({"user_id": "karim"}, Hindrance.OTHER_HOLDER),
        ({"day": date(2026, 12, 1)}, Hindrance.OTHER_MONTH),
        ({"day": date(2026, 10, 31)}, Hindrance.OTHER_MONTH),
        ({"report_id": "r2"}, Hindrance.OTHER_REPORT),
    ],
)
def test_R33_a_report_takes_what_is_of_its_entity_holder_and_month(
    changes: dict[str, object], found: Hindrance
) -> None:
    assert hindrances_to(replace(LINE, **changes), PLACE) == (found,)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "month"),
    [
        (date(2026, 11, 1), date(2026, 11, 1)),
        (date(2026, 11, 30), date(2026, 11, 1)),
        (date(2028, 2, 29), date(2028, 2, 1)),
        (date(2026, 12, 31), date(2026, 12, 1)),
    ],
)
def test_an_expense_is_of_the_month_of_its_day(day: date, month: date) -> None:
    assert month_of(day) == month


# --- What the bank says by now -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "changes"),
    [
        (None, ()),
        (BankNow("booked", LINE.day, 4250, "EUR"), (BankChange.DETAIL,)),
        (BankNow("booked", LINE.day, 4300, "EUR"), (BankChange.AMOUNT,)),
        (BankNow("booked", LINE.day, 4250, "USD"), (BankChange.AMOUNT,)),
        (BankNow("booked", date(2026, 11, 14), 4250, "EUR"), (BankChange.DAY,)),
        (BankNow("booked", date(2026, 11, 14), 1, "EUR"), (BankChange.AMOUNT, BankChange.DAY)),
        (BankNow("cancelled", LINE.day, 4250, "EUR"), (BankChange.WITHDRAWN,)),
    ],
)
def test_I12_what_the_bank_changed_is_named(
    now: BankNow | None, changes: tuple[BankChange, ...]
) -> None:
    assert replace(LINE, locked=True, bank_now=now).bank_changes == changes


# --- What it comes to ----------------------------------------------------------------------------

COMPANY, REIMBURSE = PaymentMode


def test_R19_R20_what_the_company_paid_is_never_in_what_is_owed() -> None:
    parts = [
        ("EUR", COMPANY, 4250),
        ("EUR", REIMBURSE, 1780),
        ("EUR", REIMBURSE, -500),  # a refund is owed back
        ("USD", COMPANY, 900),
    ]
    assert totals(parts) == (Total("EUR", 4250, 1280), Total("USD", 900, 0))
    assert [total.minor for total in totals(parts)] == [5530, 900]
    assert totals([]) == ()


PARTS = st.lists(
    st.tuples(
        st.sampled_from(["EUR", "USD", "JPY"]),
        st.sampled_from(PaymentMode),
        st.integers(-(10**12), 10**12),
    )
)


@given(PARTS)
def test_no_cent_is_lost_and_the_order_does_not_matter(
    parts: list[tuple[str, PaymentMode, int]],
) -> None:
    found = totals(parts)
    assert sum(total.minor for total in found) == sum(minor for _, _, minor in parts)
    assert found == totals(reversed(parts))
