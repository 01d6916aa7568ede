"""How fast what banks deliver becomes transactions and expenses, beside two yardsticks.

Everything is on: identity, fates, provenance, coverage, rules, expenses. Both yardsticks
(:mod:`benchmarks.yardsticks`) are taken in the same run, each right after the step that it is for.
CPU time a row and the ratio are the figures to trust; wall time swings. On PostgreSQL the CPU is
ours and not the server's, for the engine and for the yardstick alike. The statements are compiled
already, as they are in a worker that has run before.

Run with ``make bench`` (1 000 and 10 000 rows), or ``make bench FULL=1`` (100 000 and a million
stored, too): on SQLite, and on a PostgreSQL of its own where one can be started.
"""

import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import memory, million
from benchmarks.company import Company, Timing, found_companies, timed, warm_up
from benchmarks.data import Year
from benchmarks.exact import wrong_with
from benchmarks.stores import MakeDatabase, on_each_store
from benchmarks.yardsticks import copy_parents, insert_left, left_by
from webapp.storage.database import Database

USUAL = (1_000, 10_000)
LARGE = 100_000
# Of what is there already, the yardstick is ON CONFLICT DO NOTHING, and the share asked for higher.
NEW = ("first import", "one file")
SHARE_OF_NEW, SHARE_OF_KNOWN = 0.4, 0.5
TWICE = 2.0
MOST_MEMORY = 150


@dataclass
class Step:
    """One step as it was measured, once for each repetition; ``wrong``: what was not exact."""

    name: str
    rows: int = 0
    engine: list[Timing] = field(default_factory=list)
    yardstick: list[Timing] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    peak: float | None = None

    @property
    def cpu(self) -> float:
        """Microseconds of CPU a row, the median."""
        return statistics.median(one.cpu for one in self.engine) / self.rows * 1e6

    @property
    def wall(self) -> float:
        """Rows a second, the median."""
        return self.rows / statistics.median(one.wall for one in self.engine)

    @property
    def floor(self) -> float:
        """Microseconds of CPU a row that the yardstick takes, the median."""
        return statistics.median(one.cpu for one in self.yardstick) / self.rows * 1e6

    @property
    def share(self) -> float:
        """The share of the yardstick that is reached: the median of each repetition's own."""
        pairs = zip(self.yardstick, self.engine, strict=True)
        return statistics.median(yard.cpu / engine.cpu for yard, engine in pairs)


def measure(make_database: MakeDatabase, count: int, repeats: int) -> dict[str, Step]:
    """Take ``count`` delivered rows through every step, ``repeats`` times from the beginning."""
    steps: dict[str, Step] = {}
    for _repeat in range(repeats):
        with (
            make_database() as database,
            make_database() as other,
            tempfile.TemporaryDirectory() as folder,
        ):
            warm_up(database, Path(folder))
            _warm_yardstick(database, other)
            for company in found_companies(database, Path(folder), Year(count)):
                copy_parents(database, other)
                for name in company.steps:
                    _take(steps.setdefault(name, Step(name)), company, other)
    return steps


def _take(step: Step, company: Company, other: Database) -> None:
    go = company.prepared(step.name)
    with timed() as timing:
        result = go()
    step.rows = sum(result.counts.values())
    step.engine.append(timing)
    left = left_by(company.world.database, [result.run_id])
    step.yardstick.append(insert_left(other, left, known=step.name not in NEW))
    step.wrong += wrong_with(company, step.name, result)


def _warm_yardstick(database: Database, other: Database) -> None:
    """Insert what the warm-up left: the yardstick's statements are compiled, too."""
    copy_parents(database, other)
    runs = database.metadata.tables["sync_run"]
    with database.engine.connect() as connection:
        ids = [row.id for row in connection.execute(runs.select())]
    for known in (False, True):
        insert_left(other, left_by(database, ids), known=known)


def report(
    tell: Callable[[str], None], counts: Sequence[int] = USUAL, *, full: bool = False
) -> None:
    """Measure on each database and tell the tables, line by line."""
    for store, make_database in on_each_store():
        tell(f"\n{store}{HEAD}")
        for count in (*counts, *([LARGE] if full else [])):
            steps = measure(make_database, count, 1 if count >= LARGE else 3)
            for name, peak in memory.peaks(make_database, count).items():
                steps[name].peak = peak
            for line in lines(count, steps):
                tell(line)
        if full:
            for line in million_lines(million.measure(make_database)):
                tell(line)


HEAD = """
  delivered  step               rows   rows/s   CPU us  yardstick  share  wanted  peak MB  stored"""


def lines(count: int, steps: dict[str, Step]) -> list[str]:
    """Return the table of one size."""
    told = []
    for step in steps.values():
        wanted = SHARE_OF_NEW if step.name in NEW else SHARE_OF_KNOWN
        peak = "-" if step.peak is None else f"{step.peak:.0f}"
        told.append(
            f"{count:>11,}  {step.name:<15}{step.rows:>8,}{step.wall:>9,.0f}{step.cpu:>9.1f}"
            f"{step.floor:>11.1f}{step.share:>7.2f}  {_met(step.share >= wanted, f'{wanted}'):<8}"
            f"{peak:>7}  {'; '.join(step.wrong) or 'exact'}"
        )
    for new, known in (("first import", "the same again"), ("one file", "the file again")):
        ratio = steps[known].cpu / steps[new].cpu
        good = _met(ratio <= SHARE_OF_KNOWN, f"{SHARE_OF_KNOWN} at most")
        told.append(f"{'':>13}a known row costs {ratio:.3f} of a new one ({new}): {good}")
    peaks = [step.peak for step in steps.values() if step.peak is not None]
    if peaks and count >= LARGE:
        good = _met(max(peaks) < MOST_MEMORY, f"under {MOST_MEMORY}")
        told.append(f"{'':>13}memory above idle: {max(peaks):.0f} MB at most: {good}")
    return told


def million_lines(delivered: million.Delivered) -> list[str]:
    """Return what a delivery into a million stored rows took."""
    full, empty = (delivered.p50(one) for one in (delivered.full, delivered.empty))
    ratio = full.wall / empty.wall
    words = (
        f"  {million.DELIVERED} rows, half known, into {delivered.stored:,} stored: "
        f"p50 {full.wall * 1e3:.0f} ms (CPU {full.cpu * 1e3:.0f}); "
        f"into an empty account {empty.wall * 1e3:.0f} ms (CPU {empty.cpu * 1e3:.0f}): "
        f"{ratio:.2f}x, {_met(ratio <= TWICE, f'{TWICE:g}x at most')}"
    )
    told = [words]
    told += [f"  goes through a whole table: {one}" for one in delivered.scans]
    return told if delivered.scans else [*told, "  no statement of it goes through a whole table"]


def _met(good: bool, wanted: str) -> str:
    return wanted if good else f"{wanted} MISSED"
