"""``cardsync sync``, ``tick`` and ``import``: the engine at the command line."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from webapp import logs
from webapp.config import Settings, load_settings
from webapp.processes import limit_memory

if TYPE_CHECKING:
    from webapp.sync.job import Engine
    from webapp.sync.run import Result

POLL_SECONDS = 0.2


class Moment(click.ParamType[date | datetime]):
    """A day, or a date and time; without a zone it is read in the zone the command says."""

    name = "date[time]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> date | datetime:
        """Read ISO 8601: ``2026-11-23`` or ``2026-11-23T05:00`` or with an offset."""
        try:
            return date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"“{value}” is no date such as 2026-11-23 or 2026-11-23T05:00.", param, ctx)


@click.command()
@click.option("--interface", "interface_id", required=True, help="Id of the interface.")
@click.option("--as-of", type=Moment(), help="Business time of the run; default: now.")
@click.option("--if-due", is_flag=True, help="Only if it is due, with the memory of a worker.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sync(interface_id: str, as_of: date | datetime | None, if_due: bool, as_json: bool) -> None:
    """Synchronise one interface now and print what became of its rows.

    A day given with --as-of means noon of that day in the legal entity's time zone. Exit status 1
    if the run failed.
    """
    settings = load_settings()
    if if_due:
        limit_memory(settings.sync_memory_mb)
    with opened(settings) as engine:
        if if_due:
            _sync_if_due(engine, interface_id)
            return
        result = _sync_now(engine, interface_id, as_of)
    if result is None:
        raise click.ClickException("A sync of this interface is under way; it was asked to go on.")
    _show(result, as_json)


def _sync_if_due(engine: "Engine", interface_id: str) -> None:
    """Sync as a worker would: what a shift has done in a process of its own."""
    from webapp.jobs.tasks import worker_name
    from webapp.sync.run import sync_interface

    result = sync_interface(engine, interface_id, owner=worker_name(), now=datetime.now(UTC))
    if result is None:
        click.echo("It is not due, or a sync of it is under way.")
    else:
        _print(result)


def _sync_now(
    engine: "Engine", interface_id: str, as_of: date | datetime | None
) -> "Result | None":
    from webapp.jobs.tasks import worker_name
    from webapp.storage import leases
    from webapp.storage.interfaces import Interface
    from webapp.storage.people import LegalEntity
    from webapp.sync.run import sync_interface

    with engine.database.write() as session:
        interface = session.get(Interface, interface_id)
        if interface is None:
            raise click.ClickException(f"There is no interface {interface_id}.")
        if _fed_by_files(engine, interface.connector):
            raise click.ClickException(
                "This interface is fed by files: use cardsync import FILE --account ID."
            )
        zone = ZoneInfo(session.get_one(LegalEntity, interface.legal_entity_id).timezone)
        moment = instant_of(as_of, zone)
        if not leases.ask(session, interface_id, at=moment, as_of=moment):
            raise click.ClickException(
                f"The interface is “{interface.state}”: {_state_help(interface.state)}"
            )
    return sync_interface(engine, interface_id, owner=worker_name(), now=moment)


@click.command()
@click.option("--as-of", type=Moment(), required=True, help="The moment; a day means its noon.")
@click.option("--here", is_flag=True, help="Do the work in this process, without a worker.")
@click.option("--wait/--no-wait", default=True, help="Wait until the workers have done it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def tick(as_of: date | datetime, here: bool, wait: bool, as_json: bool) -> None:
    """Do what is due at a moment, as if it were that moment: for demonstrations and tests.

    The workers are asked through the queue; where none is alive, this process does the work. A
    moment without a zone is in UTC.
    """
    from webapp.jobs.business_time import ask_due, runs_since

    settings = load_settings()
    moment = instant_of(as_of, ZoneInfo("UTC"))
    results: list[Result] = []
    with opened(settings) as engine:
        asked = ask_due(engine.database, moment)
        if here or not _ring(settings, asked):
            results = _run_here(engine, asked, moment)
        elif wait:
            results = runs_since(engine, asked, pause=lambda: time.sleep(POLL_SECONDS))
    _show_all(asked, results, as_json)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--account", "account_id", required=True, help="Id of the account.")
@click.option("--all", "everything", is_flag=True, help="Also rows older than its first day.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_file(file: Path, account_id: str, everything: bool, as_json: bool) -> None:
    """Import the statement FILE into an account, through the same engine as a feed.

    Importing it twice adds nothing. Exit status 1 if the file is refused; then nothing is written.
    """
    from webapp.jobs.tasks import worker_name
    from webapp.sync import files
    from webapp.sync.job import NotReady

    settings = load_settings()
    try:
        with opened(settings) as engine:
            result = files.import_file(
                engine,
                settings.folder.uploads,
                account_id,
                files.StatementFile(file.name, file.read_bytes(), everything),
                owner=worker_name(),
                now=datetime.now(UTC),
            )
    except (LookupError, NotReady) as error:
        raise click.ClickException(f"{str(error).capitalize()}.") from None
    except files.Busy:
        raise click.ClickException(
            "A sync of this account's interface is under way; try again in a minute."
        ) from None
    _show(result, as_json)


def instant_of(moment: date | datetime | None, zone: ZoneInfo) -> datetime:
    """Return the instant a person meant: now, noon of a day, or a time (in ``zone`` by default)."""
    if moment is None:
        return datetime.now(UTC)
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, 12, tzinfo=zone)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


@contextmanager
def opened(settings: Settings) -> "Iterator[Engine]":
    """Give the engine of this installation; its connections are closed at the end."""
    from webapp.jobs.tasks import make_engine

    logs.configure(settings)
    engine = make_engine(settings)
    try:
        yield engine
    finally:
        engine.database.dispose()


def _fed_by_files(engine: "Engine", slug: str) -> bool:
    connector = engine.registry.connectors.get(slug)
    return connector is not None and connector.info.reads_files


def _state_help(state: str) -> str:
    return {
        "incomplete": "its connection was never finished; add the banking interface again.",
        "needs_user": "an admin must log in to the bank again on its page.",
        "rejected": "the source refuses it as it is; its page says why.",
        "stopped": "it was stopped; restore it on its page first.",
    }.get(state, "it cannot be synchronised.")


def _ring(settings: Settings, interface_ids: list[str]) -> bool:
    """Ring the workers; false if none is alive to hear it."""
    from redis.exceptions import RedisError

    from webapp.jobs.doorbell import Doorbell
    from webapp.jobs.heartbeat import live_workers

    if settings.redis_url is None:
        return False
    try:
        if not live_workers(settings.redis_url):
            return False
    except RedisError:
        return False
    doorbell = Doorbell(settings.redis_url)
    return doorbell.ring_for(len(interface_ids))


def _run_here(engine: "Engine", interface_ids: list[str], moment: datetime) -> list["Result"]:
    from webapp.jobs.tasks import worker_name
    from webapp.sync.run import sync_interface

    results = [
        sync_interface(engine, interface_id, owner=worker_name(), now=moment)
        for interface_id in interface_ids
    ]
    return [result for result in results if result is not None]


def _show_all(asked: list[str], results: list["Result"], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"due": asked, "runs": [_as_dict(result) for result in results]}))
        return
    click.echo(f"{len(asked)} due, {len(results)} done.")
    for result in results:
        _show(result, as_json=False, fail=False)


def _show(result: "Result", as_json: bool, fail: bool = True) -> None:
    if as_json:
        click.echo(json.dumps(_as_dict(result)))
    else:
        _print(result)
    if fail and result.failure is not None:
        raise SystemExit(1)


def _print(result: "Result") -> None:
    click.echo(f"run {result.run_id}: {result.outcome}, {result.rows_seen} rows")
    for fate, count in result.counts.items():
        if count:
            click.echo(f"  {fate:<14}{count:>8}")
    click.echo(f"  expenses made {result.expenses_made:>8}")
    for warning in result.warnings:
        click.echo(f"  note: {warning}")
    if result.failure is not None and not result.rows_seen:
        click.echo("  nothing was written", err=True)
    if result.failure is not None:
        where = f" (line {result.failure.line})" if result.failure.line else ""
        click.echo(f"  {result.failure.reason}{where}: {result.failure.detail}", err=True)
    if result.next_due_at is not None:
        click.echo(f"  next {result.next_due_at.isoformat(timespec='minutes')}")


def _as_dict(result: "Result") -> dict[str, Any]:
    failure = result.failure
    return {
        "run": result.run_id,
        "outcome": result.outcome.value,
        "rows_seen": result.rows_seen,
        "fates": {fate.value: count for fate, count in result.counts.items() if count},
        "expenses_made": result.expenses_made,
        "warnings": list(result.warnings),
        "failure": failure
        and {
            "reason": failure.reason,
            "detail": failure.detail,
            "line": failure.line,
        },
        "next_due_at": result.next_due_at and result.next_due_at.isoformat(),
    }
