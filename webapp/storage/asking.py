"""Put questions to a person, each once, with the evidence and the rows that wait for the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from cardsync_sdk.interchange import to_line
from webapp.domain.planning import KeyedRow
from webapp.domain.questions import Doubt, QuestionKind
from webapp.storage.questions import HeldRow, Question


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a question arises."""

    entity_id: str
    account_id: str
    run_id: str
    at: datetime


def ask_about_pair(
    session: Session, place: Place, first_id: str, second_id: str, doubt: Doubt
) -> None:
    """Ask whether two transactions are one purchase, unless that was asked before."""
    pair = (first_id, second_id), (second_id, first_id)
    for first, second in pair:
        known = select(Question.id).where(Question.first_id == first, Question.second_id == second)
        if session.exec(known).first() is not None:
            return
    session.add(
        _question(place, QuestionKind.SAME_PURCHASE, doubt=doubt, first=first_id, second=second_id)
    )


def ask_about_account(
    session: Session, place: Place, kind: QuestionKind, evidence: Mapping[str, Any]
) -> Question:
    """Return the open question of this kind about an account; asked now if there is none."""
    query = select(Question).where(
        Question.account_id == place.account_id,
        Question.kind == kind.value,
        col(Question.answer).is_(None),
        col(Question.second_id).is_(None),
    )
    question = session.exec(query).first()
    if question is None:
        question = _question(place, kind, evidence=evidence)
        session.add(question)
        session.flush()
    return question


def hold_back(
    session: Session, question: Question, rows: Sequence[tuple[KeyedRow, str | None]]
) -> None:
    """Keep rows, each with the transaction it seems to be, until the question is answered."""
    held = set(session.exec(select(HeldRow.key).where(HeldRow.question_id == question.id)))
    last = session.exec(
        select(func.max(HeldRow.number)).where(HeldRow.question_id == question.id)
    ).one()
    number = last or 0
    for keyed, transaction_id in rows:
        if keyed.key in held:
            continue
        held.add(keyed.key)
        number += 1
        session.add(
            HeldRow(
                question_id=question.id,
                number=number,
                key=keyed.key,
                line=to_line(keyed.row),
                transaction_id=transaction_id,
            )
        )
    session.flush()


def _question(
    place: Place,
    kind: QuestionKind,
    *,
    doubt: Doubt | None = None,
    first: str | None = None,
    second: str | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> Question:
    return Question(
        legal_entity_id=place.entity_id,
        account_id=place.account_id,
        kind=kind.value,
        doubt=doubt.value if doubt else None,
        first_id=first,
        second_id=second,
        run_id=place.run_id,
        asked_at=place.at,
        evidence=dict(evidence or {}),
    )
