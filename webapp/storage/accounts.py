"""Accounts and cards, their identity above the connection, and who holds them when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Select,
    UniqueConstraint,
    and_,
    false,
    text,
)
from sqlmodel import Field, Index, Session, SQLModel, col, select

from cardsync_sdk.types import AccountKind
from webapp.domain.expenses import PaymentMode
from webapp.domain.interfaces import ImportMode
from webapp.storage.columns import ID_LENGTH, UtcDateTime, id_field, one_of, ref
from webapp.storage.expenses import Expense
from webapp.storage.people import User


class AccountIdentity(SQLModel, table=True):
    """An account as such, whatever link shows it: transactions are unique per identity.

    ``key`` is made by :func:`webapp.domain.identity.account_key` from IBAN, or masked number,
    holder and bank; it holds digests, never a full number.
    """

    __tablename__ = "account_identity"
    __table_args__ = (
        UniqueConstraint("legal_entity_id", "key"),
        UniqueConstraint("legal_entity_id", "id"),
    )

    id: str = id_field()
    legal_entity_id: str = ref("legal_entity.id", index=False)
    key: str
    created_at: datetime = Field(sa_type=UtcDateTime)


class AccountIdentityAlias(SQLModel, table=True):
    """A key under which an identity is known besides its own.

    An admin matched what a link shows under ``key`` to an account that was there already (R63).
    """

    __tablename__ = "account_identity_alias"
    __table_args__ = (
        ForeignKeyConstraint(
            ["legal_entity_id", "identity_id"],
            ["account_identity.legal_entity_id", "account_identity.id"],
            name="fk_account_identity_alias_legal_entity_id",
            ondelete="RESTRICT",
        ),
        UniqueConstraint("legal_entity_id", "key"),
    )

    id: str = id_field()
    legal_entity_id: str = Field(max_length=ID_LENGTH)
    key: str
    identity_id: str = Field(max_length=ID_LENGTH, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Account(SQLModel, table=True):
    """A bank account or a payment card under an interface; both alike (R12).

    ``activated_on`` is set for an account that joined its interface later than the first ones;
    ``import_from`` is the floor set by the import mode at the first run (D-S); ``cursor`` belongs
    to the connector and moves only together with the rows it covers; ``complete_until`` is the last
    day up to which everything was fetched with success. ``stopped_at``: an admin stopped syncing it
    (D-G); it is not shared while that stands. ``not_seen_since``: from that sync on
    the source lists its accounts without this one (D-O). ``review_first``: its transactions wait
    until a person takes them in (R64). ``deep_read_on``: when its days far back were last read.
    """

    __tablename__ = "account"
    __table_args__ = (
        ForeignKeyConstraint(
            ["legal_entity_id", "interface_id"],
            ["interface.legal_entity_id", "interface.id"],
            ondelete="RESTRICT",
        ),
        ForeignKeyConstraint(
            ["legal_entity_id", "identity_id"],
            ["account_identity.legal_entity_id", "account_identity.id"],
            ondelete="RESTRICT",
        ),
        UniqueConstraint("interface_id", "external_ref"),
        UniqueConstraint("legal_entity_id", "id"),
        one_of("kind", AccountKind),
        one_of("payment_mode", PaymentMode),
        one_of("import_mode", ImportMode),
        CheckConstraint("length(currency) = 3", name="currency_iso"),
        CheckConstraint("length(number_last4) <= 4", name="last_four_only"),
        Index("ix_account_identity", "identity_id"),
    )

    id: str = id_field()
    legal_entity_id: str = Field(max_length=ID_LENGTH)
    interface_id: str = Field(max_length=ID_LENGTH, index=True)
    identity_id: str = Field(max_length=ID_LENGTH)
    external_ref: str
    kind: str
    name: str
    holder_name: str = ""
    number_last4: str = ""
    currency: str
    shared: bool = True
    stopped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    not_seen_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    id_traits: str = ""
    payment_mode: str | None = None
    import_mode: str = ImportMode.START_OF_MONTH.value
    import_from: date | None = None
    review_first: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=false())
    )
    activated_on: date | None = None
    cursor: str | None = None
    complete_until: date | None = None
    last_ok_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    deep_read_on: date | None = None
    created_at: datetime = Field(sa_type=UtcDateTime)


class Attachment(SQLModel, table=True):
    """An account attached to an employee from ``starts_on`` to ``ends_on`` (both included).

    ``starts_on`` of the first attachment is ``None`` where everything that waited belongs to it;
    an admin may have named a first day instead (D-E).
    """

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint(
            "starts_on IS NULL OR ends_on IS NULL OR starts_on <= ends_on", name="in_order"
        ),
        # At most one open holder; the dated ones are checked when they are written (R14).
        Index(
            "uq_attachment_open",
            "account_id",
            unique=True,
            sqlite_where=text("ends_on IS NULL"),
            postgresql_where=text("ends_on IS NULL"),
        ),
    )

    id: str = id_field()
    account_id: str = ref("account.id")
    user_id: str = ref("app_user.id")
    starts_on: date | None = None
    ends_on: date | None = None
    created_by: str | None = ref("app_user.id", nullable=True, index=False)
    created_at: datetime = Field(sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True)
class HeldAccount:
    """A shared account and who holds it from now on, if anybody."""

    account: Account
    holder_id: str | None
    holder_name: str | None


def shared_accounts(session: Session, interface_id: str) -> list[HeldAccount]:
    """Return the shared accounts of an interface with their holders, by name."""
    rows = session.exec(
        select(Account, User.id, User.name)
        .outerjoin(
            Attachment,
            and_(col(Attachment.account_id) == col(Account.id), col(Attachment.ends_on).is_(None)),
        )
        .outerjoin(User, col(User.id) == col(Attachment.user_id))
        .where(Account.interface_id == interface_id, col(Account.shared))
        .order_by(col(Account.name), col(Account.id))
    ).all()
    return [HeldAccount(*row) for row in rows]


def stopped_accounts(session: Session, interface_id: str, *, since: datetime) -> list[Account]:
    """Return the accounts of an interface that an admin stopped at or after ``since``, by name."""
    query = select(Account).where(
        Account.interface_id == interface_id,
        ~col(Account.shared),
        col(Account.stopped_at) >= since,
    )
    return list(session.exec(query.order_by(col(Account.name), col(Account.id))))


def accounts_of(session: Session, interface_id: str) -> list[Account]:
    """Return every account of an interface, shared or not any more, for the caller to change.

    Their rows are locked until the caller's transaction ends, as a sync locks them.
    """
    query = select(Account).where(Account.interface_id == interface_id).order_by(col(Account.id))
    return list(session.exec(_locked(query)).all())


@dataclass(frozen=True, slots=True)
class HolderDays:
    """Who held an account from which day to which, both included; ``None`` has no such end."""

    account_id: str
    user_id: str
    name: str
    starts_on: date | None
    ends_on: date | None


def holder_days(session: Session, account_ids: Collection[str]) -> dict[str, list[HolderDays]]:
    """Return the past and present holders of these accounts, the latest first (R14)."""
    rows = session.exec(
        select(Attachment, User.name)
        .join(User, col(User.id) == col(Attachment.user_id))
        .where(col(Attachment.account_id).in_(account_ids))
        .order_by(col(Attachment.starts_on).desc().nulls_last(), col(Attachment.id).desc())
    ).all()
    found: dict[str, list[HolderDays]] = {}
    for row, name in rows:
        days = HolderDays(row.account_id, row.user_id, name, row.starts_on, row.ends_on)
        found.setdefault(row.account_id, []).append(days)
    return found


def accounts_by_id(session: Session, account_ids: Collection[str]) -> list[Account]:
    """Return these accounts, by name, for reading."""
    query = select(Account).where(col(Account.id).in_(account_ids))
    return list(session.exec(query.order_by(col(Account.name), col(Account.id))).all())


def lock_accounts(session: Session, account_ids: Collection[str]) -> list[Account]:
    """Return these accounts for the caller to change, locked as :func:`accounts_of` locks them."""
    query = select(Account).where(col(Account.id).in_(account_ids)).order_by(col(Account.id))
    return list(session.exec(_locked(query)).all())


def _locked(query: Select[Any]) -> Any:
    """Lock what a query finds, as it stands then: a row read before may have changed meanwhile."""
    return query.with_for_update().execution_options(populate_existing=True)


def attachments_of(session: Session, account_ids: Collection[str]) -> list[Attachment]:
    """Return every attachment of these accounts, the oldest first."""
    return list(
        session.exec(
            select(Attachment)
            .where(col(Attachment.account_id).in_(account_ids))
            .order_by(col(Attachment.starts_on).nulls_first(), col(Attachment.id))
        ).all()
    )


def with_expenses(session: Session, pairs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of the pairs of account and person for which an expense was made."""
    if not pairs:
        return set()
    rows = session.exec(
        select(Expense.account_id, Expense.user_id)
        .where(
            # By person first: that is what the table is indexed by.
            col(Expense.user_id).in_({user for _account, user in pairs}),
            col(Expense.account_id).in_({account for account, _user in pairs}),
        )
        .distinct()
    ).all()
    return set(rows) & set(pairs)


def identities(
    session: Session, legal_entity_id: str, keys: Collection[str]
) -> dict[str, AccountIdentity]:
    """Return the account identities of a legal entity by the key that was asked for.

    A key that an admin matched to another account finds that one's identity, unless the identity's
    own key was asked for too: then these are two accounts, whatever was matched once.
    """
    own = session.exec(
        select(AccountIdentity).where(
            AccountIdentity.legal_entity_id == legal_entity_id, col(AccountIdentity.key).in_(keys)
        )
    ).all()
    found = {row.key: row for row in own}
    taken = {row.id for row in own}
    matched = session.exec(
        select(AccountIdentityAlias.key, AccountIdentity)
        .join(AccountIdentity, col(AccountIdentity.id) == col(AccountIdentityAlias.identity_id))
        .where(
            AccountIdentityAlias.legal_entity_id == legal_entity_id,
            col(AccountIdentityAlias.key).in_(keys),
        )
        .order_by(col(AccountIdentityAlias.id))
    ).all()
    for key, identity in matched:
        if key not in found and identity.id not in taken:
            found[key] = identity
            taken.add(identity.id)
    return found


def identity_keys(session: Session, identity_id: str) -> list[str]:
    """Return every key under which an identity is known."""
    own = session.exec(select(AccountIdentity.key).where(AccountIdentity.id == identity_id))
    more = session.exec(
        select(AccountIdentityAlias.key).where(AccountIdentityAlias.identity_id == identity_id)
    )
    return [*own, *more]


def keys_of_refs(session: Session, interface_id: str) -> dict[str, str]:
    """Return the identity keys that the accounts of an interface have, by the source's ref."""
    rows = session.exec(
        select(Account.external_ref, AccountIdentity.key)
        .join(AccountIdentity, col(AccountIdentity.id) == col(Account.identity_id))
        .where(Account.interface_id == interface_id)
    ).all()
    return dict(rows)


def accounts_of_identities(
    session: Session, legal_entity_id: str, identity_ids: Collection[str]
) -> dict[str, Account]:
    """Return the account that each identity has in a legal entity, whatever interface shows it."""
    rows = session.exec(
        select(Account)
        .where(
            Account.legal_entity_id == legal_entity_id, col(Account.identity_id).in_(identity_ids)
        )
        .order_by(col(Account.id))
    ).all()
    return {row.identity_id: row for row in rows}
