"""The bell of a connector: rings as its bank does, over HTTP, and looks at what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from sqlmodel import col, select
from werkzeug.test import TestResponse

from tests.support.ringing_bank import SECRET, news, signed
from tests.support.world import World
from webapp.storage.runs import SyncRun
from webapp.storage.webhooks import WebhookEvent

LINK = "link-1"


@dataclass
class Bell:
    """Rings at the address of the connector, as the bank does, with eyes into the database."""

    app: Flask
    world: World

    def ring(
        self, *events: str, link: str = LINK, at: datetime | None = None, secret: str = SECRET
    ) -> int:
        """Tell of these events of a link; returns the status of the answer."""
        body = news(*((event, link) for event in events))
        return self.send(body, signed(body, at=at, secret=secret)).status_code

    def send(self, body: bytes, headers: dict[str, str], path: str = "", **values: Any) -> Any:
        """Post a body with these headers and nothing else: no cookie, no origin."""
        client = self.app.test_client(use_cookies=False)
        answer: TestResponse = client.post(
            f"/hooks/scripted{path}", data=body, headers=headers, **values
        )
        return answer

    def fates(self) -> dict[str, str]:
        """Return what each event led to, by its id."""
        return {event.event_id: event.fate for event in self.events()}

    def events(self) -> list[WebhookEvent]:
        """Return the events that were stored."""
        with self.world.database.read() as session:
            return list(session.exec(select(WebhookEvent).order_by(col(WebhookEvent.id))))

    def runs(self, interface_id: str | None = None) -> list[SyncRun]:
        """Return the runs of the interface, the oldest first."""
        wanted = SyncRun.interface_id == (interface_id or self.world.interface_id)
        with self.world.database.read() as session:
            query = select(SyncRun).where(wanted)
            return list(session.exec(query.order_by(col(SyncRun.started_at), col(SyncRun.id))))
