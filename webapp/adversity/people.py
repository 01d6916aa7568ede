"""What people do in a script, through the very functions that the pages use."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import singledispatch
from io import BytesIO

from PIL import Image
from sqlmodel import col, select

from cardsync_sdk.money import parse_money
from cardsync_sdk.testing.adversity import NAME
from cardsync_sdk.testing.adversity.acts import (
    Answer,
    Attach,
    Complete,
    EnterByHand,
    LinkAgain,
    Merge,
    MoveToOtherEntity,
    Reconsent,
    Relink,
    RestoreCard,
    SetAside,
    Share,
    StopCard,
    Submit,
    TakeUp,
)
from webapp.adversity.checker import Work
from webapp.adversity.reading import ACTIVE, names_of_transactions
from webapp.adversity.world import World
from webapp.domain.by_hand import Entry
from webapp.domain.expenses import NotExpense, NotExpenseReason, Said
from webapp.domain.interfaces import ImportMode
from webapp.domain.merging import MergeRefused
from webapp.domain.questions import QuestionKind
from webapp.domain.reports import ReportStatus, Step
from webapp.storage import by_hand
from webapp.storage.accounts import Account
from webapp.storage.completions import NewReceipt, Submission, complete
from webapp.storage.expenses import Expense
from webapp.storage.not_expenses import set_aside, take_up
from webapp.storage.questions import HeldRow, Question
from webapp.storage.reporting import Doer, take_step
from webapp.storage.reports import Report
from webapp.storage.transactions import BankTransaction
from webapp.sync.answering import answer, say_same
from webapp.sync.stopping import restore_account, stop_account


class NotPossible(Exception):
    """cardsync does not let a person do this yet, or not with what is stored."""


@singledispatch
def act(step: object, world: World) -> Work | None:
    """Do what a person does; returns their work, where some must be kept.

    :raises NotPossible: in words that say what is missing.
    """
    raise TypeError(f"{type(step).__name__} is nothing that a person does")


@act.register
def _attach(step: Attach, world: World) -> None:
    first_day = world.day(step.first_day) if step.first_day else None
    with ThreadPoolExecutor(step.at_once) as presses:
        done = [
            presses.submit(world.give, step.card, step.to, first_day) for _ in range(step.at_once)
        ]
    for press in done:
        press.result()


@act.register
def _complete(step: Complete, world: World) -> Work:
    expense = _expense_of(world, step.what)
    work = Work(step.what, f"work on {step.what}")
    photo = world.receipts.keep(_photo(step.what))
    with world.database.write() as session:
        complete(
            session,
            expense.id,
            user_id=expense.user_id,
            entities=world.entities,
            submission=Submission(
                expense.version,
                Said(world.category_id, work.mark),
                NewReceipt(photo, f"{step.what}.png"),
            ),
            at=world.now,
        )
    return work


@act.register
def _set_aside(step: SetAside, world: World) -> None:
    expense = _expense_of(world, step.what)
    with world.database.write() as session:
        said = NotExpense(NotExpenseReason.PRIVATE)
        set_aside(session, _doer(world, expense.user_id), expense.id, said)


@act.register
def _take_up(step: TakeUp, world: World) -> None:
    expense = _expense_of(world, step.what)
    with world.database.write() as session:
        take_up(session, _doer(world, expense.user_id), expense.id)


@act.register
def _submit(step: Submit, world: World) -> None:
    user_id = world.people[step.who]
    with world.database.write() as session:
        query = select(Report).where(
            Report.user_id == user_id, Report.status == ReportStatus.DRAFT.value
        )
        for report in session.exec(query).all():
            take_step(
                session,
                _doer(world, user_id),
                report.id,
                Step.SUBMIT,
                version=report.version,
            )


@act.register
def _answer(step: Answer, world: World) -> None:
    question = _question_about(world, step.what)
    with world.admin(question.legal_entity_id) as admin:
        answer(admin, question.id, same=step.same)


@act.register
def _merge(step: Merge, world: World) -> None:
    with world.database.read() as session:
        seen = names_of_transactions(session, world)
        rows = session.exec(
            select(BankTransaction.id).where(col(BankTransaction.status).in_(ACTIVE))
        ).all()
    found = {seen[row][-1]: row for row in rows if row in seen}
    if not {step.stays, step.goes} <= found.keys():
        raise NotPossible(f"“{step.stays}” and “{step.goes}” are not two rows that are stored")
    with world.admin() as admin:
        try:
            say_same(admin, found[step.stays], found[step.goes])
        except MergeRefused as error:
            raise NotPossible(f"“{step.goes}” is not merged: {error}") from error


@act.register
def _by_hand(step: EnterByHand, world: World) -> Work:
    work = Work(step.what, f"work on {step.what}")
    user_id = world.people["Camille"]
    card = world.truth.cards["card"].card
    spent = parse_money(step.amount, card.currency)
    entry = Entry(
        world.account["card"], world.day(step.on), -spent.minor, spent.currency, step.what
    )
    photo = world.receipts.keep(_photo(step.what))
    with world.database.write() as session:
        expense_id = by_hand.enter(session, _doer(world, user_id), entry)
        complete(
            session,
            expense_id,
            user_id=user_id,
            entities=world.entities,
            submission=Submission(
                1, Said(world.category_id, work.mark), NewReceipt(photo, f"{step.what}.png")
            ),
            at=world.now,
        )
    return work


@act.register
def _stop(step: StopCard, world: World) -> None:
    account_id = world.account[step.card]
    with world.admin() as admin:
        account = admin.session.get_one(Account, account_id)
        stop_account(admin, account.interface_id, account_id)


@act.register
def _restore(step: RestoreCard, world: World) -> None:
    account_id = world.account[step.card]
    with world.admin() as admin:
        account = admin.session.get_one(Account, account_id)
        restore_account(admin, account.interface_id, account_id, by_file=False)


@act.register
def _relink(step: Relink, world: World) -> None:
    world.new_link()
    if step.connector is not None:
        world.slug = step.connector
    for name, holding in world.truth.cards.items():
        holding.ref = f"{world.link_ref}-{name}"
    if not step.same_ids:
        world.truth.reissue(f"{world.link_ref}-row-")
    world.connect()


@act.register
def _link_again(step: LinkAgain, world: World) -> None:
    world.new_link()
    world.connect()


@act.register
def _share(step: Share, world: World) -> None:
    world.connect()


@act.register
def _reconsent(step: Reconsent, world: World) -> None:
    world.connect()


@act.register
def _move(step: MoveToOtherEntity, world: World) -> None:
    _stop(StopCard(step.card), world)
    world.new_link()
    world.connect(entity_id=world.other_entity_id, cards=[step.card])
    world.reach(step.card, ImportMode.ONLY_NEW, entity_id=world.other_entity_id)


def _doer(world: World, user_id: str) -> Doer:
    return Doer(user_id, world.entities, frozenset(), world.now)


def _expense_of(world: World, what: str) -> Expense:
    """Return the expense of the row that was last seen as ``what``."""
    with world.database.read() as session:
        seen = names_of_transactions(session, world)
        ids = [one for one, names in seen.items() if names[-1] == what]
        query = (
            select(Expense)
            .join(BankTransaction, col(BankTransaction.id) == col(Expense.transaction_id))
            .where(col(Expense.transaction_id).in_(ids), col(BankTransaction.status).in_(ACTIVE))
        )
        found = session.exec(query).first()
    if found is None:
        raise NotPossible(f"there is no expense of “{what}” to work on")
    return found


def _question_about(world: World, what: str) -> Question:
    """Return the open question about the new row of ``what``, stored or held back."""
    with world.database.read() as session:
        seen = names_of_transactions(session, world)
        query = select(Question).where(
            col(Question.legal_entity_id).in_(world.entities), col(Question.answer).is_(None)
        )
        for question in session.exec(query.order_by(col(Question.id))):
            told = {*seen.get(question.first_id or "", ()), *seen.get(question.second_id or "", ())}
            lines = select(HeldRow.line).where(HeldRow.question_id == question.id)
            told |= {json.loads(line).get("raw", {}).get(NAME) for line in session.exec(lines)}
            if what in told or question.kind == QuestionKind.OTHER_CARD:
                return question
    raise NotPossible(f"nobody is asked whether the new “{what}” is the one known before")


def _photo(what: str) -> bytes:
    """Return a small picture that is this purchase's and no other's."""
    buffer = BytesIO()
    red, green, blue = (sum(what.encode()) * factor % 256 for factor in (3, 7, 11))
    Image.new("RGB", (60, 80), (red, green, blue)).save(buffer, "PNG")
    return buffer.getvalue()
