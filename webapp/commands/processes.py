"""``cardsync worker`` and ``cardsync clock``: the two long-running processes beside the web."""

from functools import cache
from typing import TYPE_CHECKING

import click

from webapp import logs
from webapp.config import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage

    from flask import Flask

    from webapp.jobs.postman import Compose
    from webapp.storage.notices import Told
    from webapp.storage.people import User

NO_REDIS = (
    "No Redis is known: set REDIS_URL to its address, or run `cardsync up`, which has its own."
)


@click.command()
def worker() -> None:
    """Do the synchronisations: take jobs from the queue until told to stop."""
    settings = _settings_with_redis()
    from webapp.jobs.worker import main

    main(settings, letters(settings))


def letters(settings: Settings) -> "Compose":
    """Return what writes messages; the pages, whose words it shares, are loaded for the first."""

    @cache
    def pages() -> "Flask":
        from webapp.app import create_app

        return create_app(settings)

    def compose(user: "User", told: "Sequence[Told]") -> "EmailMessage":
        from webapp.views.letters import write_letter

        with pages().test_request_context(base_url=settings.base_url):
            return write_letter(user, told)

    return compose


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
