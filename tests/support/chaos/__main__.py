"""``make chaos``: half of the time on SQLite, half on PostgreSQL; print the table and keep it."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from tests.support.chaos.play import play
from tests.support.chaos.table import lines
from tests.support.needs import REPOSITORY
from tests.support.scratch import scratch_folder

KINDS = ("sqlite", "postgresql")
RESULTS = REPOSITORY / "benchmarks" / "results"


@click.command()
@click.option("--seconds", default=600.0, show_default=True, help="How long, over both databases.")
@click.option("--seed", default=1, show_default=True, help="Which faults, in which order.")
@click.option("--without-fence", is_flag=True, help="Take the fence out, to see what it keeps out.")
@click.option("--keep/--no-keep", default=True, help="Keep the table in benchmarks/results.")
def chaos(seconds: float, seed: int, without_fence: bool, keep: bool) -> None:
    """Let a storm blow over an installation on each database. Exit status 1 if it left damage."""
    told = [f"Chaos, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores"]
    if without_fence:
        told.append("WITHOUT THE FENCE")
    good = True
    for kind in KINDS:
        with scratch_folder() as folder:
            report = play(
                kind, folder, seconds=seconds / len(KINDS), seed=seed, fence=not without_fence
            )
        told += ["", *lines(report), *report.damage.wrong, *report.damage.examples]
        good = good and report.damage.none and report.caught_up_after is not None
    _tell(told, keep=keep)
    if not good:
        raise SystemExit(1)


def _tell(told: Sequence[str], *, keep: bool) -> None:
    text = "\n".join(told)
    click.echo(text)
    if keep:
        RESULTS.mkdir(parents=True, exist_ok=True)
        path = RESULTS / f"chaos-{datetime.now(UTC):%Y-%m-%d}.txt"
        with path.open("a", encoding="utf-8") as kept:
            kept.write(f"{text}\n\n")
        click.echo(f"\nKept in {path.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    chaos()
