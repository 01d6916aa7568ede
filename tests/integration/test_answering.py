"""Questions answered once: what each answer does, and what is remembered (I11, A06, C16, E07)."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from cardsync_sdk.interchange import to_line
from cardsync_sdk.types import FetchedTransaction
from tests.support.office import DAY
from tests.support.scripted_bank import purchase
from tests.support.twins import Twins
from webapp.domain.merging import MergeRefusal, MergeRefused
from webapp.domain.questions import Answer
from webapp.storage import question_lists
from webapp.storage.accounts import Account, AccountIdentityAlias
from webapp.storage.audit import AuditEvent
from webapp.storage.database import Database
from webapp.storage.expenses import Expense
from webapp.storage.ingest import load_known
from webapp.storage.questions import Question
from webapp.storage.transactions import BankTransaction, TransactionEvent
from webapp.sync import answering
from webapp.sync.answering import Answered


@pytest.fixture
def twins(database: Database) -> Twins:
    return Twins(database)


def say(twins: Twins, question: str, *, same: bool, user: str = "") -> Answered:
    with twins.database.write() as session:
        return answering.answer(twins.by(session, user), question, same=same)


def take_back(twins: Twins, question: str) -> str | None:
    with twins.database.write() as session:
        return answering.take_back(twins.by(session), question)


def still_open(twins: Twins) -> int:
    with twins.database.read() as session:
        return sum(one.count for one in question_lists.open_here(session, [twins.entity]))


def held(ref: str, key: str, minor: int, *, known: str | None) -> tuple[str, str, str | None]:
    row: FetchedTransaction = purchase(key, minor, DAY, memo="CARTE PAUL", account_ref=ref)
    return f"files:{key}", to_line(row), known


# --- Two rows ------------------------------------------------------------------------------------


def test_A06_same_books_the_announced_one_with_its_work(twins: Twins) -> None:
    hold = twins.row("Station", -10000, status="announced", booked_on=None)
    receipt = twins.work(hold, "full tank")
    fill = twins.row("Station", -6320)
    answered = say(twins, twins.ask(hold, fill), same=True)
    assert (answered.answer, answered.by, answered.now) == (Answer.SAME, twins.admin, True)
    row = twins.stored(hold)
    assert (row.status, row.amount_minor) == ("booked", -6320)
    expense = twins.expense_of(hold)
    assert expense is not None and twins.receipts() == {receipt: expense.id}
    assert twins.stored(fill).merged_into == hold and still_open(twins) == 0


def test_I11_different_is_remembered_and_changes_nothing(twins: Twins) -> None:
    first, second = twins.row(), twins.row()
    question = twins.ask(first, second)
    before = twins.stored(first), twins.stored(second)
    say(twins, question, same=False)
    assert (twins.stored(first), twins.stored(second)) == before
    assert twins.question(question).answer == "different" and still_open(twins) == 0


@pytest.mark.parametrize("first_answer", [True, False])
def test_the_second_answer_changes_nothing_and_is_told_of_the_first(
    twins: Twins, first_answer: bool
) -> None:
    other = twins.office.person("Another admin", entity=twins.entity)
    question = twins.ask(twins.row(), twins.row())
    first = say(twins, question, same=first_answer)
    stored = twins.question(question)
    second = say(twins, question, same=not first_answer, user=other)
    assert (second.answer, second.by, second.at) == (first.answer, twins.admin, first.at)
    assert not second.now and twins.question(question) == stored


def test_two_answers_at_once_are_one(twins: Twins) -> None:
    first, second = twins.row(), twins.row()
    receipts = {twins.work(first), twins.work(second)}
    question = twins.ask(first, second)
    with ThreadPoolExecutor(2) as people:
        given = [people.submit(say, twins, question, same=same) for same in (True, False)]
    answers = [one.result() for one in given]
    assert sorted(one.now for one in answers) == [False, True]
    assert len({one.answer for one in answers}) == 1
    assert set(twins.receipts()) == receipts


@pytest.mark.parametrize("status", ["cancelled", "expired"])
def test_what_the_bank_settled_waits_for_nobody_and_lapses(twins: Twins, status: str) -> None:
    first, second = twins.row(), twins.row()
    question = twins.ask(first, second)
    assert still_open(twins) == 1
    twins.office.change(BankTransaction, second, status=status)
    assert still_open(twins) == 0
    assert say(twins, question, same=True).answer is Answer.LAPSED
    assert twins.stored(second).status == status


def test_a_refused_answer_leaves_the_question_open(twins: Twins) -> None:
    first, second = twins.row(), twins.row(day=DAY.replace(month=10))
    for row in (first, second):
        twins.work(row)
        twins.submit(row)
    question = twins.ask(first, second)
    with pytest.raises(MergeRefused) as error:
        say(twins, question, same=True)
    assert error.value.why is MergeRefusal.BOTH_LOCKED
    assert twins.question(question).answer is None and still_open(twins) == 1


def test_I12_the_submitted_one_stays_whichever_came_first(twins: Twins) -> None:
    first, second = twins.row(), twins.row()
    twins.work(second)
    twins.submit(second)
    say(twins, twins.ask(first, second), same=True)
    assert twins.stored(first).merged_into == second
    expense = twins.expense_of(second)
    assert expense is not None and expense.locked_at is not None


# --- Taking it back, and saying it unasked --------------------------------------------------------


def test_A29_taken_back_the_other_is_an_expense_of_its_own_and_receipts_stay(
    twins: Twins,
) -> None:
    first, second = twins.row(), twins.row()
    receipts = {twins.work(first), twins.work(second)}
    question = twins.ask(first, second)
    say(twins, question, same=True)
    assert take_back(twins, question) == second
    kept, parted = twins.expense_of(first), twins.expense_of(second)
    assert kept is not None and parted is not None
    assert twins.receipts() == dict.fromkeys(receipts, kept.id)
    assert (parted.status, parted.user_id) == ("to_complete", twins.holder)
    assert twins.question(question).answer == "different"
    assert take_back(twins, question) is None


def test_A29_said_unasked_it_is_remembered_like_an_answer(twins: Twins) -> None:
    stays, goes = twins.row(), twins.row()
    for _ in range(2):
        with twins.database.write() as session:
            question = answering.say_same(twins.by(session), stays, goes).id
        assert twins.stored(goes).merged_into == stays
        stored = twins.question(question)
        assert (stored.doubt, stored.answer) == ("by_hand", "same")
        take_back(twins, question)
    with twins.database.read() as session:
        assert len(session.exec(select(Question)).all()) == 1, "one question for a pair"


def test_a_row_of_another_legal_entity_is_not_merged(twins: Twins) -> None:
    elsewhere = twins.office.entity("Elsewhere")
    stranger = twins.row(card=twins.office.card(elsewhere, twins.holder))
    row = twins.row()
    for other in (stranger, "01NOSUCHTHING0000000000000"):
        with pytest.raises(MergeRefused), twins.database.write() as session:
            answering.say_same(twins.by(session), row, other)


# --- Rows held back ------------------------------------------------------------------------------


@pytest.fixture
def card_ref(twins: Twins) -> str:
    with twins.database.read() as session:
        return session.get_one(Account, twins.card).external_ref


def known_as(twins: Twins, key: str) -> str | None:
    with twins.database.read() as session:
        identity = session.get_one(Account, twins.card).identity_id
        found = load_known(session, identity, [key]).get(key)
    return found.id if found else None


@pytest.mark.parametrize("kind", ["new_ids", "moved"])
def test_C16_E07_the_known_ones_are_found_under_the_new_ids(
    twins: Twins, card_ref: str, kind: str
) -> None:
    card = twins.card if kind == "new_ids" else twins.office.card(twins.entity, twins.holder)
    rows = [twins.row("Paul", -100 * number, card=card) for number in range(1, 4)]
    lines = [held(card_ref, f"new-{row}", -100, known=row) for row in rows]
    fresh = held(card_ref, "fresh", -900, known=None)
    question = twins.ask(None, kind=kind, doubt=None, evidence={"held": [*lines, fresh]})
    say(twins, question, same=True)
    assert [known_as(twins, f"files:new-{row}") for row in rows] == rows
    new = known_as(twins, "files:fresh")
    assert new is not None and twins.expense_of(new) is not None, "nothing held back is lost"
    assert all(twins.expense_of(row) for row in rows)
    with twins.database.read() as session:
        kinds = session.exec(
            select(TransactionEvent.kind).where(col(TransactionEvent.transaction_id).in_(rows))
        ).all()
    assert list(kinds) == ["keyed"] * 3


def test_C16_new_purchases_come_in_as_their_own_once(twins: Twins, card_ref: str) -> None:
    row = twins.row("Paul", -100)
    lines = [held(card_ref, f"new-{n}", -100, known=row) for n in range(2)]
    question = twins.ask(None, kind="new_ids", doubt=None, evidence={"held": lines})
    for _ in range(2):
        say(twins, question, same=False)
    made = [known_as(twins, f"files:new-{n}") for n in range(2)]
    assert row not in made and len({*made, None}) == 3
    for one in made:
        expense = twins.expense_of(one or "")
        assert expense is not None and expense.user_id == twins.holder


@pytest.mark.parametrize(
    ("change", "stored"),
    [({}, 1), ({"shared": False}, 0)],
    ids=["shared", "stopped meanwhile"],
)
def test_R13_nothing_is_stored_of_an_account_stopped_meanwhile(
    twins: Twins, card_ref: str, change: dict[str, Any], stored: int
) -> None:
    lines = [held(card_ref, "new", -100, known=None)]
    question = twins.ask(None, kind="new_ids", doubt=None, evidence={"held": lines})
    twins.office.change(Account, twins.card, **change)
    say(twins, question, same=False)
    with twins.database.read() as session:
        query = select(BankTransaction).where(BankTransaction.account_id == twins.card)
        assert len(session.exec(query).all()) == stored


def test_R64_rows_of_a_card_reviewed_first_wait(twins: Twins, card_ref: str) -> None:
    twins.office.change(Account, twins.card, review_first=True)
    lines = [held(card_ref, "new", -100, known=None)]
    say(
        twins,
        twins.ask(None, kind="new_ids", doubt=None, evidence={"held": lines}),
        same=False,
    )
    row = known_as(twins, "files:new")
    assert row is not None and twins.expense_of(row) is None


def test_a_row_known_meanwhile_is_not_stored_twice(twins: Twins, card_ref: str) -> None:
    row = twins.row()
    key = twins.stored(row).identity_key
    line = held(card_ref, "x", -1250, known=row)[1]
    question = twins.ask(None, kind="new_ids", doubt=None, evidence={"held": [(key, line, row)]})
    say(twins, question, same=False)
    assert known_as(twins, key) == row
    with twins.database.read() as session:
        assert len(session.exec(select(Expense)).all()) == 1


# --- Another card under a known account -----------------------------------------------------------

SHOWN = {"last4": "9911", "holder_name": "INES DURAND", "name": "Visa Or", "iban_key": "k:new"}


def test_C17_our_card_renumbered_takes_what_is_shown(twins: Twins) -> None:
    question = twins.ask(None, kind="other_card", doubt=None, evidence=dict(SHOWN))
    say(twins, question, same=True)
    with twins.database.read() as session:
        account = session.get_one(Account, twins.card)
        alias = session.exec(select(AccountIdentityAlias)).one()
    told = (account.number_last4, account.holder_name, account.name)
    assert told == ("9911", "INES DURAND", "Visa Or") and account.shared
    assert (alias.key, alias.identity_id) == ("k:new", account.identity_id)


def test_C17_another_card_is_stopped_as_an_admin_stops_it(twins: Twins) -> None:
    row = twins.row()
    question = twins.ask(None, kind="other_card", doubt=None, evidence=dict(SHOWN))
    say(twins, question, same=False)
    with twins.database.read() as session:
        account = session.get_one(Account, twins.card)
        actions = {event.action for event in session.exec(select(AuditEvent))}
    assert not account.shared and account.stopped_at and account.number_last4 == "4821"
    assert twins.expense_of(row) is not None, "what came in stays"
    assert {"account.stopped", "question.answered"} <= actions


def test_the_line_of_a_held_row_is_the_interchange_format(card_ref: str) -> None:
    shape = json.loads(held(card_ref, "x", -100, known=None)[1])
    assert shape["account_ref"] == card_ref and shape["amount"] == "-1.00"


def test_R33_a_question_of_another_entity_is_not_found(twins: Twins) -> None:
    question = twins.ask(twins.row(), twins.row())
    twins.now += timedelta(days=1)
    own = twins.entity
    twins.entity = twins.office.entity("Elsewhere")
    with pytest.raises(LookupError):
        say(twins, question, same=True)
    twins.entity = own
    assert twins.question(question).answer is None
