"""``cardsync replay``: what was delivered, through the engine once more, and compared (I6)."""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webapp.config import load_settings

if TYPE_CHECKING:
    from webapp.storage.canonical import Difference
    from webapp.storage.deliveries import Kept
    from webapp.sync.job import Engine
    from webapp.sync.redeciding import Replayed


@click.command()
@click.option("--entity", "entity_id", help="Id of one legal entity; default: all.")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Only write the deliveries into this folder, a .jsonl file for each run.",
)
@click.option(
    "--from",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Replay the deliveries of this file instead of the stored ones; may be repeated.",
)
@click.option("--database-url", help="A PostgreSQL database; default: a SQLite file of its own.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def replay(
    entity_id: str | None,
    folder: Path | None,
    files: Sequence[Path],
    database_url: str | None,
    as_json: bool,
) -> None:
    """Replay every stored delivery into a database of its own, and compare what is known.

    Nothing of this installation is changed and no bank is asked. In a PostgreSQL database a schema
    of its own is made and removed again. Exit status 1 if anything differs.
    """
    from webapp.jobs.tasks import make_engine
    from webapp.storage.deliveries import Altered
    from webapp.sync.job import NotReady
    from webapp.sync.replaying import NotReplayable

    engine = make_engine(load_settings())
    try:
        kept = _kept(engine, entity_id, files)
        if folder is not None:
            click.echo(f"{_write(kept, folder)} files written to {folder}.")
            return
        done = _replay(engine, kept, entity_id, database_url)
    except (Altered, NotReplayable, NotReady) as error:
        raise click.ClickException(f"Nothing was compared: {error}.") from None
    finally:
        engine.database.dispose()
    if as_json:
        click.echo(json.dumps(_as_dict(done)))
    else:
        _print(done)
    for trouble in done.troubles:
        click.echo(f"note: {trouble}", err=True)
    if done.differences:
        raise SystemExit(1)


def _kept(engine: "Engine", entity_id: str | None, files: Sequence[Path]) -> "list[Kept]":
    from webapp.storage.deliveries import from_lines, kept_deliveries
    from webapp.storage.people import LegalEntity

    with engine.database.read() as session:
        if entity_id is not None and session.get(LegalEntity, entity_id) is None:
            raise click.ClickException(f"There is no legal entity {entity_id}.")
        if not files:
            return kept_deliveries(session, entity_id)
    found = []
    for file in files:
        # Rows may hold other signs that end a line elsewhere; here only a line feed does.
        with file.open(encoding="utf-8", newline="\n") as lines:
            found += list(from_lines(lines))
    return [one for one in found if entity_id in (None, one.run.entity_id)]


def _write(kept: "Sequence[Kept]", folder: Path) -> int:
    from webapp.storage.deliveries import by_run, to_lines

    folder.mkdir(parents=True, exist_ok=True)
    runs = by_run(kept)
    for run, deliveries in runs.items():
        path = folder / f"{run.as_of:%Y%m%dT%H%M%S}-{run.id}.jsonl"
        # What people bought is for nobody else on this machine.
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(number, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in to_lines(deliveries))
    return len(runs)


def _replay(
    engine: "Engine", kept: "Sequence[Kept]", entity_id: str | None, database_url: str | None
) -> "Replayed":
    from sqlalchemy.exc import SQLAlchemyError

    from webapp.adversity.own_database import NotOurs, own_database
    from webapp.commands.wording import first_line
    from webapp.config import normalise_database_url
    from webapp.sync.redeciding import replay_all

    try:
        url = normalise_database_url(database_url) if database_url else None
    except ValueError as error:
        raise click.ClickException(f"--database-url is wrong: {error}.") from None
    with tempfile.TemporaryDirectory(prefix="cardsync-replay-") as name:
        try:
            with own_database(Path(name), url) as target:
                return replay_all(engine, target, kept, entity_id)
        except NotOurs as error:
            raise click.ClickException(f"--database-url: {error}.") from None
        except SQLAlchemyError as error:
            raise click.ClickException(
                f"A database cannot be used: {first_line(error)}. Correct --database-url."
            ) from error


def _print(done: "Replayed") -> None:
    click.echo(f"{'here':>8}{'replayed':>10}  same  account")
    for one in _accounts(done):
        same = "yes" if one["same"] else "NO"
        click.echo(f"{one['here']:>8}{one['replayed']:>10}  {same:<4}  {one['name']}")
    for difference in done.differences:
        _print_difference(difference)
    words = f"{len(done.differences)} differences" if done.differences else "Nothing differs"
    click.echo(f"{done.runs} runs, {done.deliveries} deliveries replayed. {words}.")


def _print_difference(one: "Difference") -> None:
    known = one.here or one.there or {}
    about = known.get("memo") or f"asked: {known.get('asked')}"
    click.echo(f"\n{one.account}: {known.get('day', '')} {known.get('amount_minor', '')} {about}")
    if one.here is None or one.there is None:
        where = "replayed" if one.here is None else "here"
        click.echo(f"  only {where}: {json.dumps(known, ensure_ascii=False)}")
        return
    for name in one.differing:
        click.echo(f"  {name}: here {one.here.get(name)!r}, replayed {one.there.get(name)!r}")


def _accounts(done: "Replayed") -> list[dict[str, Any]]:
    there = {one.key: one for one in done.there}
    return [
        {
            "account": one.key,
            "name": one.name,
            "here": one.transactions,
            "replayed": there[one.key].transactions,
            "digest": one.digest,
            "digest_replayed": there[one.key].digest,
            "same": one.digest == there[one.key].digest,
        }
        for one in done.here
    ]


def _as_dict(done: "Replayed") -> dict[str, Any]:
    return {
        "runs": done.runs,
        "deliveries": done.deliveries,
        "accounts": _accounts(done),
        "differences": [
            {
                "account": one.account,
                "here": one.here,
                "replayed": one.there,
                "differing": one.differing,
            }
            for one in done.differences
        ],
        "notes": list(done.troubles),
    }
