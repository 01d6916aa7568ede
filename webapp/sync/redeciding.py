"""What people decided, done again in a replay: found by what was delivered and by keys, not by id.

A transaction is found again as the one that the same delivered row became; else by its keys.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sqlmodel import Session, col, or_, select, update

from webapp.domain.by_hand import Entry
from webapp.domain.expenses import NotExpense, NotExpenseReason
from webapp.domain.merging import MergeRefused
from webapp.domain.questions import Answer
from webapp.storage import by_hand, not_expenses
from webapp.storage.canonical import AccountDump, Difference, canonical_dump, differences
from webapp.storage.completions import Locked, NotCompletable
from webapp.storage.database import Database
from webapp.storage.decisions import Decision, DecisionKind, decisions
from webapp.storage.deliveries import Kept, KeptRun, by_run, lines_of
from webapp.storage.expenses import Expense
from webapp.storage.ingest import load_known
from webapp.storage.people import LegalEntity
from webapp.storage.questions import Question
from webapp.storage.reporting import Doer
from webapp.storage.runs import Delivery, RowFate
from webapp.storage.structure import copy_structure
from webapp.storage.transactions import BankTransaction, TransactionAlias
from webapp.sync.answering import answer, say_same, take_back
from webapp.sync.attaching import Saver
from webapp.sync.job import Engine
from webapp.sync.replaying import Replayer
from webapp.sync.waiting import release

# One delivered row: its run (as it was kept), its line, and the how-manieth equal one it is.
Token = tuple[str, str, int]
WORKED: Final = "worked on"
_REFUSALS: Final = (
    LookupError,
    MergeRefused,
    Locked,
    NotCompletable,
    by_hand.CardRefused,
    by_hand.NotChangeable,
)


@dataclass
class Redoing:
    """Does decisions again in the replayed database; ``source`` is the database they are from."""

    source: Database
    replayer: Replayer
    entered: dict[str, str] = field(default_factory=dict)
    early: list[Decision] = field(default_factory=list)
    _became: dict[str, list[Token]] | None = None
    _rows: dict[str, dict[Token, str]] = field(default_factory=dict)

    def take(self, decision: Decision) -> None:
        """Do one decision again; what cannot be done is told among the replay's troubles."""
        try:
            with self.replayer.database.write() as session:
                _DONE[decision.kind](self, session, decision)
        except _REFUSALS as error:
            if decision.kind is DecisionKind.WORKED:
                self.early.append(decision)
            else:
                self._trouble(decision, error)

    def take_early(self) -> None:
        """Mark work again on what was not there yet: it was done under a row merged since."""
        early, self.early = self.early, []
        for one in early:
            self.take(one)

    def _trouble(self, decision: Decision, error: Exception) -> None:
        words = f"{decision.kind} at {decision.at:%Y-%m-%d %H:%M} could not be done again"
        self.replayer.troubles.append(f"{words}: {str(error) or type(error).__name__}")

    # --- Which transaction is it here? -----------------------------------------------------------

    def find(self, session: Session, row_id: str | None) -> BankTransaction:
        """Return the replayed transaction of one in the source.

        :raises LookupError: if there is none.
        """
        if row_id in self.entered:
            return session.get_one(BankTransaction, self.entered[row_id])
        for token in self._tokens().get(row_id or "", ()):
            found = self._row(token)
            if found is not None:
                return session.get_one(BankTransaction, found)
        return self._by_keys(session, row_id)

    def _by_keys(self, session: Session, row_id: str | None) -> BankTransaction:
        with self.source.read() as source:
            row = source.get(BankTransaction, row_id) if row_id else None
            if row is None:
                raise LookupError("its transaction was deleted since")
            query = select(TransactionAlias.key).where(TransactionAlias.transaction_id == row.id)
            keys = [row.identity_key, *source.exec(query)]
        for one in load_known(session, row.account_identity_id, keys).values():
            return session.get_one(BankTransaction, one.id)
        raise LookupError(f"nothing is known here under the keys of {row.day} {row.memo!r}")

    def _tokens(self) -> Mapping[str, list[Token]]:
        if self._became is None:
            self._became = defaultdict(list)
            with self.source.read() as session:
                lines = _lines_by_position(session, None)
                query = select(RowFate).where(col(RowFate.transaction_id).is_not(None))
                for fate in session.exec(query.order_by(RowFate.run_id, col(RowFate.position))):
                    line = lines.get((fate.run_id, fate.position))
                    if line is not None:
                        self._became[fate.transaction_id or ""].append((fate.run_id, *line))
        return self._became

    def _row(self, token: Token) -> str | None:
        run_id = self.replayer.runs.get(token[0])
        if run_id is None:
            return None
        if token[0] not in self._rows:
            with self.replayer.database.read() as session:
                lines = _lines_by_position(session, run_id)
                query = select(RowFate).where(
                    RowFate.run_id == run_id, col(RowFate.transaction_id).is_not(None)
                )
                self._rows[token[0]] = {
                    (token[0], *lines[run_id, fate.position]): fate.transaction_id or ""
                    for fate in session.exec(query)
                    if (run_id, fate.position) in lines
                }
        return self._rows[token[0]].get(token)

    # --- Doing it again --------------------------------------------------------------------------

    def answer(self, session: Session, decision: Decision) -> None:
        """Answer a question again; two rows may be called one without anybody having asked."""
        kept = decision.question
        if kept is None:
            raise LookupError("its question was deleted since")
        said = Answer(decision.detail.get("answer") or kept.answer or Answer.LAPSED)
        by = _saver(session, decision)
        if decision.pair is None:
            answer(by, _open_question(session, kept).id, same=said is Answer.SAME)
            return
        stays, goes = (self.find(session, one) for one in decision.pair)
        found = _question_of(session, stays.id, goes.id)
        if found is not None and found.answer is None and said is not Answer.SAME:
            answer(by, found.id, same=said is Answer.LAPSED)
        elif said is Answer.SAME:
            say_same(by, stays.id, goes.id)
        elif said is Answer.DIFFERENT and found is not None:
            take_back(by, found.id)

    def enter(self, session: Session, decision: Decision) -> None:
        """Enter a purchase by hand again."""
        row, entry = self._entry(decision)
        by = _doer(decision)
        shown = [one.id for one in by_hand.told_already(session, by.user_id, entry)]
        key = row.identity_key.partition(":")[2]
        expense_id = by_hand.enter(session, by, entry, key=key, shown=shown)
        self.entered[row.id] = session.get_one(Expense, expense_id).transaction_id

    def change_entry(self, session: Session, decision: Decision) -> None:
        """Change again what was entered."""
        row, entry = self._entry(decision)
        by_hand.change(session, _doer(decision), self._expense(session, row.id).id, entry)

    def _entry(self, decision: Decision) -> tuple[BankTransaction, Entry]:
        with self.source.read() as source:
            row = source.get(BankTransaction, decision.about)
        if row is None:
            raise LookupError("its entry was deleted since")
        told = decision.detail
        minor, currency = str(told["spent"]).split()
        day = date.fromisoformat(str(told["day"]))
        return row, Entry(row.account_id, day, int(minor), currency, str(told["words"]))

    def set_aside(self, session: Session, decision: Decision) -> None:
        """Say again that it is no expense."""
        said = NotExpense(NotExpenseReason(str(decision.detail["not_expense"])), WORKED)
        expense = self._expense(session, decision.about)
        not_expenses.set_aside(session, _doer(decision), expense.id, said)

    def take_up(self, session: Session, decision: Decision) -> None:
        """Say again that it is an expense after all."""
        expense = self._expense(session, decision.about)
        not_expenses.take_up(session, _doer(decision), expense.id)

    def release(self, session: Session, decision: Decision) -> None:
        """Make the expense that was made once its card had a holder, or was looked at."""
        row = self.find(session, decision.about)
        release(session, row.account_id, decision.at, only=[row.id], reviewed=True)

    def work(self, session: Session, decision: Decision) -> None:
        """Mark an expense as worked on; whatever its holder wrote stays where it is."""
        expense = self._expense(session, decision.about)
        marked = update(Expense).where(col(Expense.id) == expense.id)
        session.exec(marked.values(comment=WORKED))

    def _expense(self, session: Session, row_id: str | None) -> Expense:
        row = self.find(session, row_id)
        found = session.exec(select(Expense).where(Expense.transaction_id == row.id)).first()
        if found is None:
            raise LookupError(f"there is no expense of {row.day} {row.memo!r} here")
        return found


_DONE: Final[Mapping[DecisionKind, Callable[[Redoing, Session, Decision], None]]] = {
    DecisionKind.ANSWERED: Redoing.answer,
    DecisionKind.ENTERED: Redoing.enter,
    DecisionKind.ENTRY_CHANGED: Redoing.change_entry,
    DecisionKind.SET_ASIDE: Redoing.set_aside,
    DecisionKind.TAKEN_UP: Redoing.take_up,
    DecisionKind.RELEASED: Redoing.release,
    DecisionKind.WORKED: Redoing.work,
}


def _lines_by_position(
    session: Session, run_id: str | None
) -> dict[tuple[str, int], tuple[str, int]]:
    """Return, by run and position, each delivered line and the how-manieth equal one it is."""
    query = select(Delivery).order_by(col(Delivery.run_id), col(Delivery.number))
    if run_id is not None:
        query = query.where(Delivery.run_id == run_id)
    found: dict[tuple[str, int], tuple[str, int]] = {}
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for one in session.exec(query):
        for position, line in enumerate(lines_of(one), one.first_position):
            counts[one.run_id, line] += 1
            found[one.run_id, position] = line, counts[one.run_id, line]
    return found


def _question_of(session: Session, one: str, other: str) -> Question | None:
    pairs = ((one, other), (other, one))
    query = select(Question).where(
        or_(*((Question.first_id == a) & (Question.second_id == b) for a, b in pairs))
    )
    return session.exec(query).first()


def _open_question(session: Session, kept: Question) -> Question:
    query = select(Question).where(
        Question.account_id == kept.account_id,
        Question.kind == kept.kind,
        col(Question.second_id).is_(None),
        col(Question.answer).is_(None),
    )
    found = session.exec(query).first()
    if found is None:
        raise LookupError(f"nobody asks here about {kept.kind}")
    return found


def _saver(session: Session, decision: Decision) -> Saver:
    entity = session.get_one(LegalEntity, decision.entity_id)
    return Saver(session, entity, decision.user_id, decision.at)


def _doer(decision: Decision) -> Doer:
    return Doer(decision.user_id, frozenset({decision.entity_id}), frozenset(), decision.at)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay came to; ``here`` and ``there`` are the dumps of both databases."""

    runs: int
    deliveries: int
    here: Sequence[AccountDump]
    there: Sequence[AccountDump]
    differences: Sequence[Difference]
    troubles: Sequence[str]


def replay_all(
    like: Engine, target: Database, kept: Sequence[Kept], entity_id: str | None = None
) -> Replayed:
    """Replay ``kept`` into the empty database ``target`` and compare it with the one of ``like``.

    :raises Altered: if a delivery is not as it was kept; nothing was replayed then.
    :raises NotReplayable: if one does not fit this installation.
    """
    source = like.database
    with source.read() as session:
        decided, here = decisions(session, entity_id), canonical_dump(session, entity_id)
    copy_structure(source, target)
    replayer = Replayer.into(target, like)
    replay(source, replayer, kept, decided)
    with target.read() as session:
        there = canonical_dump(session, entity_id)
    return Replayed(
        len(replayer.runs),
        len({(one.run.id, one.number) for one in kept}),
        here,
        there,
        differences(here, there),
        replayer.troubles,
    )


def replay(
    source: Database,
    replayer: Replayer,
    kept: Iterable[Kept],
    decided: Iterable[Decision],
) -> None:
    """Take deliveries and decisions, given in any order, as they happened one after the other.

    :raises Altered: if a delivery is not as it was kept; nothing was replayed then.
    :raises NotReplayable: if one does not fit this installation.
    """
    runs = by_run(kept)
    redoing = Redoing(source, replayer)
    moments: list[tuple[datetime, str, KeptRun | Decision]] = [
        (one.as_of, one.id, one) for one in runs
    ]
    moments += [(one.at, one.id, one) for one in decided]
    for _at, _id, one in sorted(moments, key=lambda moment: moment[:2]):
        if isinstance(one, Decision):
            redoing.take(one)
        else:
            replayer.play(one, runs[one])
            redoing.take_early()
    redoing.take_early()
