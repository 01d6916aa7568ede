"""A practice bank that speaks like Powens: API, web view and controls, on this machine only.

``cardsync sandbox budget-insight`` and ``cardsync up --demo`` start it. The connector itself never
imports it, and nothing here is imported before it is needed: Flask costs a start-up time that
naming the practice server must not.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cardsync_sdk.sandbox import Sandbox

if TYPE_CHECKING:
    from flask import Flask

CLIENT_ID = 70000001
CLIENT_SECRET = "practice-secret-of-no-value"
DOMAIN = "practice.biapi.pro"


def settings(base_url: str) -> Mapping[str, str]:
    """Return the connector settings that point to a practice server at ``base_url``."""
    return {
        "base_url": f"{base_url}/2.0",
        "webview_url": f"{base_url}/webview",
        "domain": DOMAIN,
        "client_id": str(CLIENT_ID),
        "client_secret": CLIENT_SECRET,
    }


def serve(host: str, port: int, folder: Path) -> None:
    """Run the practice server until SIGTERM or Ctrl-C; its state lives in ``folder``."""
    from cardsync_budget_insight.sandbox.server import serve as run

    run(host, port, folder)


def make_app(folder: Path, clock: Callable[[], datetime] | None = None) -> "Flask":
    """Build the application over the state in ``folder``; ``clock`` gives aware UTC instants."""
    from cardsync_budget_insight.sandbox.server import make_app as build

    return build(folder, clock)


SANDBOX = Sandbox(
    name="budget-insight",
    connector="budget_insight",
    default_port=8091,
    serve=serve,
    settings=settings,
)
