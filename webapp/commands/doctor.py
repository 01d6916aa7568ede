"""``cardsync doctor``: look at every part of an installation and say what to mend."""

import json
from dataclasses import asdict

import click

from webapp.config import load_settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> None:
    """Check database, Redis, worker, clock, connectors, keys and disk; change nothing.

    Exits with status 1 when there is a problem; a warning is no problem.
    """
    from webapp.commands.checkup import State, examine

    findings = list(examine(load_settings(create=False)))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(f"{finding.state:<8} {finding.subject:<11} {finding.text}")
            if finding.remedy:
                click.echo(f"{'':<20} → {finding.remedy}")
    if any(finding.state is State.PROBLEM for finding in findings):
        raise SystemExit(1)
