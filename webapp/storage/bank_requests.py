"""Banks that people miss: who asked for which, and what support answered (R48)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint, and_, or_
from sqlmodel import Field, Index, Session, SQLModel, col, select

from webapp.domain.institutions import NAME_MAX, NOTE_MAX, name_key
from webapp.storage import audit
from webapp.storage.columns import UtcDateTime, id_field, ref
from webapp.storage.people import LegalEntity, User


class BankRequest(SQLModel, table=True):
    """A bank that a legal entity misses: asked for again, the request is joined, not doubled.

    ``asked_by`` and ``asked_at`` tell the last time; the audit trail has every time.
    """

    __tablename__ = "bank_request"
    __table_args__ = (
        UniqueConstraint("legal_entity_id", "name_key"),
        CheckConstraint("times >= 1", name="times_counted"),
        CheckConstraint(f"length(name) <= {NAME_MAX}", name="name_length"),
        CheckConstraint(f"length(note) <= {NOTE_MAX}", name="note_length"),
        CheckConstraint(f"length(answer) <= {NOTE_MAX}", name="answer_length"),
        Index("ix_bank_request_asked", "asked_at", "id"),
    )

    id: str = id_field()
    legal_entity_id: str = ref("legal_entity.id", index=False)
    name: str
    name_key: str
    note: str = ""
    times: int = 1
    asked_by: str = ref("app_user.id", index=False)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    answer: str = ""
    answered_by: str | None = ref("app_user.id", nullable=True, index=False)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    @property
    def open(self) -> bool:
        """Say whether it waits for an answer: it has none, or was made again after the last."""
        return self.answered_at is None or self.asked_at > self.answered_at


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks or answers, for which legal entity, when."""

    user_id: str
    entity: LegalEntity
    now: datetime


def ask(session: Session, by: Asker, name: str, note: str) -> BankRequest:
    """Record that a bank is missing, or join the request of the same name.

    The notes of all are kept, one below the other, as far as there is room; the newest always is.
    """
    # Two people may miss one bank at once: they take turns on their legal entity.
    entity = select(LegalEntity.id).where(LegalEntity.id == by.entity.id)
    session.exec(entity.with_for_update()).all()
    key = name_key(name)
    row = session.exec(
        select(BankRequest).where(
            BankRequest.legal_entity_id == by.entity.id, BankRequest.name_key == key
        )
    ).one_or_none()
    again = row is not None
    if row is None:
        row = BankRequest(
            legal_entity_id=by.entity.id,
            name=name,
            name_key=key,
            asked_by=by.user_id,
            asked_at=by.now,
        )
    else:
        row.times += 1
        row.asked_by, row.asked_at = by.user_id, by.now
    row.note = _noted(row.note, note)
    session.add(row)
    session.flush()
    _record(session, by, row, "bank_request.repeated" if again else "bank_request.made")
    return row


def _noted(before: str, note: str) -> str:
    both = f"{before}\n{note}".strip()
    return note if len(both) > NOTE_MAX else both


def answer(session: Session, by: Asker, request_id: str, words: str) -> None:
    """Mark a request answered, with words that the admins of its legal entity read."""
    row = session.get_one(BankRequest, request_id, with_for_update=True)
    row.answer, row.answered_by, row.answered_at = words, by.user_id, by.now
    _record(session, by, row, "bank_request.answered", why=words)


def _record(session: Session, by: Asker, row: BankRequest, action: str, **detail: str) -> None:
    audit.record_in(
        session, by, action, kind="bank_request", target_id=row.id, bank=row.name, **detail
    )


def find(session: Session, request_id: str) -> BankRequest | None:
    """Return a request by its id."""
    return session.get(BankRequest, request_id)


def of_entity(session: Session, legal_entity_id: str, limit: int) -> Sequence[BankRequest]:
    """Return the requests of one legal entity, the last made first."""
    return session.exec(
        select(BankRequest)
        .where(BankRequest.legal_entity_id == legal_entity_id)
        .order_by(col(BankRequest.asked_at).desc(), col(BankRequest.id).desc())
        .limit(limit)
    ).all()


Line = tuple[BankRequest, LegalEntity, User]


def page(
    session: Session,
    entities: frozenset[str],
    *,
    only_open: bool,
    before: str | None,
    limit: int,
) -> Sequence[Line]:
    """Return one page of requests with where and by whom they were made, the last made first.

    ``before`` is the id of the last request of the page before.
    """
    at, key = col(BankRequest.asked_at), col(BankRequest.id)
    wanted = (
        select(BankRequest, LegalEntity, User)
        .join(LegalEntity, col(LegalEntity.id) == col(BankRequest.legal_entity_id))
        .join(User, col(User.id) == col(BankRequest.asked_by))
        .where(col(BankRequest.legal_entity_id).in_(entities))
        .order_by(at.desc(), key.desc())
        .limit(limit)
    )
    if only_open:
        answered = col(BankRequest.answered_at)
        wanted = wanted.where(or_(answered.is_(None), at > answered))
    last = session.get(BankRequest, before) if before else None
    if last is not None:
        wanted = wanted.where(or_(at < last.asked_at, and_(at == last.asked_at, key < last.id)))
    return session.exec(wanted).all()
