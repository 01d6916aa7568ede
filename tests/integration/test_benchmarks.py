"""The benchmarks measure what they say: every case runs and is exact. No time is looked at."""

import pytest

from benchmarks import ingest, memory, million
from benchmarks.company import Company
from benchmarks.stores import sqlite_database

ROWS = 200
NAMES = ["first import", "10 % overlap", "the same again", "one file", "the file again"]


@pytest.fixture(scope="module")
def steps() -> dict[str, ingest.Step]:
    return ingest.measure(sqlite_database, ROWS, 1)


def test_every_step_of_the_ingest_benchmark_is_exact(steps: dict[str, ingest.Step]) -> None:
    assert {step.name: step.wrong for step in steps.values()} == {name: [] for name in NAMES}
    assert [step.rows for step in steps.values()] == [180, 20, 180, 190, 190]


def test_every_step_has_its_yardstick_and_its_line(steps: dict[str, ingest.Step]) -> None:
    assert all(step.floor > 0 and step.share > 0 for step in steps.values())
    told = ingest.lines(ROWS, steps)
    assert [name for name in NAMES if any(name in line and "exact" in line for line in told)] == (
        NAMES
    )


def test_a_lost_row_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of the test: what never reaches the engine does not pass for exact."""
    tell = Company.tell
    monkeypatch.setattr(
        Company, "tell", lambda self, rows, day: tell(self, lambda: list(rows())[1:], day)
    )
    steps = ingest.measure(sqlite_database, ROWS, 1)
    assert any("1 lost" in wrong for wrong in steps["first import"].wrong)
    assert any("fates" in wrong for wrong in steps["the same again"].wrong)


def test_memory_is_measured_in_a_process_of_its_own() -> None:
    found = memory.peaks(sqlite_database, ROWS)
    assert list(found) == NAMES
    assert all(peak >= 0 for peak in found.values())


def test_a_delivery_into_many_rows_goes_through_no_whole_table() -> None:
    found = million.measure(sqlite_database, 20_000)
    assert found.stored > 20_000
    assert len(found.full) == len(found.empty) == million.REPEATS
    assert found.scans == []
