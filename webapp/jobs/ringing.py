"""Take a verified webhook: what it leads to is written first, then a worker is hurried.

Without a Redis the clock finds the rows within a second.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from cardsync_sdk.types import WebhookHint
from webapp.storage.database import Database
from webapp.sync.ringing import ring


def take_webhook(
    database: Database,
    doorbell: Callable[[], bool],
    connector: str,
    hints: Sequence[WebhookHint],
    now: datetime,
) -> list[str]:
    """Store what a verified webhook told of, and ring once; return the interfaces due by it.

    :param doorbell: takes a second at most; one that is not heard is not tried again.
    """
    if not hints:
        return []
    with database.write() as session:
        due = ring(session, connector, hints, now)
    if due:
        doorbell()
    return due
