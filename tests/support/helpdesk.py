"""What the tests of support share: searching, following links, reading the trail."""

import re

from sqlmodel import col, select

from tests.support.import_admin import words
from tests.support.web import Browser
from tests.support.world import World
from webapp.storage.audit import AuditEvent


def trail(feed: World) -> list[AuditEvent]:
    with feed.database.read() as session:
        query = select(AuditEvent).where(col(AuditEvent.action).startswith("support."))
        return list(session.exec(query.order_by(col(AuditEvent.id))))


def find(browser: Browser, typed: str) -> str:
    return words(browser.get("/support", query_string={"q": typed}))


def link_in(browser: Browser, typed: str, kind: str) -> str:
    """Return the address of the first thing of a kind that a search finds."""
    page = browser.get("/support", query_string={"q": typed}).text
    found = re.search(rf'href="(/support/{kind}/[0-9A-Z]{{26}})"', page)
    assert found, f"no {kind} for {typed}"
    return found[1]
