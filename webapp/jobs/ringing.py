"""Take a verified webhook: what it leads to is written first, then a worker is hurried.

Without a Redis the clock finds the rows within a second.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from cardsync_sdk.types import WebhookHint
from webapp.storage.database import Database
from webapp.sync.ringing import ring

# Of one webhook that tells of very many links, the clock rings for the others.
RUNG_AT_MOST = 20


def take_webhook(
    database: Database,
    doorbell: Callable[[str], bool],
    connector: str,
    hints: Sequence[WebhookHint],
    now: datetime,
) -> None:
    """Store what a verified webhook told of, and ring for the interfaces that are due by it.

    :param doorbell: takes a second at most; one that is not heard is not tried again.
    """
    if not hints:
        return
    with database.write() as session:
        due = ring(session, connector, hints, now)
    for interface_id in due[:RUNG_AT_MOST]:
        if not doorbell(interface_id):
            return
