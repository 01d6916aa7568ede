"""Groups, legal entities, people, their roles and their log-in sessions."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CheckConstraint, Column, String, UniqueConstraint
from sqlmodel import Field, Index, Session, SQLModel, col, or_, select, update

from webapp.domain.people import Grant, Role, Scope
from webapp.storage.columns import ID_LENGTH, UtcDateTime, id_field, one_of, ref


class Group(SQLModel, table=True):
    """The customer; billed as one; owns legal entities. A household is a group of one entity."""

    __tablename__ = "customer_group"
    __table_args__ = (one_of("plan", ("premium", "standard")),)

    id: str = id_field()
    name: str
    plan: str = "premium"
    created_at: datetime = Field(sa_type=UtcDateTime)


class LegalEntity(SQLModel, table=True):
    """A company of the group (or the household itself).

    ``receipt_from_minor``: a receipt is asked from this amount on, in minor units of ``currency``.
    """

    __tablename__ = "legal_entity"
    __table_args__ = (
        CheckConstraint("length(currency) = 3", name="currency_iso"),
        one_of("language", ("fr", "en")),
        UniqueConstraint("group_id", "name"),
    )

    id: str = id_field()
    group_id: str = ref("customer_group.id")
    name: str
    country: str = "FR"
    timezone: str = "Europe/Paris"
    currency: str = "EUR"
    language: str = "fr"
    household: bool = False
    receipt_from_minor: int | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)


class User(SQLModel, table=True):
    """A person who can log in. ``email`` is stored in lower case; support belongs to no group."""

    __tablename__ = "app_user"
    __table_args__ = (
        one_of("locale", ("fr", "en")),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )

    id: str = id_field()
    group_id: str | None = ref("customer_group.id", nullable=True)
    email: str = Field(unique=True)
    name: str
    password_hash: str | None = Field(default=None, repr=False)
    locale: str = "fr"
    active: bool = True
    created_at: datetime = Field(sa_type=UtcDateTime)


class RoleGrant(SQLModel, table=True):
    """One role of one person on a legal entity, on a whole group, or (support) everywhere."""

    __tablename__ = "role_grant"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint(
            "role = 'support' OR group_id IS NOT NULL OR legal_entity_id IS NOT NULL",
            name="scope_given",
        ),
    )

    id: str = id_field()
    user_id: str = ref("app_user.id")
    role: str
    group_id: str | None = ref("customer_group.id", nullable=True)
    legal_entity_id: str | None = ref("legal_entity.id", nullable=True)
    created_at: datetime = Field(sa_type=UtcDateTime)


class LoginSession(SQLModel, table=True):
    """A server-side session: it ends at log-out, whatever cookie is replayed (ASVS 7.4.1).

    ``token_hash`` is the SHA-256 of the cookie's value, so a stolen database opens no session.
    ``legal_entity_id``: the one whose lists the person chose to see; it opens nothing.
    """

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_live", "user_id", "ended_at"),)

    id: str = id_field()
    token_hash: str = Field(sa_column=Column(String(64), unique=True, nullable=False))
    user_id: str = ref("app_user.id", index=False)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    user_agent: str = ""
    legal_entity_id: str | None = Field(default=None, max_length=ID_LENGTH)


class OneTimeToken(SQLModel, table=True):
    """A link that works once: the first admin's set-up, or a person's invitation (``user_id``)."""

    __tablename__ = "one_time_token"
    __table_args__ = (one_of("purpose", ("first_admin", "invitation")),)

    id: str = id_field()
    token_hash: str = Field(sa_column=Column(String(64), unique=True, nullable=False))
    purpose: str
    user_id: str | None = ref("app_user.id", nullable=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def user_by_email(session: Session, email: str) -> User | None:
    """Return the person who logs in as ``email``, in whatever case it was typed."""
    return session.exec(select(User).where(User.email == email.strip().lower())).one_or_none()


def legal_entity(session: Session, entity_id: str) -> LegalEntity | None:
    """Return a legal entity by its id."""
    return session.get(LegalEntity, entity_id)


def legal_entities(session: Session, ids: frozenset[str]) -> Sequence[LegalEntity]:
    """Return the legal entities of ``ids`` by name."""
    return session.exec(
        select(LegalEntity).where(col(LegalEntity.id).in_(ids)).order_by(col(LegalEntity.name))
    ).all()


def whole_groups(session: Session, entities: frozenset[str]) -> frozenset[str]:
    """Return the groups whose legal entities are all among ``entities``."""
    groups = select(LegalEntity.group_id).where(col(LegalEntity.id).in_(entities))
    partly = select(LegalEntity.group_id).where(col(LegalEntity.id).not_in(entities))
    query = select(Group.id).where(col(Group.id).in_(groups), col(Group.id).not_in(partly))
    return frozenset(session.exec(query))


def group(session: Session, group_id: str) -> Group | None:
    """Return a group by its id."""
    return session.get(Group, group_id)


def any_group(session: Session) -> bool:
    """Say whether this installation has a group yet."""
    return session.exec(select(Group.id).limit(1)).first() is not None


def scope_of(session: Session, user: User) -> Scope:
    """Return what ``user`` may reach. Support reaches the whole installation."""
    rows = session.exec(select(RoleGrant).where(RoleGrant.user_id == user.id)).all()
    grants = tuple(Grant(Role(row.role), row.group_id, row.legal_entity_id) for row in rows)
    wanted = select(LegalEntity.id, LegalEntity.group_id)
    if not any(g.group_id is None and g.legal_entity_id is None for g in grants):
        wanted = wanted.where(
            or_(
                col(LegalEntity.group_id).in_({g.group_id for g in grants if g.group_id}),
                col(LegalEntity.id).in_({g.legal_entity_id for g in grants if g.legal_entity_id}),
            )
        )
    return Scope(grants, tuple((entity, owner) for entity, owner in session.exec(wanted)))


def employees_of(session: Session, entity_id: str) -> Sequence[User]:
    """Return the active people who can hold expenses in a legal entity, by name."""
    holds = (
        select(RoleGrant.user_id)
        .join(LegalEntity, col(LegalEntity.id) == entity_id)
        .where(
            RoleGrant.role != Role.SUPPORT.value,
            or_(
                col(RoleGrant.legal_entity_id) == entity_id,
                col(RoleGrant.group_id) == col(LegalEntity.group_id),
            ),
        )
    )
    return session.exec(
        select(User).where(col(User.active), col(User.id).in_(holds)).order_by(col(User.name))
    ).all()


def set_password(session: Session, user_id: str, password_hash: str) -> None:
    """Store the hash of a new password."""
    session.exec(update(User).where(col(User.id) == user_id).values(password_hash=password_hash))


def set_profile(session: Session, user_id: str, *, name: str, locale: str) -> None:
    """Store the name and the language (``fr`` or ``en``) a person chose."""
    session.exec(update(User).where(col(User.id) == user_id).values(name=name, locale=locale))


def set_locale(session: Session, user_id: str, locale: str) -> None:
    """Store the language a person chose: ``fr`` or ``en``."""
    session.exec(update(User).where(col(User.id) == user_id).values(locale=locale))
