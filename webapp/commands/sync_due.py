"""``cardsync sync-due``: everything that is due, in one process, without a queue."""

from datetime import UTC, datetime

import click

from webapp.commands.processes import letters
from webapp.commands.sync import opened
from webapp.config import load_settings


@click.command("sync-due")
def sync_due() -> None:
    """Do everything that is due now, in this process: for a system timer, without any Redis.

    Also tidies after dead runs, sees which feeds are late, and sends the mail that is due. Run it
    every minute or so; two at once do no harm.
    """
    from webapp.jobs.clock import Clock
    from webapp.jobs.postman import send_due
    from webapp.jobs.tasks import crew_of, make_shift
    from webapp.jobs.worker import post_of

    settings = load_settings()
    with opened(settings) as engine:
        Clock(engine.database, lambda _due: True).tick(datetime.now(UTC))
        done = make_shift(engine, crew_of(settings)).work()
        post = post_of(settings, letters(settings))
        sent = send_due(engine.database, post) if post is not None else 0
    click.echo(f"{done} done, {sent} messages sent.")
