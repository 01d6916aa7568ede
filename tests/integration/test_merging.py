"""Two rows made one and parted again: keys, values, work, receipts, reports (I3, I11, A29)."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from tests.support.office import DAY
from tests.support.scripted_bank import purchase
from tests.support.twins import Twins
from webapp.domain.life import EventKind
from webapp.domain.merging import MergeRefusal, MergeRefused
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.expenses import Expense
from webapp.storage.forgetting import forget
from webapp.storage.ingest import bank_values, load_known
from webapp.storage.merging import BANK_VALUES, merge, split
from webapp.storage.reports import ReportLine
from webapp.storage.transactions import BankTransaction, TransactionEvent


@pytest.fixture
def twins(database: Database) -> Twins:
    return Twins(database)


def unite(twins: Twins, stays: str, goes: str, *, takes_values: bool = False) -> None:
    with twins.database.write() as session:
        by = twins.by(session)
        merge(session, stays, goes, by=by.user_id, at=by.now, takes_values=takes_values)


def part(twins: Twins, goes: str) -> None:
    with twins.database.write() as session:
        by = twins.by(session)
        split(session, goes, by=by.user_id, at=by.now)


def found_under(twins: Twins, row: str, key: str) -> str | None:
    with twins.database.read() as session:
        held = load_known(session, twins.stored(row).account_identity_id, [key]).get(key)
    return held.id if held else None


def in_report(twins: Twins, row: str) -> str | None:
    expense = twins.expense_of(row)
    with twins.database.read() as session:
        query = select(ReportLine.report_id).where(ReportLine.expense_id == expense.id)  # type: ignore[union-attr]
        return session.exec(query).one_or_none()


def test_what_is_kept_of_the_bank_is_all_that_a_sync_writes() -> None:
    assert set(BANK_VALUES) == {*bank_values(purchase("x", -100, DAY)), "content"}


def test_A29_the_one_that_goes_is_a_duplicate_and_keeps_its_keys(twins: Twins) -> None:
    stays, goes = twins.row(), twins.row("Paul CB")
    key = twins.stored(goes).identity_key
    unite(twins, stays, goes)
    gone = twins.stored(goes)
    assert (gone.status, gone.merged_into, gone.identity_key) == ("duplicate", stays, key)
    assert twins.expense_of(goes) is None and twins.expense_of(stays) is not None
    part(twins, goes)
    assert (twins.stored(goes).status, twins.stored(goes).merged_into) == ("booked", None)


def test_A06_what_was_announced_is_booked_by_the_other_and_found_under_its_keys(
    twins: Twins,
) -> None:
    hold = twins.row("Station", -10000, status="announced", booked_on=None)
    receipt = twins.work(hold, "full tank")
    fill = twins.row("Station", -6320, day=DAY + timedelta(days=1))
    key, own = twins.stored(fill).identity_key, twins.stored(hold).identity_key
    unite(twins, hold, fill, takes_values=True)
    now = twins.stored(hold)
    assert (now.status, now.amount_minor, now.day) == ("booked", -6320, DAY + timedelta(days=1))
    assert found_under(twins, hold, key) == found_under(twins, hold, own) == hold
    expense = twins.expense_of(hold)
    assert expense is not None and (expense.comment, expense.day) == ("full tank", now.day)
    assert twins.receipts() == {receipt: expense.id}
    assert in_report(twins, hold), "what was complete before it was booked enters its report"
    part(twins, fill)
    again, parted = twins.stored(hold), twins.stored(fill)
    assert (again.status, again.amount_minor, again.day) == ("announced", -10000, DAY)
    assert (parted.status, parted.amount_minor, parted.identity_key) == ("booked", -6320, key)
    assert found_under(twins, fill, key) == fill
    assert twins.receipts() == {receipt: expense.id}
    assert not in_report(twins, hold), "what is not booked yet leaves the report"


def test_what_the_bank_said_since_goes_with_the_row_it_was_said_of(twins: Twins) -> None:
    hold = twins.row("Station", -10000, status="announced")
    fill = twins.row("Station", -6320)
    unite(twins, hold, fill, takes_values=True)
    twins.office.change(BankTransaction, hold, amount_minor=-6400, content="newer")
    part(twins, fill)
    assert (twins.stored(hold).amount_minor, twins.stored(fill).amount_minor) == (-10000, -6400)


def test_receipts_of_both_are_on_the_one_expense_and_its_comment_says_both(twins: Twins) -> None:
    stays, goes = twins.row(), twins.row("Paul CB")
    receipts = {twins.work(stays, "with Marc", category_id=None, status="to_complete")}
    receipts.add(twins.work(goes, "a working lunch"))
    unite(twins, stays, goes)
    expense = twins.expense_of(stays)
    assert expense is not None
    assert twins.receipts() == dict.fromkeys(receipts, expense.id)
    assert expense.comment == "with Marc\na working lunch"
    assert expense.status == "complete", "nothing is missing any more"


def test_the_report_loses_the_expense_that_goes_and_keeps_the_one_that_stays(
    twins: Twins,
) -> None:
    stays, goes = twins.row(), twins.row("Paul CB")
    for row in (stays, goes):
        twins.work(row)
        twins.desk.put_in(twins.holder, twins.expense_of(row).id)  # type: ignore[union-attr]
    report = in_report(twins, stays)
    unite(twins, stays, goes)
    assert in_report(twins, stays) == report
    with twins.database.read() as session:
        assert len(session.exec(select(ReportLine)).all()) == 1


def test_I12_a_submitted_expense_wins_as_it_is_and_gets_the_other_receipt(twins: Twins) -> None:
    stays, goes = twins.row(), twins.row("Paul CB")
    mine = twins.work(stays, "not yet submitted")
    theirs = twins.work(goes, "as submitted")
    report = twins.submit(goes)
    version = twins.desk.stored(report).version
    unite(twins, stays, goes)
    expense = twins.expense_of(stays)
    assert expense is not None and expense.locked_at is not None
    assert expense.comment == "as submitted"
    assert twins.receipts() == {mine: expense.id, theirs: expense.id}
    assert twins.desk.stored(report).version > version, "who decides must have seen the receipt"
    with twins.database.read() as session:
        query = select(TransactionEvent).where(TransactionEvent.transaction_id == goes)
        event = session.exec(query).one()
    assert (event.before or {})["expense"]["comment"] == "not yet submitted"


def refused(twins: Twins, stays: str, goes: str) -> MergeRefusal:
    before = (twins.stored(stays), twins.stored(goes), twins.receipts())
    with pytest.raises(MergeRefused) as error:
        unite(twins, stays, goes)
    assert (twins.stored(stays), twins.stored(goes), twins.receipts()) == before
    return error.value.why


def test_what_cannot_be_one_is_refused_and_nothing_changes(twins: Twins) -> None:
    one, other, third = twins.row(), twins.row(), twins.row()
    for row in (one, other):
        twins.work(row)
    twins.submit(one)
    twins.desk.put_in(twins.holder, twins.expense_of(other).id)  # type: ignore[union-attr]
    assert refused(twins, one, one) is MergeRefusal.SAME_ROW
    total = twins.bare(kind="summary")
    assert refused(twins, one, total) is MergeRefusal.TOTAL
    elsewhere = twins.office.entity("Elsewhere")
    stranger = twins.row(card=twins.office.card(elsewhere, twins.holder))
    assert refused(twins, one, stranger) is MergeRefusal.OTHER_ENTITY
    unite(twins, one, third)
    assert refused(twins, other, third) is MergeRefusal.SETTLED
    assert refused(twins, third, other) is MergeRefusal.SETTLED
    none = twins.row(expense_status="not_expense")
    assert refused(twins, other, none) is MergeRefusal.CONTRADICTION


def test_two_submitted_expenses_are_not_made_one(twins: Twins) -> None:
    one, other = twins.row(), twins.row(day=DAY.replace(month=10))
    for row in (one, other):
        twins.work(row)
        twins.submit(row)
    assert refused(twins, one, other) is MergeRefusal.BOTH_LOCKED


def test_a_later_merge_into_the_same_row_is_parted_first(twins: Twins) -> None:
    hold = twins.row("Hotel", -10000, status="announced")
    first, second = twins.row("Hotel", -5000), twins.row("Hotel", -5100)
    unite(twins, hold, first, takes_values=True)
    unite(twins, hold, second, takes_values=True)
    with pytest.raises(MergeRefused) as error:
        part(twins, first)
    assert error.value.why is MergeRefusal.LATER_MERGE
    part(twins, second)
    assert twins.stored(hold).amount_minor == -5000
    part(twins, first)
    assert (twins.stored(hold).status, twins.stored(hold).amount_minor) == ("announced", -10000)


def test_what_pointed_to_the_one_that_goes_points_to_the_one_that_stays_and_back(
    twins: Twins,
) -> None:
    stays, middle, twin = twins.row(), twins.row(), twins.row()
    refund = twins.row(minor=1250)
    twins.office.change(BankTransaction, refund, refund_of=middle)
    unite(twins, middle, twin)
    unite(twins, stays, middle)
    assert twins.stored(twin).merged_into == twins.stored(refund).refund_of == stays
    part(twins, middle)
    assert twins.stored(twin).merged_into == twins.stored(refund).refund_of == middle


def test_across_accounts_the_key_keeps_its_account(twins: Twins) -> None:
    """A28: entered for one card, told by the bank of another."""
    current = twins.office.card(twins.entity, twins.holder, name="Current")
    entered = twins.row(status="entered")
    told = twins.row(card=current)
    key = twins.stored(told).identity_key
    unite(twins, entered, told, takes_values=True)
    assert found_under(twins, told, key) == entered
    assert twins.expense_of(entered) is not None


def test_other_questions_about_it_lapse_and_both_lives_and_the_trail_tell_of_it(
    twins: Twins,
) -> None:
    stays, goes, third = twins.row(), twins.row(), twins.row()
    other = twins.ask(third, goes)
    unite(twins, stays, goes)
    part(twins, goes)
    assert twins.question(other).answer == "lapsed"
    with twins.database.read() as session:
        told = session.exec(select(TransactionEvent.transaction_id, TransactionEvent.kind)).all()
        actions = [event.action for event in session.exec(select(AuditEvent))]
    merged, parted = EventKind.MERGED.value, EventKind.SPLIT.value
    assert sorted(told) == sorted(
        [(stays, merged), (goes, merged), (stays, parted), (goes, parted)]
    )
    assert actions[-2:] == ["transaction.merged", "transaction.split"]


# --- Imported data deleted while rows are merged --------------------------------------------------


def delete_card(twins: Twins) -> None:
    with twins.database.write() as session:
        forget(session, twins.card)


def test_R82_a_duplicate_on_another_account_stands_for_itself_again(twins: Twins) -> None:
    current = twins.office.card(twins.entity, twins.holder, name="Current")
    entered, told = twins.row(status="entered"), twins.row(minor=-990, card=current)
    key = twins.stored(told).identity_key
    unite(twins, entered, told, takes_values=True)
    delete_card(twins)
    row = twins.stored(told)
    assert (row.status, row.merged_into, row.amount_minor) == ("booked", None, -990)
    assert found_under(twins, told, key) == told


def test_R82_a_duplicate_of_what_stays_stays_and_does_not_come_back(twins: Twins) -> None:
    current = twins.office.card(twins.entity, twins.holder, name="Current")
    submitted, twin, gone = twins.row(), twins.row(), twins.row()
    elsewhere, here = twins.row(card=current), twins.row()
    twins.work(submitted)
    twins.submit(submitted)
    unite(twins, submitted, twin)
    unite(twins, elsewhere, here)
    delete_card(twins)
    assert [twins.stored(one).merged_into for one in (twin, here)] == [submitted, elsewhere]
    with twins.database.read() as session:
        assert session.get(BankTransaction, gone) is None


# --- Whatever is merged and parted, in any order -------------------------------------------------

rows = st.integers(0, 4)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), rows, rows, st.booleans()),
        st.tuples(st.just("split"), rows, rows, st.booleans()),
        st.tuples(st.just("submit"), rows, rows, st.booleans()),
    ),
    max_size=12,
)
kinds = st.sampled_from(["bare", "fresh", "worked", "none", "announced"])


def make(twins: Twins, kind: str) -> str:
    if kind == "bare":
        return twins.bare()
    row = twins.row(status="announced" if kind == "announced" else "booked")
    if kind in ("worked", "announced"):
        twins.work(row, f"work on {row}")
    elif kind == "none":
        twins.work(row, status="not_expense", not_expense_reason="private", category_id=None)
    return row


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=st.lists(kinds, min_size=5, max_size=5), script=steps)
def test_I3_whatever_is_merged_and_parted_no_receipt_goes_and_no_expense_is_doubled(
    database: Database, made: list[str], script: list[tuple[str, int, int, bool]]
) -> None:
    twins = Twins(database)
    ids = [make(twins, kind) for kind in made]
    receipts = set(twins.receipts())
    keys = {row: twins.stored(row).identity_key for row in ids}
    for kind, first, second, takes in script:
        try:
            if kind == "merge":
                unite(twins, ids[first], ids[second], takes_values=takes)
            elif kind == "split":
                part(twins, ids[first])
            else:
                submit_if_possible(twins, ids[first])
        except MergeRefused:
            pass
        check(twins, ids, receipts, keys)
    for _ in ids:
        for row in ids:
            with suppress(MergeRefused):
                part(twins, row)
    check(twins, ids, receipts, keys)
    with database.read() as session:
        stored = {row: session.get_one(BankTransaction, row) for row in ids}
    assert all(row.status != "duplicate" for row in stored.values())
    assert {one: row.identity_key for one, row in stored.items()} == keys


def submit_if_possible(twins: Twins, row: str) -> None:
    expense, stored = twins.expense_of(row), twins.stored(row)
    done = expense is not None and expense.status == "complete" and not expense.locked_at
    if done and stored.status == "booked":
        twins.submit(row)


def check(twins: Twins, ids: list[str], receipts: set[str], keys: dict[str, str]) -> None:
    assert set(twins.receipts()) == receipts, "no receipt disappears"
    with twins.database.read() as session:
        expenses = session.exec(
            select(Expense).where(Expense.legal_entity_id == twins.entity)
        ).all()
        stored = {row: session.get_one(BankTransaction, row) for row in ids}
    spent = [one.transaction_id for one in expenses]
    assert len(spent) == len(set(spent))
    assert all(stored[one].status != "duplicate" for one in spent)
    assert {one.id for one in expenses} >= set(twins.receipts().values())
    for one in stored.values():
        stands_for = stored[one.merged_into] if one.merged_into else one
        assert stands_for.merged_into is None, "what stands for another stands for itself"
        assert found_under(twins, one.id, keys[one.id]) in (one.id, stands_for.id)
