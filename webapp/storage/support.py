"""What support looks at: one interface with its runs, one transaction's way, one day of a card."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from webapp.domain.fates import Fate
from webapp.domain.people import Role
from webapp.storage.accounts import Account, Attachment
from webapp.storage.forgetting import DELETED
from webapp.storage.history import RunKey
from webapp.storage.interfaces import Interface
from webapp.storage.operations import Operation, RunRow, find_operation, rows_of_run
from webapp.storage.people import Group, LegalEntity, RoleGrant, User
from webapp.storage.reports import Report, ReportLine
from webapp.storage.runs import RowFate, SyncRun
from webapp.storage.transactions import BankTransaction

# A row that was read and not taken is looked for in the newest runs: each tells it again.
RUNS_LOOKED_AT = 5
ROWS_LOOKED_AT = 500
FATES_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Seat:
    """An interface with its legal entity and group."""

    interface: Interface
    entity: LegalEntity
    group: Group

    @property
    def legal_entity_id(self) -> str:
        """Return the id of its legal entity."""
        return self.entity.id


@dataclass(frozen=True, slots=True)
class InterfaceRun:
    """A run, who asked for it, and how many rows it had of each account, by account id."""

    run: SyncRun
    asked_by: str | None
    rows: dict[str, int]

    @property
    def key(self) -> RunKey:
        """Return where this run stands in the list."""
        return RunKey(self.run.started_at, self.run.id)


@dataclass(frozen=True, slots=True)
class FateInRun:
    """What became of a transaction in one run."""

    fate: Fate
    reason: str
    account_id: str
    run: SyncRun


@dataclass(frozen=True, slots=True)
class Purchase:
    """A transaction with where it belongs, its way through the runs, and its expense's report."""

    operation: Operation
    account: Account
    interface: Interface
    entity: LegalEntity
    group: Group
    fates: list[FateInRun]
    report: Report | None

    @property
    def legal_entity_id(self) -> str:
        """Return the id of its legal entity."""
        return self.entity.id


@dataclass(frozen=True, slots=True)
class HeldCard:
    """An account somebody holds or held, and from when to when."""

    account: Account
    starts_on: date | None
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class Person:
    """A person with group, roles and cards; ``entities``: the ids of those the roles reach.

    ``roles``: each with id and name of its legal entity; neither for the whole group.
    """

    user: User
    group: Group
    roles: list[tuple[Role, str | None, str | None]]
    cards: list[HeldCard]
    entities: frozenset[str]


def seat_of(session: Session, interface_id: str) -> Seat | None:
    """Return an interface with its legal entity and group."""
    row = session.exec(
        select(Interface, LegalEntity, Group)
        .join(LegalEntity, col(LegalEntity.id) == col(Interface.legal_entity_id))
        .join(Group, col(Group.id) == col(LegalEntity.group_id))
        .where(Interface.id == interface_id)
    ).one_or_none()
    return Seat(*row) if row else None


def all_accounts(
    session: Session, interface_ids: Collection[str]
) -> list[tuple[Account, str | None]]:
    """Return every account of these interfaces with its holder's name, the synced ones first."""
    holding = (
        select(Attachment.account_id, User.name)
        .join(User, col(User.id) == col(Attachment.user_id))
        .where(col(Attachment.ends_on).is_(None))
        .subquery()
    )
    query: Any = (
        select_columns(Account, holding.c.name)
        .outerjoin(holding, holding.c.account_id == col(Account.id))
        .where(col(Account.interface_id).in_(interface_ids))
        .order_by(col(Account.shared).desc(), col(Account.name), col(Account.id))
    )
    return [(account, holder) for account, holder in session.execute(query)]


def runs_of(
    session: Session, interface_id: str, *, below: RunKey | None, limit: int
) -> list[InterfaceRun]:
    """Return the next runs of an interface, the newest first, in two queries."""
    query: Any = (
        select_columns(SyncRun, col(User.name))
        .outerjoin(User, col(User.id) == col(SyncRun.asked_by))
        .where(col(SyncRun.interface_id) == interface_id)
    )
    if below is not None:
        place = tuple_(col(SyncRun.started_at), col(SyncRun.id))
        query = query.where(place < tuple_(below.started_at, below.id))
    query = query.order_by(col(SyncRun.started_at).desc(), col(SyncRun.id).desc()).limit(limit)
    found = session.execute(query).all()
    rows = _rows_by_account(session, [run.id for run, _name in found])
    return [InterfaceRun(run, name, rows.get(run.id, {})) for run, name in found]


def _rows_by_account(session: Session, run_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    counted = session.exec(
        select(RowFate.run_id, RowFate.account_id, func.count())
        .where(col(RowFate.run_id).in_(run_ids))
        .group_by(col(RowFate.run_id), col(RowFate.account_id))
    ).all()
    found: dict[str, dict[str, int]] = {}
    for run_id, account_id, count in counted:
        found.setdefault(run_id, {})[account_id] = count
    return found


def find_purchase(session: Session, transaction_id: str) -> Purchase | None:
    """Return a transaction with its whole way: runs, fates, expense, report."""
    operation = find_operation(session, transaction_id)
    if operation is None:
        return None
    place = session.exec(
        select(Account, Interface, LegalEntity, Group)
        .join(BankTransaction, col(BankTransaction.account_id) == col(Account.id))
        .join(Interface, col(Interface.id) == col(Account.interface_id))
        .join(LegalEntity, col(LegalEntity.id) == col(Account.legal_entity_id))
        .join(Group, col(Group.id) == col(LegalEntity.group_id))
        .where(BankTransaction.id == transaction_id)
    ).one()
    return Purchase(
        operation, *place, _fates(session, transaction_id), _report(session, operation.expense_id)
    )


def _fates(session: Session, transaction_id: str) -> list[FateInRun]:
    rows = session.exec(
        select(RowFate, SyncRun)
        .join(SyncRun, col(SyncRun.id) == col(RowFate.run_id))
        .where(RowFate.transaction_id == transaction_id)
        .order_by(col(SyncRun.started_at).desc(), col(RowFate.position).desc())
        .limit(FATES_SHOWN)
    ).all()
    return [FateInRun(Fate(row.fate), row.reason, row.account_id, run) for row, run in rows]


def _report(session: Session, expense_id: str | None) -> Report | None:
    return session.exec(
        select(Report)
        .join(ReportLine, col(ReportLine.report_id) == col(Report.id))
        .where(ReportLine.expense_id == expense_id)
    ).one_or_none()


def not_taken(session: Session, account: Account) -> list[RunRow]:
    """Return the rows of an account that its newest run with such rows read and did not take.

    Rows deleted on purpose tell nothing any more, not even their day.
    """
    fates = (Fate.OUT_OF_WINDOW, Fate.QUARANTINED, Fate.DUPLICATE_OF)
    newest = (
        select(SyncRun.id)
        .where(SyncRun.interface_id == account.interface_id)
        .order_by(col(SyncRun.started_at).desc(), col(SyncRun.id).desc())
        .limit(RUNS_LOOKED_AT)
    )
    told = (RowFate.account_id == account.id, RowFate.reason != DELETED)
    run_id = session.exec(
        select(RowFate.run_id)
        .join(SyncRun, col(SyncRun.id) == col(RowFate.run_id))
        .where(
            col(RowFate.run_id).in_(list(session.exec(newest))),
            *told,
            col(RowFate.fate).in_(fates),
        )
        .order_by(col(SyncRun.started_at).desc())
        .limit(1)
    ).first()
    if run_id is None:
        return []
    return rows_of_run(session, run_id, account.id, after=0, limit=ROWS_LOOKED_AT, fates=fates)


def holder_on(session: Session, account_id: str, day: date) -> str | None:
    """Return the name of who held an account on ``day``."""
    return session.exec(
        select(User.name)
        .join(Attachment, col(Attachment.user_id) == col(User.id))
        .where(
            Attachment.account_id == account_id,
            or_(col(Attachment.starts_on).is_(None), col(Attachment.starts_on) <= day),
            or_(col(Attachment.ends_on).is_(None), col(Attachment.ends_on) >= day),
        )
        .limit(1)
    ).first()


def find_person(session: Session, user_id: str) -> Person | None:
    """Return a person of a group with roles and cards; support itself is none."""
    row = session.exec(
        select(User, Group)
        .join(Group, col(Group.id) == col(User.group_id))
        .where(User.id == user_id)
    ).one_or_none()
    if row is None:
        return None
    user, group = row
    granted = session.exec(
        select(RoleGrant, LegalEntity.name)
        .outerjoin(LegalEntity, col(LegalEntity.id) == col(RoleGrant.legal_entity_id))
        .where(RoleGrant.user_id == user_id)
        .order_by(col(LegalEntity.name), col(RoleGrant.role))
    ).all()
    own = {grant.legal_entity_id for grant, _name in granted if grant.legal_entity_id}
    whole = any(grant.legal_entity_id is None for grant, _name in granted) or not granted
    if whole:
        own |= set(session.exec(select(LegalEntity.id).where(LegalEntity.group_id == group.id)))
    return Person(
        user,
        group,
        [(Role(grant.role), grant.legal_entity_id, name) for grant, name in granted],
        _cards(session, user_id),
        frozenset(own),
    )


def _cards(session: Session, user_id: str) -> list[HeldCard]:
    rows = session.exec(
        select(Account, Attachment)
        .join(Attachment, col(Attachment.account_id) == col(Account.id))
        .where(Attachment.user_id == user_id)
        .order_by(col(Attachment.ends_on).desc().nulls_first(), col(Account.name))
    ).all()
    return [HeldCard(account, held.starts_on, held.ends_on) for account, held in rows]


def interfaces_of(session: Session, entity_id: str) -> list[Interface]:
    """Return the interfaces of a legal entity, by name."""
    query = select(Interface).where(Interface.legal_entity_id == entity_id)
    return list(session.exec(query.order_by(col(Interface.label), col(Interface.id))))
