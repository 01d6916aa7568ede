"""``cardsync web``: the pages, served by gunicorn inside this process."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from gunicorn.app.base import BaseApplication

from webapp import logs
from webapp.commands.wording import first_line
from webapp.config import Settings, load_settings

if TYPE_CHECKING:
    from flask import Flask

GRACEFUL_SECONDS = 5


class WebServer(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings. Its ``Application`` would put the current folder on the path."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn our settings; it reads no file and no command line of its own."""
        options: dict[str, Any] = {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": self.settings.web_workers,
            "threads": self.settings.web_threads,
            "worker_class": "gthread",
            "preload_app": True,
            "control_socket_disable": True,
            "graceful_timeout": GRACEFUL_SECONDS,
            "timeout": 60,
            "keepalive": 5,
            "loglevel": "warning",
            "worker_tmp_dir": None,
            "proc_name": "cardsync web",
            # Requests with a header twice or in two spellings are an attack or a mistake.
            "header_map": "drop",
            "limit_request_line": 4094,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> "Flask":
        """Make the application, once, before the workers are forked."""
        from webapp.app import create_app

        return create_app(self.settings)


@click.command()
@click.option("--prepare", "note", type=click.Path(path_type=Path), hidden=True)
@click.option("--practice", multiple=True, hidden=True)
def web(note: Path | None, practice: tuple[str, ...]) -> None:
    """Serve the pages at HOST and PORT until told to stop."""
    settings = load_settings()
    logs.configure(settings)
    if note is not None:
        _prepare(settings, note, practice)
    WebServer(settings).run()


def _prepare(settings: Settings, note: Path, practice: Iterable[str]) -> None:
    """Do for ``cardsync up`` what comes before serving; leave in ``note`` the lines it is to show.

    Here and not in a process of its own: loading the application twice would double the wait.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from webapp.commands.prepare import prepare

    addresses = dict(word.split("=", 1) for word in practice)
    try:
        lines = prepare(settings, addresses)
    except SQLAlchemyError as error:
        raise click.ClickException(
            f"The database cannot be used: {first_line(error)}. cardsync doctor says more."
        ) from error
    note.write_text("\n".join(lines), encoding="utf-8")
