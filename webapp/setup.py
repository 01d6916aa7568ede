"""The first administrator of an empty installation, invited by a link that works once."""

from datetime import UTC, datetime

from webapp.config import Settings
from webapp.storage import logins, people
from webapp.storage.database import Database


def first_admin_link(database: Database, settings: Settings) -> str | None:
    """Make the link of the first administrator's set-up page; nothing once a group exists.

    It works once, for :data:`webapp.storage.logins.INVITATION`; every earlier one stops working.
    """
    now = datetime.now(UTC)
    with database.write() as session:
        if people.any_group(session):
            return None
        logins.withdraw_links(session, logins.FIRST_ADMIN, now)
        token = logins.make_link(session, logins.FIRST_ADMIN, now=now, lasts=logins.INVITATION)
    return f"{settings.public_url or settings.local_url}/setup/{token}"
