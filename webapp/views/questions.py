"""Questions about sameness: listed, put with their evidence, answered, and taken back (I11)."""

from flask import Blueprint, Response, abort, request, url_for
from flask_babel import gettext as _

from webapp.domain.merging import MergeRefused
from webapp.domain.people import Right
from webapp.domain.questions import Answer, Doubt, QuestionKind
from webapp.domain.sameness import compare
from webapp.jobs.asking import Demand, ask_for_sync
from webapp.storage import people, question_lists
from webapp.storage.accounts import Account
from webapp.storage.people import LegalEntity, User
from webapp.storage.questions import Question
from webapp.sync import answering
from webapp.sync.answering import Answered
from webapp.sync.attaching import Saver
from webapp.views import question_words as words
from webapp.views.access import current_user, needs, now, scoped_or_404, services
from webapp.views.formats import instant
from webapp.views.pages import announce, render_page, see_other
from webapp.views.switching import shown_entities

blueprint = Blueprint("questions", __name__)

OPEN_SHOWN, ANSWERED_SHOWN, HELD_SHOWN = 100, 50, 50
SAME = {"yes": True, "no": False}


@blueprint.get("/questions")
@needs(Right.CONFIGURE)
def index() -> Response:
    """List what is asked, the oldest first, and what was answered, the latest first."""
    entities = shown_entities(Right.CONFIGURE)
    with services().database.read() as session:
        asked = question_lists.listed(session, entities, answered=False, limit=OPEN_SHOWN)
        answered = question_lists.listed(session, entities, answered=True, limit=ANSWERED_SHOWN)
    return render_page(
        "questions/index.html",
        asked=asked,
        answered=answered,
        words=words,
        several=len(entities) > 1,
    )


@blueprint.get("/questions/<question_id>")
@needs(Right.CONFIGURE)
def show(question_id: str) -> Response:
    """Put one question with its evidence, or show how it was answered."""
    return _page(_question(question_id))


@blueprint.post("/questions/<question_id>")
@needs(Right.CONFIGURE)
def answer(question_id: str) -> Response:
    """Take an answer; a second one changes nothing and is told of the first."""
    question = _question(question_id)
    same = SAME.get(request.form.get("same", ""))
    if same is None:
        announce(_("Choose one of the two answers."), "warning")
        return _page(question, status=422)
    try:
        with services().database.write() as session:
            entity = session.get_one(LegalEntity, question.legal_entity_id)
            by = Saver(session, entity, current_user().id, now())
            answered = answering.answer(by, question.id, same=same)
    except MergeRefused as error:
        announce(str(words.REFUSALS[error.why]), "danger", article="one-or-two")
        return _page(question, status=409)
    except LookupError:
        abort(404)
    _announce(question, answered, entity)
    if (
        answered.now
        and question.kind != QuestionKind.SAME_PURCHASE
        and not _stopped(question, same)
    ):
        _ask_for_sync(question, entity)
    return see_other(url_for(".index"))


@blueprint.post("/questions/<question_id>/take-back")
@needs(Right.CONFIGURE)
def take_back(question_id: str) -> Response:
    """Part two rows that were called one purchase."""
    question = _question(question_id)
    try:
        with services().database.write() as session:
            entity = session.get_one(LegalEntity, question.legal_entity_id)
            by = Saver(session, entity, current_user().id, now())
            parted = answering.take_back(by, question.id)
    except MergeRefused as error:
        announce(str(words.REFUSALS[error.why]), "danger", article="one-or-two")
        return see_other(url_for(".show", question_id=question.id))
    if parted is None:
        announce(_("They are not merged any more."), "info")
    else:
        announce(
            _(
                "They are two purchases again. Receipts and comments stay on the expense they are "
                "on: look whether one belongs to the other."
            )
        )
    return see_other(url_for(".show", question_id=question.id))


def _question(question_id: str) -> Question:
    with services().database.read() as session:
        found = question_lists.find(session, question_id)
    return scoped_or_404(found, Right.CONFIGURE)


def _page(question: Question, status: int = 200) -> Response:
    ids = [one for one in (question.first_id, question.second_id) if one is not None]
    with services().database.read() as session:
        account = session.get_one(Account, question.account_id)
        entity = people.legal_entity(session, question.legal_entity_id)
        sides = question_lists.sides(session, ids) if question.second_id else []
        held = question_lists.held_rows(session, question.id)
        by = session.get(User, question.answered_by) if question.answered_by else None
    return render_page(
        "questions/show.html",
        status=status,
        question=question,
        asked=words.KINDS[QuestionKind(question.kind)],
        why=words.WHY[QuestionKind(question.kind)],
        doubt=words.DOUBTS[Doubt(question.doubt)] if question.doubt else "",
        account=account,
        entity=entity,
        sides=sides,
        agrees=compare(sides[0].told, sides[1].told) if len(sides) > 1 else {},
        held=held[:HELD_SHOWN],
        held_count=len(held),
        fitting=sum(one.fits for one in held),
        answered_by=by.name if by else "",
        merged=any(side.row.merged_into for side in sides),
        words=words,
    )


def _announce(question: Question, answered: Answered, entity: LegalEntity) -> None:
    if answered.answer is Answer.LAPSED:
        announce(_("Nothing needed to be decided any more: the bank settled it."), "info")
    elif not answered.now:
        with services().database.read() as session:
            by = session.get(User, answered.by) if answered.by else None
        announce(
            _(
                "%(name)s had answered on %(when)s: %(answer)s. Nothing was changed.",
                name=by.name if by else _("Somebody"),
                when=instant(answered.at, entity.timezone),
                answer=words.ANSWERS[answered.answer][1],
            ),
            "info",
        )
    else:
        asked = words.KINDS[QuestionKind(question.kind)]
        said = answered.answer is Answer.SAME
        announce(_("Answered: %(answer)s.", answer=asked.same if said else asked.different))


def _stopped(question: Question, same: bool) -> bool:
    return question.kind == QuestionKind.OTHER_CARD and not same


def _ask_for_sync(question: Question, entity: LegalEntity) -> None:
    """Have the source be asked anew: what it says now of the rows comes with the next sync."""
    parts = services()
    with parts.database.read() as session:
        account = session.get_one(Account, question.account_id)
    demand = Demand(account.interface_id, entity, current_user().id, now())
    ask_for_sync(parts.database, parts.registry, parts.doorbell.ring, demand)
