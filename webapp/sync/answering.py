"""What a person's answer to a question of sameness does, and taking it back (I11, A29).

Everything happens in the caller's write transaction. Locks are taken as by a sync: the interface,
its accounts, then the reports of the people concerned.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, or_, select

from webapp.domain.interfaces import Trigger
from webapp.domain.merging import MergeRefusal, MergeRefused
from webapp.domain.questions import Answer, Doubt, QuestionKind
from webapp.domain.sameness import DUPLICATE, is_settled, takes_values
from webapp.storage import audit
from webapp.storage.accounts import (
    Account,
    AccountIdentityAlias,
    accounts_of,
    lock_accounts,
)
from webapp.storage.expenses import Expense
from webapp.storage.interfaces import lock_interface
from webapp.storage.merging import merge, split
from webapp.storage.questions import HeldRow, Question
from webapp.storage.runs import SyncRun
from webapp.storage.transactions import BankTransaction
from webapp.sync.attaching import Saver, audit_account
from webapp.sync.held_rows import know_again, store
from webapp.sync.stopping import stop_account
from webapp.sync.waiting import release

# What the source says of a card, in the evidence, and where an account keeps it.
_CARD = {"last4": "number_last4", "holder_name": "holder_name", "name": "name"}


@dataclass(frozen=True, slots=True)
class Answered:
    """How a question stands now: its answer, whose it is and since when.

    ``now``: this very answer settled it; else somebody had answered before.
    """

    answer: Answer
    by: str | None
    at: datetime | None
    now: bool


def answer(by: Saver, question_id: str, *, same: bool) -> Answered:
    """Answer a question once; the second answer changes nothing and is told of the first.

    What nobody needs to answer any more lapses: the row in question was withdrawn or merged.

    :raises MergeRefused: if the two cannot be made one; the question stays open.
    :raises LookupError: if there is no such question.
    """
    question = _lock(by, question_id)
    if question.answer is not None:
        return _standing(question, now=False)
    said = Answer.SAME if same else Answer.DIFFERENT
    match QuestionKind(question.kind):
        case QuestionKind.SAME_PURCHASE:
            said = _same_purchase(by, question, said)
        case QuestionKind.NEW_IDS | QuestionKind.MOVED:
            _held_rows(by, question, said)
        case QuestionKind.OTHER_CARD:
            _other_card(by, question, said)
    _remember(by, question, said)
    return _standing(question, now=True)


def say_same(by: Saver, one_id: str, other_id: str) -> Question:
    """Merge two transactions because a person says so, asked or not; it is remembered.

    :raises MergeRefused: if they cannot be made one, or belong to other legal entities.
    """
    rows = {row.id: row for row in _rows(by.session, [one_id, other_id])}
    one, other = rows.get(one_id), rows.get(other_id)
    if one is None or other is None or one is other:
        raise MergeRefused(MergeRefusal.SAME_ROW)
    if any(row.legal_entity_id != by.entity.id for row in (one, other)):
        raise MergeRefused(MergeRefusal.OTHER_ENTITY)
    lock_accounts(by.session, {one.account_id, other.account_id})
    _rows(by.session, [one_id, other_id])
    stays, goes = ordered(by.session, one, other)
    question = _question_of(by, stays, goes)
    _merge(by, stays, goes)
    _remember(by, question, Answer.SAME)
    return question


def take_back(by: Saver, question_id: str) -> str | None:
    """Part two transactions that a person had called one; returns the id of the parted one.

    It waits or becomes an expense as a new one would; receipts stay where they are. ``None`` if
    they are not merged (any more).

    :raises MergeRefused: if another row was merged into the same one since.
    :raises LookupError: if there is no such question.
    """
    question = _lock(by, question_id)
    if question.kind != QuestionKind.SAME_PURCHASE or question.answer != Answer.SAME:
        return None
    pair = _rows(by.session, [question.first_id or "", question.second_id or ""])
    goes = next((row for row in pair if row.status == DUPLICATE), None)
    if goes is None:
        return None
    split(by.session, goes.id, by=by.user_id, at=by.now)
    release(by.session, goes.account_id, by.now, only=[goes.id])
    _remember(by, question, Answer.DIFFERENT)
    return goes.id


def ordered(
    session: Session, one: BankTransaction, other: BankTransaction
) -> tuple[BankTransaction, BankTransaction]:
    """Return which of two rows stays and which goes, where a person only says that they are one.

    What is not booked yet stays and is booked by the other; what is in a submitted report stays;
    else ``one``, which the person began with.
    """
    for stays, goes in ((one, other), (other, one)):
        if takes_values(stays.status, goes.status):
            return stays, goes
    if _locked(session, other) and not _locked(session, one):
        return other, one
    return one, other


def _lock(by: Saver, question_id: str) -> Question:
    """Return the question as it stands once everybody else has finished with its accounts."""
    found = by.session.get(Question, question_id)
    if found is None or found.legal_entity_id != by.entity.id:
        raise LookupError(f"there is no question {question_id}")
    account = by.session.get_one(Account, found.account_id)
    if found.kind == QuestionKind.SAME_PURCHASE:
        ids = [one for one in (found.first_id, found.second_id) if one is not None]
        rows = _rows(by.session, ids)
        lock_accounts(by.session, {account.id, *(row.account_id for row in rows)})
    else:
        lock_interface(by.session, account.interface_id)
        # All of them at once, as stopping one does: always in one order.
        accounts_of(by.session, account.interface_id)
    query = select(Question).where(Question.id == question_id).with_for_update()
    row = by.session.exec(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise LookupError(f"there is no question {question_id}")
    return row


def _rows(session: Session, ids: Sequence[str]) -> list[BankTransaction]:
    query = select(BankTransaction).where(col(BankTransaction.id).in_(ids))
    return list(session.exec(query.execution_options(populate_existing=True)))


def _same_purchase(by: Saver, question: Question, said: Answer) -> Answer:
    rows = {
        row.id: row
        for row in _rows(by.session, [question.first_id or "", question.second_id or ""])
    }
    first, second = rows.get(question.first_id or ""), rows.get(question.second_id or "")
    if first is None or second is None or is_settled(first.status, second.status):
        return Answer.LAPSED
    if said is Answer.SAME:
        _merge(by, *ordered(by.session, first, second))
    return said


def _merge(by: Saver, stays: BankTransaction, goes: BankTransaction) -> None:
    merge(
        by.session,
        stays.id,
        goes.id,
        by=by.user_id,
        at=by.now,
        takes_values=takes_values(stays.status, goes.status)
        or (_is_told_no_more(by.session, stays) and not _is_told_no_more(by.session, goes)),
    )


def _is_told_no_more(session: Session, row: BankTransaction) -> bool:
    """Say whether the account's feed does not go on telling the row: a file did, or another link.

    Merged with a row that it tells, such a one takes that one's words: they may change again.
    """
    run = session.get(SyncRun, row.last_run_id) if row.last_run_id else None
    account = session.get_one(Account, row.account_id)
    told = run is not None and run.interface_id == account.interface_id
    return not told or (run is not None and run.trigger == Trigger.FILE)


def _locked(session: Session, row: BankTransaction) -> bool:
    query = select(Expense.id).where(
        Expense.transaction_id == row.id, col(Expense.locked_at).is_not(None)
    )
    return session.exec(query).first() is not None


def _held_rows(by: Saver, question: Question, said: Answer) -> None:
    """Have the rows be the known ones under further keys, or be purchases of their own."""
    query = select(HeldRow).where(HeldRow.question_id == question.id).order_by(col(HeldRow.number))
    held = by.session.exec(query).all()
    known = [one for one in held if said is Answer.SAME and one.transaction_id is not None]
    know_again(by, question, known)
    taken = {one.number for one in known}
    store(by, question, [one for one in held if one.number not in taken])


def _other_card(by: Saver, question: Question, said: Answer) -> None:
    account = by.session.get_one(Account, question.account_id)
    if said is not Answer.SAME:
        stop_account(by, account.interface_id, account.id)
        return
    told = {
        column: question.evidence[key]
        for key, column in _CARD.items()
        if isinstance(question.evidence.get(key), str) and question.evidence[key]
    }
    if "number_last4" in told:
        told["number_last4"] = told["number_last4"][-4:]
    for column, value in told.items():
        setattr(account, column, value)
    by.session.add(account)
    _know_identity(by, account, question.evidence.get("iban_key"))
    audit_account(by, "account.renumbered", account, last4=account.number_last4)


def _know_identity(by: Saver, account: Account, key: object) -> None:
    """Have the account be found under the key of its new number, unless that is another's."""
    if not isinstance(key, str) or not key:
        return
    query = select(AccountIdentityAlias.id).where(
        AccountIdentityAlias.legal_entity_id == account.legal_entity_id,
        AccountIdentityAlias.key == key,
    )
    if by.session.exec(query).first() is None:
        by.session.add(
            AccountIdentityAlias(
                legal_entity_id=account.legal_entity_id,
                key=key,
                identity_id=account.identity_id,
                created_at=by.now,
            )
        )


def _question_of(by: Saver, stays: BankTransaction, goes: BankTransaction) -> Question:
    """Return the question about this pair, or one that nobody had to put."""
    ids = (stays.id, goes.id)
    query = select(Question).where(
        or_(
            *(
                (col(Question.first_id) == one) & (col(Question.second_id) == other)
                for one, other in (ids, ids[::-1])
            )
        )
    )
    found = by.session.exec(query.with_for_update()).first()
    return found or Question(
        legal_entity_id=by.entity.id,
        account_id=goes.account_id,
        kind=QuestionKind.SAME_PURCHASE.value,
        doubt=Doubt.BY_HAND.value,
        first_id=stays.id,
        second_id=goes.id,
        asked_at=by.now,
    )


def _remember(by: Saver, question: Question, said: Answer) -> None:
    question.answer, question.answered_at, question.answered_by = said.value, by.now, by.user_id
    by.session.add(question)
    by.session.flush()
    audit.record_in(
        by.session,
        by,
        "question.answered",
        kind="question",
        target_id=question.id,
        account=question.account_id,
        question=question.kind,
        answer=said.value,
    )


def _standing(question: Question, *, now: bool) -> Answered:
    said = Answer(question.answer) if question.answer else Answer.LAPSED
    return Answered(said, question.answered_by, question.answered_at, now)
