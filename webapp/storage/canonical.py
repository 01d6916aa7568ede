"""The canonical dump: what is known of every transaction, without a word of when or under which id.

Two databases that were given the same deliveries and the same decisions of people give the same
dump (I6). No id of ours, no run and no real time is in its lines, nor what people wrote; one line
of JSON for each transaction and each open matter, sorted.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import or_
from sqlmodel import Session, col, select

from webapp.domain.expenses import ExpenseStatus
from webapp.domain.life import EventKind
from webapp.storage.accounts import Account, AccountIdentity
from webapp.storage.expenses import Expense
from webapp.storage.lives import plain
from webapp.storage.merging import BANK_VALUES
from webapp.storage.questions import HeldRow, Question
from webapp.storage.runs import SyncRun
from webapp.storage.transactions import BankTransaction, TransactionAlias, TransactionEvent

# Keys that hold an id of ours.
_OURS: Final = ("entered:", "merged:")
_VALUES: Final = frozenset(BANK_VALUES)


@dataclass(frozen=True, slots=True)
class AccountDump:
    """The lines of one account identity, sorted; ``name`` is the account's, for people."""

    key: str
    name: str
    transactions: int
    lines: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the lines."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


@dataclass
class _Read:
    """Everything a dump is made of, read at once."""

    rows: dict[str, BankTransaction]
    identities: dict[str, AccountIdentity]
    accounts: dict[str, Account]
    keys: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    events: dict[str, list[TransactionEvent]] = field(default_factory=lambda: defaultdict(list))
    expenses: dict[str, str] = field(default_factory=dict)
    questions: dict[str, list[Question]] = field(default_factory=lambda: defaultdict(list))
    held: dict[str, list[HeldRow]] = field(default_factory=lambda: defaultdict(list))

    def name(self, row_id: str | None) -> Any:
        """Name a transaction by what anybody could know of it."""
        row = self.rows.get(row_id or "")
        if row is None:
            return None
        identity = self.identities[row.account_identity_id].key
        return [identity, row.day.isoformat(), row.amount_minor, *self.keys[row.id]]


def canonical_dump(session: Session, entity_id: str | None = None) -> list[AccountDump]:
    """Return what is known of each account of one legal entity, or of all, sorted by its key."""
    read = _read(session, entity_id)
    lines: dict[str, list[str]] = {one: [] for one in read.identities}
    counts: dict[str, int] = defaultdict(int)
    for row in read.rows.values():
        lines[row.account_identity_id].append(_line(_transaction(read, row)))
        counts[row.account_identity_id] += 1
    for account in read.accounts.values():
        for question in read.questions[account.id]:
            lines[account.identity_id].append(_line(_matter(read, question)))
    names = {one.identity_id: _name(one) for one in read.accounts.values()}
    return sorted(
        (
            AccountDump(
                f"{one.legal_entity_id}/{one.key}",
                names.get(one.id, ""),
                counts[one.id],
                tuple(sorted(lines[one.id])),
            )
            for one in read.identities.values()
        ),
        key=lambda one: one.key,
    )


def digest_of(dump: Sequence[AccountDump]) -> str:
    """Return one digest of a whole dump."""
    text = "\n".join(f"{one.key} {one.digest}" for one in dump)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing of which two databases know otherwise; ``None`` where one knows nothing of it.

    ``differing`` names the values that are not the same.
    """

    account: str
    here: Mapping[str, Any] | None
    there: Mapping[str, Any] | None
    differing: tuple[str, ...] = ()


def differences(here: Sequence[AccountDump], there: Sequence[AccountDump]) -> list[Difference]:
    """Return everything that one dump has and the other has not, the like ones side by side."""
    others = {one.key: one for one in there}
    mine = {one.key: one for one in here}
    found: list[Difference] = []
    for key in sorted(mine.keys() | others.keys()):
        one, other = mine.get(key), others.get(key)
        name = (one or other or AccountDump(key, "", 0, ())).name or key
        only, elsewhere = _left(one, other), _left(other, one)
        for values in only:
            like = next((two for two in elsewhere if _alike(values, two)), None)
            if like is not None:
                elsewhere.remove(like)
            names = tuple(name for name in values if like is None or values[name] != like.get(name))
            found.append(Difference(name, values, like, names if like is not None else ()))
        found += [Difference(name, None, values) for values in elsewhere]
    return found


def _left(one: AccountDump | None, other: AccountDump | None) -> list[dict[str, Any]]:
    left = Counter(one.lines if one else ()) - Counter(other.lines if other else ())
    return [json.loads(line) for line in sorted(left.elements())]


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if "asked" in one or "asked" in other:
        same = ("asked", "first", "second")
        return all(one.get(name) == other.get(name) for name in same)
    if set(one["keys"]) & set(other["keys"]):
        return True
    return (one["day"], one["amount_minor"]) == (other["day"], other["amount_minor"])


def _read(session: Session, entity_id: str | None) -> _Read:
    here: Any = True if entity_id is None else col(BankTransaction.legal_entity_id) == entity_id

    def all_of(model: Any) -> Any:
        query = select(model)
        return session.exec(
            query if entity_id is None else query.where(model.legal_entity_id == entity_id)
        )

    read = _Read(
        {one.id: one for one in all_of(BankTransaction)},
        {one.id: one for one in all_of(AccountIdentity)},
        {one.id: one for one in all_of(Account)},
    )
    for row in read.rows.values():
        read.keys[row.id].append(_key(row.identity_key))
    mine: Any = select(BankTransaction.id).where(here)
    for alias in session.exec(
        select(TransactionAlias).where(col(TransactionAlias.transaction_id).in_(mine))
    ):
        read.keys[alias.transaction_id].append(_key(alias.key))
    for keys in read.keys.values():
        keys.sort()
    # An undone run changed nothing in the end, and is not played again.
    undone = select(SyncRun.id).where(col(SyncRun.undone_at).is_not(None))
    events = select(TransactionEvent).where(
        col(TransactionEvent.transaction_id).in_(mine),
        TransactionEvent.kind != EventKind.UNDONE.value,
        or_(col(TransactionEvent.run_id).is_(None), col(TransactionEvent.run_id).not_in(undone)),
    )
    for event in session.exec(events.order_by(col(TransactionEvent.at), col(TransactionEvent.id))):
        read.events[event.transaction_id].append(event)
    for expense in all_of(Expense):
        refused = expense.status == ExpenseStatus.NOT_EXPENSE.value
        read.expenses[expense.transaction_id] = "not_an_expense" if refused else "made"
    for question in all_of(Question):
        read.questions[question.account_id].append(question)
    for held in session.exec(select(HeldRow)):
        read.held[held.question_id].append(held)
    return read


def _transaction(read: _Read, row: BankTransaction) -> dict[str, Any]:
    settles = read.accounts.get(row.settles or "")
    return {
        **{name: plain(getattr(row, name)) for name in BANK_VALUES},
        "account": read.identities[row.account_identity_id].key,
        "keys": read.keys[row.id],
        "same_as": read.name(row.merged_into),
        "refund_of": read.name(row.refund_of),
        "settles": read.identities[settles.identity_id].key if settles else None,
        "expense": read.expenses.get(row.id, "none"),
        "events": [[one.kind, _before(one)] for one in read.events[row.id]],
    }


def _matter(read: _Read, question: Question) -> dict[str, Any]:
    """Return what was asked of a person and what they said."""
    return {
        "asked": question.kind,
        "doubt": question.doubt,
        "first": read.name(question.first_id),
        "second": read.name(question.second_id),
        "held": sorted(_held(read, question), key=repr),
        "answer": question.answer,
    }


def _held(read: _Read, question: Question) -> list[list[Any]]:
    return [
        [_key(one.key), one.line, read.name(one.transaction_id)] for one in read.held[question.id]
    ]


def _before(event: TransactionEvent) -> Mapping[str, Any] | None:
    """Return the bank's values that an event replaced, and nothing that names rows of ours."""
    if event.before is None:
        return None
    return {name: value for name, value in event.before.items() if name in _VALUES}


def _key(key: str) -> str:
    return next((f"{one}…" for one in _OURS if key.startswith(one)), key)


def _name(account: Account) -> str:
    return f"{account.name} {account.number_last4}".strip()


def _line(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
