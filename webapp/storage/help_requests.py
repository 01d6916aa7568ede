"""Whether help articles helped, and the requests of those whom they did not."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, or_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Index, Session, SQLModel, col, select

from webapp.storage import audit
from webapp.storage.columns import UtcDateTime, id_field, one_of, ref
from webapp.storage.people import LegalEntity, User

TEXT_MAX = 4000


class HelpVote(SQLModel, table=True):
    """How often an article was called helpful, or not. Counts only: nothing about anybody."""

    __tablename__ = "help_vote"
    __table_args__ = (one_of("language", ("fr", "en")),)

    slug: str = Field(primary_key=True)
    language: str = Field(primary_key=True)
    helpful: int = 0
    not_helpful: int = 0


class HelpRequest(SQLModel, table=True):
    """What somebody asks for where no article helped; ``page`` is the address they came from."""

    __tablename__ = "help_request"
    __table_args__ = (
        CheckConstraint(f"length(text) BETWEEN 1 AND {TEXT_MAX}", name="text_length"),
        Index("ix_help_request_entity", "legal_entity_id", "id"),
    )

    id: str = id_field()
    group_id: str | None = ref("customer_group.id", nullable=True, index=False)
    legal_entity_id: str | None = ref("legal_entity.id", nullable=True, index=False)
    user_id: str = ref("app_user.id", index=False)
    slug: str
    page: str = ""
    text: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answered_by: str | None = ref("app_user.id", nullable=True, index=False)


def count_vote(session: Session, slug: str, language: str, *, helpful: bool) -> None:
    """Count one answer to "Was this helpful?"."""
    if session.get(HelpVote, (slug, language)) is None:
        with suppress(IntegrityError), session.begin_nested():
            # Somebody else may give the first answer at this very moment.
            session.add(HelpVote(slug=slug, language=language))
            session.flush()
    field = "helpful" if helpful else "not_helpful"
    session.connection().execute(
        update(HelpVote)
        .where(col(HelpVote.slug) == slug, col(HelpVote.language) == language)
        .values({field: getattr(HelpVote, field) + 1})
    )


def votes(session: Session) -> dict[tuple[str, str], HelpVote]:
    """Return the counts by slug and language."""
    return {(row.slug, row.language): row for row in session.exec(select(HelpVote))}


def requests(
    session: Session, entities: frozenset[str], *, everything: bool, limit: int
) -> Sequence[tuple[HelpRequest, User, LegalEntity | None]]:
    """Return the requests of these legal entities: the unanswered first, then the newest.

    :param everything: also those that name no legal entity, as support sees them.
    """
    wanted: ColumnElement[bool] = col(HelpRequest.legal_entity_id).in_(entities)
    if everything:
        wanted = or_(wanted, col(HelpRequest.legal_entity_id).is_(None))
    return session.exec(
        select(HelpRequest, User, LegalEntity)
        .join(User, col(User.id) == col(HelpRequest.user_id))
        .outerjoin(LegalEntity, col(LegalEntity.id) == col(HelpRequest.legal_entity_id))
        .where(wanted)
        .order_by(col(HelpRequest.answered_at).is_not(None), col(HelpRequest.id).desc())
        .limit(limit)
    ).all()


def find_request(session: Session, request_id: str) -> HelpRequest | None:
    """Return a request by its id."""
    return session.get(HelpRequest, request_id)


def record_step(session: Session, row: HelpRequest) -> None:
    """Write the audit row of what was done last with a request: sent, then answered."""
    answered = row.answered_at is not None
    audit.record(
        session,
        at=row.answered_at or row.created_at,
        action="help_request.answered" if answered else "help_request.sent",
        target_kind="help_request",
        target_id=row.id,
        actor_id=row.answered_by if answered else row.user_id,
        group_id=row.group_id,
        legal_entity_id=row.legal_entity_id,
    )
