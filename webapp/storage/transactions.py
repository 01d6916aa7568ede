"""Transactions as the bank said them. Only syncs write here (D-Q), with one exception.

A purchase that a person entered by hand lies here too, with the status ``entered`` and without any
run, so that it is an expense like the others (:mod:`webapp.storage.by_hand`).
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, String, UniqueConstraint, text
from sqlmodel import Field, Index, SQLModel

from cardsync_sdk.types import TransactionKind
from webapp.domain.life import EventKind
from webapp.storage.columns import ID_LENGTH, UtcDateTime, id_field, one_of, ref

_ENTERED = text("status = 'entered'")
_ANNOUNCED = text("status = 'announced'")
TRANSACTION_STATUSES = ("announced", "booked", "cancelled", "expired", "duplicate", "entered")


class BankTransaction(SQLModel, table=True):
    """One transaction with its whole life. Never edited by people.

    ``identity_key`` is unique per account identity: the last wall against a double. ``content`` is
    the digest of what the bank said, so that an unchanged row costs no write. Amounts are minor
    units of ``currency`` (ISO 4217), minus = spend.

    ``merged_into``: it is the same purchase as that one, which stands for both (status
    ``duplicate``). ``settles``: the card whose purchases this row is the monthly total of.
    ``refund_of``: the purchase it gives back. Status ``entered``: a person told it, no bank yet;
    it is without the runs that told it.
    """

    __tablename__ = "bank_transaction"
    __table_args__ = (
        UniqueConstraint("account_identity_id", "identity_key"),
        CheckConstraint("length(currency) = 3", name="currency_iso"),
        CheckConstraint("purchased_on IS NOT NULL OR booked_on IS NOT NULL", name="dated"),
        one_of("status", TRANSACTION_STATUSES),
        one_of("kind", TransactionKind),
        CheckConstraint(
            "(status = 'duplicate') = (merged_into IS NOT NULL)", name="merged_is_duplicate"
        ),
        Index("ix_bank_transaction_account_day", "account_id", "day", "id"),
        # Those few that the bank has not told yet: each sync asks for them.
        Index(
            "ix_bank_transaction_entered",
            "legal_entity_id",
            "day",
            sqlite_where=_ENTERED,
            postgresql_where=_ENTERED,
        ),
        # And those that are only announced: each sync looks for the ones that lapse.
        Index(
            "ix_bank_transaction_announced",
            "account_id",
            "day",
            sqlite_where=_ANNOUNCED,
            postgresql_where=_ANNOUNCED,
        ),
    )

    id: str = id_field()
    legal_entity_id: str = ref("legal_entity.id", index=False)
    account_identity_id: str = ref("account_identity.id", index=False)
    account_id: str = ref("account.id", index=False)
    identity_key: str
    external_id: str | None = None
    content: str
    kind: str
    status: str
    day: date
    purchased_on: date | None = None
    booked_on: date | None = None
    value_on: date | None = None
    amount_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str
    original_minor: int | None = Field(default=None, sa_column=Column(BigInteger))
    original_currency: str | None = None
    fee_minor: int | None = Field(default=None, sa_column=Column(BigInteger))
    memo: str
    label: str | None = None
    merchant: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    fuel: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    card_last4: str | None = None
    source_stamp: str | None = None
    first_run_id: str | None = ref("sync_run.id", nullable=True, index=False)
    last_run_id: str | None = ref("sync_run.id", nullable=True, index=False)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    merged_into: str | None = ref("bank_transaction.id", nullable=True)
    settles: str | None = ref("account.id", nullable=True, index=False)
    refund_of: str | None = ref("bank_transaction.id", nullable=True)


class TransactionEvent(SQLModel, table=True):
    """One event in the life of a transaction: what changed, when, by which run or person.

    ``before`` holds the bank's values that the event replaced, by column; a first sight has none.
    """

    __tablename__ = "transaction_event"
    __table_args__ = (
        one_of("kind", EventKind),
        Index("ix_transaction_event_transaction", "transaction_id", "id"),
    )

    id: str = id_field()
    transaction_id: str = ref("bank_transaction.id", index=False)
    run_id: str | None = ref("sync_run.id", nullable=True)
    user_id: str | None = ref("app_user.id", nullable=True, index=False)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    detail: str = Field(default="", sa_column=Column(String, nullable=False, server_default=""))


class TransactionAlias(SQLModel, table=True):
    """One more key under which a source tells a transaction, besides its first (I2, I3).

    A key is one transaction's alone: the last wall against a double is this table's primary key
    together with the unique key of ``bank_transaction``. ``run_id``: the run that found it to be
    one; without it a person said so.
    """

    __tablename__ = "transaction_alias"

    account_identity_id: str = Field(
        primary_key=True,
        foreign_key="account_identity.id",
        max_length=ID_LENGTH,
        ondelete="RESTRICT",
    )
    key: str = Field(primary_key=True)
    transaction_id: str = ref("bank_transaction.id")
    run_id: str | None = ref("sync_run.id", nullable=True)
