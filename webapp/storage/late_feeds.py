"""Cards whose holder waits: their feed is late, or stopped by a cause."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from webapp.domain.freshness import Feed, Trouble, trouble_of, waiting_since
from webapp.domain.interfaces import InterfaceState
from webapp.storage.accounts import Account, Attachment
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity


@dataclass(frozen=True, slots=True)
class LateFeed:
    """A card with a feed that is late ``since`` its last success; ``timezone`` is its entity's."""

    account_id: str
    name: str
    last4: str
    trouble: Trouble
    since: datetime | None
    timezone: str


def late_feeds(session: Session, user_id: str, now: datetime) -> list[LateFeed]:
    """Return the cards held by a person now whose feed is late or stopped, in one query."""
    rows = session.exec(
        select(Account, Interface, LegalEntity)
        .join(Attachment, col(Attachment.account_id) == col(Account.id))
        .join(Interface, col(Interface.id) == col(Account.interface_id))
        .join(LegalEntity, col(LegalEntity.id) == col(Account.legal_entity_id))
        .where(
            Attachment.user_id == user_id,
            col(Attachment.ends_on).is_(None),
            col(Account.shared),
        )
        .order_by(col(Account.name), col(Account.id))
    ).all()
    return [
        LateFeed(account.id, account.name, account.number_last4, trouble, since, entity.timezone)
        for account, interface, entity in rows
        for trouble, since in [_standing(account, interface, now)]
        if trouble is not None
    ]


def _standing(
    account: Account, interface: Interface, now: datetime
) -> tuple[Trouble | None, datetime | None]:
    """A card may be late alone: a sync that succeeds in part fetches some and not others."""
    feed = Feed(
        InterfaceState(interface.state),
        interface.nightly and interface.next_due_at is not None,
        account.activated_on or interface.activated_on,
        account.last_ok_at,
        account.not_seen_since is not None,
    )
    return trouble_of(feed, now), waiting_since(feed.activated_on, feed.last_ok_at)
