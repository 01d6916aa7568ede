"""``cardsync interfaces``: what is connected, with the ids that the other commands ask for."""

import json
from typing import Any

import click

from webapp.config import load_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def interfaces(as_json: bool) -> None:
    """List the interfaces and their accounts, with the ids that sync and import ask for."""
    from webapp.storage.database import Database
    from webapp.storage.inventory import inventory

    database = Database(load_settings().database_url)
    with database.read() as session:
        found = [entry.as_dict() for entry in inventory(session)]
    database.dispose()
    if as_json:
        click.echo(json.dumps(found))
        return
    for entry in found:
        _print(entry)
    if not found:
        click.echo("No interface yet: an admin adds one under Configuration.")


def _print(entry: dict[str, Any]) -> None:
    due = entry["next_due_at"] or "no run planned"
    click.echo(f"{entry['id']}  {entry['entity']} / {entry['label']}  {entry['state']}  {due}")
    for account in entry["accounts"]:
        last4 = f" …{account['last4']}" if account["last4"] else ""
        holder = account["holder"] or "nobody"
        click.echo(f"  {account['id']}  {account['name']}{last4} ({account['currency']}), {holder}")
