"""``cardsync sandbox``: run the practice server that a connector's plugin offers."""

from importlib.metadata import EntryPoint, entry_points

import click

from cardsync_sdk.sandbox import ENTRY_POINT_GROUP, Sandbox
from webapp import logs
from webapp.config import load_settings


def sandboxes() -> dict[str, EntryPoint]:
    """Return the practice servers the installed plugins offer, by name."""
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def load_sandbox(name: str) -> Sandbox:
    """Return the practice server ``name``.

    :raises click.ClickException: if no plugin offers it, or it cannot be loaded.
    """
    known = sandboxes()
    if name not in known:
        raise click.ClickException(
            f"There is no practice server “{name}”. There is: {', '.join(sorted(known)) or 'none'}."
        )
    try:
        offered = known[name].load()
    except Exception as error:  # a plugin may fail in any way
        raise click.ClickException(
            f"The practice server “{name}” cannot be loaded: {error}."
        ) from error
    if not isinstance(offered, Sandbox):
        raise click.ClickException(f"What the plugin offers as “{name}” is no practice server.")
    return offered


@click.command()
@click.argument("name")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; default: the server's own.")
def sandbox(name: str, host: str, port: int | None) -> None:
    """Run the practice server NAME until told to stop. Its state stays in the instance folder."""
    offered = load_sandbox(name)
    settings = load_settings()
    logs.configure(settings)
    folder = settings.folder.sandbox(name)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    chosen = offered.default_port if port is None else port
    click.echo(f"Practice server “{name}” on http://{host}:{chosen}")
    offered.serve(host, chosen, folder)
