"""``cardsync worker`` and ``cardsync clock``: the two long-running processes beside the web."""

import click

from webapp import logs
from webapp.config import Settings, load_settings

NO_REDIS = (
    "No Redis is known: set REDIS_URL to its address, or run `cardsync up`, which has its own."
)


@click.command()
def worker() -> None:
    """Do the synchronisations: take jobs from the queue until told to stop."""
    settings = _settings_with_redis()
    from webapp.jobs.worker import main

    main(settings)


@click.command()
def clock() -> None:
    """Ring for what is due, every second, and tidy after dead runs. Two clocks do no harm."""
    settings = _settings_with_redis()
    from webapp.jobs.clock import main

    main(settings)


def _settings_with_redis() -> Settings:
    settings = load_settings()
    if settings.redis_url is None:
        raise click.ClickException(NO_REDIS)
    logs.configure(settings)
    return settings
