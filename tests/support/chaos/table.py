"""The table that ``make chaos`` prints."""

from tests.support.chaos.storm import Report


def lines(report: Report) -> list[str]:
    """Return the table of one storm."""
    damage = report.damage
    late = report.caught_up_after
    told = {
        "database": report.database,
        "seconds, seed": f"{report.seconds:.0f}, {report.seed}",
        **{f"  {name}": str(count) for name, count in sorted(report.faults.items())},
        "processes started again": str(report.respawns),
        "runs": ", ".join(f"{count} {name}" for name, count in sorted(report.outcomes.items())),
        "workers fenced off": str(report.fenced_off),
        "clicks answered": (
            f"{report.answered} of {report.presses}, slowest {report.slowest_click:.2f} s"
        ),
        "rows": str(damage.rows),
        "missing": str(damage.missing),
        "doubled": str(damage.doubled),
        "stale writes": str(damage.stale),
        "cursor went back": str(damage.went_back),
        "other damage": str(len(damage.wrong)),
        "caught up after": "never" if late is None else f"{late:.1f} s",
    }
    return [f"{name:<28}{value}" for name, value in told.items()]
