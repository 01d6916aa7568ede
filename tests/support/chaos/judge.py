"""The judge: triggers that note every stale write as it happens, and a comparison in the end."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlmodel import col, func, select

from tests.support.chaos.control import Control, Row, truth
from tests.support.chaos.setting import Fed
from webapp.domain.fates import Fate
from webapp.domain.interfaces import Outcome
from webapp.storage.database import Database
from webapp.storage.expenses import Expense
from webapp.storage.runs import RowFate, SyncRun, counts_of
from webapp.storage.transactions import BankTransaction

# Where a run leaves rows, and the column that names it there.
WRITES = {"row_fate": "run_id", "delivery": "run_id", "bank_transaction": "first_run_id"}

EXAMPLES = 5

STALE = """
    INSERT INTO chaos_stale (place, run_id, fence, current)
    SELECT '{table}', r.id, r.fence, i.fence
    FROM sync_run r JOIN interface i ON i.id = r.interface_id
    WHERE r.id = NEW.{run} AND (i.fence <> r.fence OR r.outcome <> 'running');
"""
BACK = """
    INSERT INTO chaos_back (account_id, before, after)
    SELECT OLD.id, OLD.cursor, NEW.cursor
    WHERE CAST(NEW.cursor AS INTEGER) < CAST(OLD.cursor AS INTEGER);
"""


def keep_watch(database: Database) -> None:
    """Have the database itself note each write under an outdated fence, or of a closed run."""
    with database.engine.begin() as connection:
        for table, columns in (
            ("chaos_stale", "place TEXT, run_id TEXT, fence BIGINT, current BIGINT"),
            ("chaos_back", "account_id TEXT, before TEXT, after TEXT"),
        ):
            connection.exec_driver_sql(f"CREATE TABLE {table} ({columns})")
        for statement in _triggers(sqlite=database.is_sqlite):
            connection.exec_driver_sql(statement)


def _triggers(*, sqlite: bool) -> Iterator[str]:
    watched = [
        (table, f"AFTER INSERT ON {table}", STALE.format(table=table, run=run))
        for table, run in WRITES.items()
    ]
    watched.append(("account", "AFTER UPDATE OF cursor ON account", BACK))
    for name, when, body in watched:
        if sqlite:
            yield f"CREATE TRIGGER chaos_{name} {when} FOR EACH ROW BEGIN {body} END"
        else:
            yield (
                f"CREATE FUNCTION chaos_{name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {body} RETURN NEW; END $$"
            )
            yield (
                f"CREATE TRIGGER chaos_{name} {when} FOR EACH ROW EXECUTE FUNCTION chaos_{name}()"
            )


@dataclass
class Damage:
    """What the judge found.

    ``wrong``: all that is neither a row nor a stale write; ``examples``: a few of those.
    """

    rows: int = 0
    missing: int = 0
    doubled: int = 0
    stale: int = 0
    went_back: int = 0
    wrong: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    @property
    def none(self) -> bool:
        """Say whether nothing is damaged."""
        return not (self.missing or self.doubled or self.stale or self.went_back or self.wrong)


def judge(database: Database, control: Control, feeds: Sequence[Fed]) -> Damage:
    """Compare all that is stored with the bank's truth."""
    damage = Damage()
    for one in feeds:
        _compare_rows(database, control, one, damage)
        _look_at_fences(database, one, damage)
    with database.read() as session:
        count = session.connection().execute
        damage.stale = count(text("SELECT count(*) FROM chaos_stale")).scalar_one()
        stale = count(text("SELECT DISTINCT place, run_id, fence, current FROM chaos_stale"))
        damage.examples = [f"stale: {tuple(row)}" for row in stale.fetchmany(EXAMPLES)]
        damage.went_back = count(text("SELECT count(*) FROM chaos_back")).scalar_one()
    _look_at_runs(database, damage)
    return damage


def _compare_rows(database: Database, control: Control, one: Fed, damage: Damage) -> None:
    with database.read() as session:
        held = session.exec(
            select(BankTransaction).where(
                BankTransaction.account_id == one.account_id, BankTransaction.status == "booked"
            )
        ).all()
        stored: Counter[Row] = Counter(
            (row.external_id, row.day, row.amount_minor, row.memo) for row in held
        )
        spent = session.exec(
            select(func.count(func.distinct(col(Expense.transaction_id))))
            .join(BankTransaction, col(BankTransaction.id) == col(Expense.transaction_id))
            .where(BankTransaction.account_id == one.account_id)
        ).one()
    known = truth(control, one.ref)
    damage.rows += stored.total()
    damage.missing += (known - stored).total()
    damage.doubled += (stored - known).total()
    if spent != stored.total():
        damage.wrong.append(f"{one.ref}: {stored.total()} rows, {spent} have an expense")


def _look_at_fences(database: Database, one: Fed, damage: Damage) -> None:
    with database.read() as session:
        fences = session.exec(
            select(SyncRun.fence)
            .where(SyncRun.interface_id == one.interface_id)
            .order_by(col(SyncRun.started_at), col(SyncRun.id))
        ).all()
    if list(fences) != sorted(set(fences)):
        damage.wrong.append(f"{one.ref}: fences out of order: {fences}")


def _look_at_runs(database: Database, damage: Damage) -> None:
    with database.read() as session:
        fates = Counter(
            {
                (run_id, fate): count
                for run_id, fate, count in session.exec(
                    select(RowFate.run_id, RowFate.fate, func.count()).group_by(
                        col(RowFate.run_id), col(RowFate.fate)
                    )
                )
            }
        )
        for run in session.exec(select(SyncRun)):
            if run.outcome == Outcome.RUNNING:
                damage.wrong.append(f"run {run.id} is open")
            counts = counts_of(run)
            if run.rows_seen != sum(counts.values()):
                damage.wrong.append(f"run {run.id}: its counts do not add up")
            told = {fate: count for fate, count in counts.items() if fate is not Fate.NOT_SHARED}
            if any(fates[run.id, str(fate)] != count for fate, count in told.items()):
                damage.wrong.append(f"run {run.id}: counts and fates differ")
