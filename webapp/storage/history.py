"""The history of one account: its runs with their counts, the rows of a run, its transactions.

Lists page by their last key, never by an offset; each page costs a fixed number of queries.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, and_, col, or_, select

from webapp.domain.fates import Fate
from webapp.domain.interfaces import Outcome
from webapp.storage.accounts import Account, Attachment
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity, User
from webapp.storage.runs import Coverage, RowFate, SyncRun

# A run measures time by the database's clock, an account by the application's.
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Place:
    """An account with where it belongs and who holds it now."""

    account: Account
    interface: Interface
    entity: LegalEntity
    holder: str | None

    @property
    def legal_entity_id(self) -> str:
        """Return the id of its legal entity."""
        return self.entity.id


@dataclass(frozen=True, slots=True)
class RunKey:
    """Where a run stands in the list, which goes on below it."""

    started_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class CardRun:
    """A run, who asked for it, and what it brought for one account: its rows by fate."""

    run: SyncRun
    asked_by: str | None
    counts: dict[Fate, int]

    @property
    def rows(self) -> int:
        """Return how many rows of the account the run saw."""
        return sum(self.counts.values())

    @property
    def key(self) -> RunKey:
        """Return where this run stands in the list."""
        return RunKey(self.run.started_at, self.run.id)


def find_place(session: Session, account_id: str) -> Place | None:
    """Return the account with everything its pages name it by, in one query."""
    row = session.exec(
        select(Account, Interface, LegalEntity, User.name)
        .join(Interface, col(Interface.id) == col(Account.interface_id))
        .join(LegalEntity, col(LegalEntity.id) == col(Account.legal_entity_id))
        .outerjoin(
            Attachment,
            and_(col(Attachment.account_id) == col(Account.id), col(Attachment.ends_on).is_(None)),
        )
        .outerjoin(User, col(User.id) == col(Attachment.user_id))
        .where(Account.id == account_id)
    ).one_or_none()
    return Place(*row) if row else None


def siblings(session: Session, entity_id: str) -> list[Account]:
    """Return the accounts that a legal entity syncs, by name."""
    query = select(Account).where(Account.legal_entity_id == entity_id, col(Account.shared))
    return list(session.exec(query.order_by(col(Account.name), col(Account.id))))


def _concerning(account: Account) -> ColumnElement[bool]:
    """Say which runs are the account's: those of its interface while it was synced.

    An account that moved keeps the runs it was fetched by under its former interface.
    """
    own = [
        col(SyncRun.interface_id) == account.interface_id,
        col(SyncRun.started_at) >= account.created_at - CLOCKS_DIFFER,
    ]
    if account.stopped_at is not None:
        own.append(col(SyncRun.started_at) <= account.stopped_at + CLOCKS_DIFFER)
    covered = select_columns(col(Coverage.run_id)).where(col(Coverage.account_id) == account.id)
    return or_(and_(*own), col(SyncRun.id).in_(covered))


def runs(
    session: Session,
    account: Account,
    *,
    below: RunKey | None,
    days: tuple[datetime, datetime] | None,
    limit: int,
) -> list[CardRun]:
    """Return the next runs that concern an account, the newest first, in two queries.

    :param days: only runs whose business time lies from the first instant to before the second.
    """
    query = _with_asker().where(_concerning(account))
    if days is not None:
        query = query.where(col(SyncRun.as_of) >= days[0], col(SyncRun.as_of) < days[1])
    if below is not None:
        place = tuple_(col(SyncRun.started_at), col(SyncRun.id))
        query = query.where(place < tuple_(below.started_at, below.id))
    query = query.order_by(col(SyncRun.started_at).desc(), col(SyncRun.id).desc())
    return _counted(session, account.id, session.execute(query.limit(limit)).all())


def find_run(session: Session, account: Account, run_id: str) -> CardRun | None:
    """Return one run, where it concerns the account."""
    query = _with_asker().where(col(SyncRun.id) == run_id, _concerning(account))
    found = _counted(session, account.id, session.execute(query).all())
    return found[0] if found else None


def _with_asker() -> Select[*tuple[Any, ...]]:
    query = select_columns(SyncRun, col(User.name))
    return query.outerjoin(User, col(User.id) == col(SyncRun.asked_by))


def _counted(session: Session, account_id: str, found: Sequence[Any]) -> list[CardRun]:
    counts = _counts(session, account_id, [run.id for run, _ in found])
    return [CardRun(run, name, counts.get(run.id, {})) for run, name in found]


def _counts(
    session: Session, account_id: str, run_ids: Collection[str]
) -> dict[str, dict[Fate, int]]:
    rows = session.exec(
        select(RowFate.run_id, RowFate.fate, func.count())
        .where(col(RowFate.run_id).in_(run_ids), RowFate.account_id == account_id)
        .group_by(col(RowFate.run_id), col(RowFate.fate))
    ).all()
    counts: dict[str, dict[Fate, int]] = {}
    for run_id, fate, count in rows:
        counts.setdefault(run_id, {})[Fate(fate)] = count
    return counts


def outcomes_since(
    session: Session, account: Account, since: datetime
) -> list[tuple[datetime, Outcome]]:
    """Return business time and outcome of the account's runs from ``since`` on, oldest first."""
    rows = session.exec(
        select(SyncRun.as_of, SyncRun.outcome)
        .where(_concerning(account), col(SyncRun.as_of) >= since)
        .order_by(col(SyncRun.started_at), col(SyncRun.id))
    ).all()
    return [(as_of, Outcome(outcome)) for as_of, outcome in rows]
