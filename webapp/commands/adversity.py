"""``cardsync adversity``: play what banks do wrong through the real engine, and compare."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from cardsync_sdk.testing.adversity import Script
    from webapp.adversity.checker import Verdict


@click.group()
def adversity() -> None:
    """Play the stories of what banks do wrong: nothing may be lost, nothing doubled."""


@adversity.command("list")
def list_scripts() -> None:
    """List the scripts with their stories."""
    from cardsync_sdk.testing.adversity import SCRIPTS

    for script in SCRIPTS:
        click.echo(f"{script.name}  {script.invariant:<9} {script.story}")


@adversity.command()
@click.option("--name", "names", multiple=True, help="Play this script only; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; the reasons go to stderr.")
@click.option("--database-url", help="A PostgreSQL database; default: a SQLite file of its own.")
def run(names: Sequence[str], as_json: bool, database_url: str | None) -> None:
    """Play the scripts on a database of their own and say what was lost or doubled.

    In a PostgreSQL database a schema of its own is made and removed again; nothing else there is
    looked at. Exit status 1 if anything did not hold.
    """
    verdicts = _play(_chosen(names), database_url)
    if as_json:
        click.echo(json.dumps({"results": [_as_dict(one) for one in verdicts]}))
    else:
        _print(verdicts)
    for one in verdicts:
        for miss in one.misses:
            click.echo(f"{one.name}: {miss}", err=True)
    if not all(one.ok for one in verdicts):
        raise SystemExit(1)


def _chosen(names: Sequence[str]) -> "Sequence[Script]":
    from cardsync_sdk.testing.adversity import BY_NAME, SCRIPTS

    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise click.ClickException(
            f"There is no script {', '.join(unknown)}: see cardsync adversity list."
        )
    return [BY_NAME[name] for name in names] if names else SCRIPTS


def _play(scripts: "Sequence[Script]", database_url: str | None) -> "list[Verdict]":
    from sqlalchemy.exc import SQLAlchemyError

    from webapp.adversity.own_database import NotOurs, own_database
    from webapp.adversity.player import play
    from webapp.commands.wording import first_line
    from webapp.config import normalise_database_url

    try:
        url = normalise_database_url(database_url) if database_url else None
    except ValueError as error:
        raise click.ClickException(f"--database-url is wrong: {error}.") from None
    with tempfile.TemporaryDirectory(prefix="cardsync-adversity-") as name:
        folder = Path(name)
        try:
            with own_database(folder, url) as database:
                return [play(script, database, folder) for script in scripts]
        except NotOurs as error:
            raise click.ClickException(f"--database-url: {error}.") from None
        except SQLAlchemyError as error:
            raise click.ClickException(
                f"The database cannot be used: {first_line(error)}. Correct --database-url."
            ) from error


def _as_dict(verdict: "Verdict") -> dict[str, object]:
    return {
        "name": verdict.name,
        "rows_true": verdict.rows_true,
        "stored": verdict.stored,
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "verdict": _word(verdict),
    }


def _word(verdict: "Verdict") -> str:
    return "ok" if verdict.ok else "failed"


def _print(verdicts: "Sequence[Verdict]") -> None:
    click.echo(f"{'name':<6}{'true':>6}{'stored':>8}{'lost':>6}{'doubled':>9}  verdict")
    for one in verdicts:
        counts = f"{one.rows_true:>6}{one.stored:>8}{one.lost:>6}{one.doubled:>9}"
        click.echo(f"{one.name:<6}{counts}  {_word(one)}")
    held = sum(one.ok for one in verdicts)
    click.echo(f"{held} of {len(verdicts)} held.")
