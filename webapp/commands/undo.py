"""``cardsync undo``: a run planned backwards, and undone where --yes says so."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from webapp.config import load_settings

if TYPE_CHECKING:
    from webapp.domain.undoing import UndoPlan
    from webapp.storage.undoing import LaterRun

_REFUSALS: Final = {
    "undone": "This run was undone already. The next sync brings everything again.",
    "running": "This run has not ended. Wait for its end, then try again.",
    "under_way": "A sync of these accounts is under way. Try again in a minute.",
    "overtaken": "Later runs have built upon this one. Undo those listed first, the newest first.",
    "changed": "The plan changed while it was done. Look at it again.",
}
_STAYS: Final = {
    "worked": "somebody worked on its expense",
    "in_report": "its expense is in a report",
    "answered": "a question about it was answered",
    "merged": "it is one purchase with another",
    "told_apart": "somebody said what it is",
}


@click.command()
@click.argument("run")
@click.option("--yes", is_flag=True, help="Do it; without this the plan is only printed.")
@click.option("--why", default="", help="The reason, for the audit trail.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def undo(run: str, yes: bool, why: str, as_json: bool) -> None:
    """Plan the run RUN backwards and print what that comes to; with --yes, undo it.

    What people did stays. The next sync brings everything again, once. Exit status 1 if the run
    cannot be undone.
    """
    from webapp.domain.undoing import UndoRefused
    from webapp.storage.database import Database
    from webapp.storage.runs import SyncRun
    from webapp.storage.undoing import later_runs, undo_plan
    from webapp.sync import undoing

    database = Database(load_settings().database_url)
    try:
        with database.read() as session:
            row = session.get(SyncRun, run)
            if row is None:
                raise click.ClickException(f"There is no run {run}.")
            plan = undo_plan(session, row)
            refused = undoing.refusal_of(session, row, plan)
            later = later_runs(session, row, plan.overtaken)
        if yes and refused is None:
            by = undoing.Undoer(datetime.now(UTC), why=why, seen=plan.digest)
            try:
                with database.write() as session:
                    undoing.undo(session, run, by)
            except UndoRefused as error:
                refused = error.why
    finally:
        database.dispose()
    done = yes and refused is None
    _show(run, plan, later, refused.value if refused else None, done=done, as_json=as_json)
    if refused is not None:
        raise SystemExit(1)


def _show(
    run: str,
    plan: "UndoPlan",
    later: "list[LaterRun]",
    refused: str | None,
    *,
    done: bool,
    as_json: bool,
) -> None:
    if as_json:
        click.echo(json.dumps(_as_dict(run, plan, later, refused, done=done)))
        return
    click.echo(f"run {run}{' is undone' if done else ' planned backwards'}")
    click.echo(f"  {len(plan.go):>6} transactions it told first, untouched: they go")
    click.echo(f"  {len(plan.put_back):>6} transactions it changed: their values are put back")
    if plan.locked:
        click.echo(f"  {len(plan.locked):>6} of those under a submitted expense, which stays")
    for why, count in _reasons(plan).items():
        click.echo(f"  {count:>6} stay: {_STAYS[why]}")
    if plan.overtaken:
        click.echo(f"  {len(plan.overtaken):>6} are told or changed by later runs:")
        for one in later:
            click.echo(f"         {one.id}  {one.as_of.isoformat(timespec='minutes')}")
    if refused is not None:
        click.echo(_REFUSALS[refused], err=True)
    elif done:
        click.echo("The next sync brings everything again, once.")
    else:
        click.echo("Nothing was changed. Add --yes to undo it.")


def _reasons(plan: "UndoPlan") -> dict[str, int]:
    found: dict[str, int] = {}
    for why in plan.stay.values():
        found[why.value] = found.get(why.value, 0) + 1
    return found


def _as_dict(
    run: str, plan: "UndoPlan", later: "list[LaterRun]", refused: str | None, *, done: bool
) -> dict[str, Any]:
    return {
        "run": run,
        "done": done,
        "refused": refused,
        "go": list(plan.go),
        "put_back": list(plan.put_back),
        "locked": sorted(plan.locked),
        "stay": {row_id: why.value for row_id, why in plan.stay.items()},
        "overtaken": list(plan.overtaken),
        "undo_first": [one.id for one in later],
    }
