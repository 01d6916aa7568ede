"""Is everything stored that was told, once, and does every row have its fate?"""

from collections import Counter
from itertools import chain

from sqlalchemy import func, select
from sqlmodel import col

from benchmarks.company import OVERLAP, Company
from webapp.domain.fates import Fate
from webapp.storage.expenses import Expense
from webapp.storage.runs import RowFate
from webapp.storage.transactions import BankTransaction
from webapp.sync.run import Result


def wrong_with(company: Company, step: str, result: Result) -> list[str]:
    """Compare what is stored after ``step`` with the truth; empty if it is exact."""
    stored = Counter[tuple[object, ...]](_stored(company))
    truth = _truth(company, step)
    lost, doubled = truth - stored, stored - truth
    wrong = [f"{sum(lost.values())} lost"] if lost else []
    wrong += [f"{sum(doubled.values())} doubled or made up"] if doubled else []
    expenses = _expenses(company)
    if expenses != truth.total():
        wrong.append(f"{expenses} expenses for {truth.total()} purchases")
    fates, expected = {one: n for one, n in result.counts.items() if n}, _fates(company, step)
    if fates != expected:
        wrong.append(f"fates {fates}, not {expected}")
    if _fates_kept(company, result) != sum(expected.values()):
        wrong.append("rows without their fate")
    return wrong


def _truth(company: Company, step: str) -> Counter[tuple[object, ...]]:
    """Return what must be stored: the words a transaction was told with last, and its id."""
    year = company.year
    if company.by_file:
        rows = {row.external_id: row for row in chain(year.first(), year.second())}
        return Counter((None, row.day, row.amount.minor, row.memo) for row in rows.values())
    # Each delivery tells a row anew: the last word counts, and the first one comes once more.
    told = {
        "first import": [year.first()],
        OVERLAP: [year.first(), year.second()],
        "the same again": [year.first(), year.second(), year.first()],
    }[step]
    last = {row.external_id: row for row in chain.from_iterable(told)}
    return Counter((one, row.day, row.amount.minor, row.memo) for one, row in last.items())


def _fates(company: Company, step: str) -> dict[Fate, int]:
    count = company.year.count
    same, otherwise = company.year.known_again()
    found = {
        "first import": {Fate.NEW: count * 9 // 10},
        OVERLAP: {Fate.NEW: count // 20, Fate.UPDATED: otherwise, Fate.UNCHANGED: same},
        "the same again": {
            Fate.UPDATED: otherwise,
            Fate.UNCHANGED: count * 9 // 10 - otherwise,
        },
        "one file": {Fate.NEW: count * 19 // 20},
        "the file again": {Fate.UNCHANGED: count * 19 // 20},
    }[step]
    return {fate: rows for fate, rows in found.items() if rows}


def _stored(company: Company) -> list[tuple[object, ...]]:
    row = BankTransaction
    query = select(col(row.external_id), col(row.day), col(row.amount_minor), col(row.memo)).where(
        col(row.legal_entity_id) == company.world.entity_id
    )
    with company.world.database.read() as session:
        return [tuple(one) for one in session.execute(query)]


def _expenses(company: Company) -> int:
    query = select(func.count()).where(col(Expense.legal_entity_id) == company.world.entity_id)
    with company.world.database.read() as session:
        return int(session.execute(query).scalar_one())


def _fates_kept(company: Company, result: Result) -> int:
    query = select(func.count()).where(col(RowFate.run_id) == result.run_id)
    with company.world.database.read() as session:
        return int(session.execute(query).scalar_one())
