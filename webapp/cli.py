"""The ``cardsync`` command. Sub-commands are loaded when called, so that it starts at once."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any, NamedTuple

import click

from webapp.processes import obey_supervisor

PLUGIN_COMMANDS = "cardsync.commands"


class OwnCommand(NamedTuple):
    """Where one of our own sub-commands is written, and its line in ``cardsync --help``."""

    target: str
    help: str


COMMANDS: Mapping[str, OwnCommand] = {
    "up": OwnCommand("webapp.commands.up:up", "Run everything on this machine."),
    "web": OwnCommand("webapp.commands.web:web", "Serve the pages."),
    "worker": OwnCommand("webapp.commands.processes:worker", "Do the synchronisations."),
    "clock": OwnCommand("webapp.commands.processes:clock", "Ring for what is due."),
    "sandbox": OwnCommand("webapp.commands.sandbox:sandbox", "Run a connector's practice server."),
    "doctor": OwnCommand("webapp.commands.doctor:doctor", "Say what is wrong and how to mend it."),
    "db": OwnCommand("webapp.commands.db:db", "Bring the database up to date."),
    "interfaces": OwnCommand("webapp.commands.interfaces:interfaces", "List what is connected."),
    "sync": OwnCommand("webapp.commands.sync:sync", "Synchronise one interface now."),
    "sync-due": OwnCommand("webapp.commands.sync_due:sync_due", "Do everything that is due now."),
    "tick": OwnCommand("webapp.commands.sync:tick", "Do what is due at a moment."),
    "import": OwnCommand("webapp.commands.sync:import_file", "Import a statement file."),
    "replay": OwnCommand("webapp.commands.replay:replay", "Replay what was delivered; compare."),
    "undo": OwnCommand("webapp.commands.undo:undo", "Plan a run backwards, and undo it."),
    "adversity": OwnCommand("webapp.commands.adversity:adversity", "Play what banks do wrong."),
}


class LazyGroup(click.Group):
    """A group of commands that imports each one when it is called, also those of plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name our own commands in the order of a new installation's needs, then the plugins'."""
        return [*COMMANDS, *sorted(plugin_commands())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command ``cmd_name``."""
        if cmd_name in COMMANDS:
            module, _, attribute = COMMANDS[cmd_name].target.partition(":")
            command: click.Command = getattr(import_module(module), attribute)
            return command
        if point := plugin_commands().get(cmd_name):
            return _command_of_plugin(point)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        rows = [(name, command.help) for name, command in COMMANDS.items()]
        rows += [
            (name, f"Offered by the plugin {point.dist.name if point.dist else point.module}.")
            for name, point in sorted(plugin_commands().items())
        ]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a wrong setting is one sentence, not a traceback."""
        from webapp.config import ConfigError

        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise click.ClickException(str(error)) from error


def plugin_commands() -> dict[str, EntryPoint]:
    """Return the sub-commands that plugins offer; a name of ours cannot be taken."""
    points = entry_points(group=PLUGIN_COMMANDS)
    return {point.name: point for point in points if point.name not in COMMANDS}


def _command_of_plugin(point: EntryPoint) -> click.Command:
    try:
        command = point.load()
    except Exception as error:  # a plugin may fail in any way
        raise click.ClickException(
            f"The plugin that offers “{point.name}” cannot be loaded: {error}."
        ) from error
    if not isinstance(command, click.Command):
        raise click.ClickException(f"What the plugin offers as “{point.name}” is no command.")
    return command


@click.group(cls=LazyGroup)
@click.version_option(version("cardsync"), prog_name="cardsync")
def cli() -> None:
    """Bank and company-card transactions become expenses: none lost, none doubled."""


def main() -> None:
    """Run ``cardsync``."""
    obey_supervisor()
    cli(prog_name="cardsync")


if __name__ == "__main__":
    main()
