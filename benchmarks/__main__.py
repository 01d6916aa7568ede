"""``make bench``: measure the import, print the tables and keep them with their date."""

import os
from datetime import UTC, datetime

import click

from benchmarks.ingest import report
from tests.support.needs import REPOSITORY

RESULTS = REPOSITORY / "benchmarks" / "results"


@click.command()
@click.option("--full", is_flag=True, help="100 000 rows and a million stored ones, too.")
@click.option("--keep/--no-keep", default=True, help="Keep the tables in benchmarks/results.")
def bench(*, full: bool, keep: bool) -> None:
    """Measure the import beside a bare bulk insert, on each database."""
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        click.echo(line)

    now = datetime.now(UTC)
    tell(f"Ingest, {now:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}")
    report(tell, full=full)
    if keep:
        path = RESULTS / f"ingest-{now:%Y-%m-%d}.txt"
        RESULTS.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as kept:
            kept.write("\n".join(told) + "\n\n")
        click.echo(f"\nKept in {path.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    bench()
