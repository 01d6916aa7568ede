"""What the holder of a card reads when its feed is late: since when, and who acts."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlmodel import Session

from webapp.domain.freshness import Trouble
from webapp.storage.late_feeds import LateFeed, late_feeds
from webapp.views.formats import day


@dataclass(frozen=True, slots=True)
class Late:
    """One notice: ``title`` names the card and the day, ``who`` must act."""

    title: str
    who: str


def said(session: Session, user_id: str, now: datetime) -> list[Late]:
    """Return what is said to a person about the late feeds of the cards they hold."""
    return [Late(_title(one), _who(one)) for one in late_feeds(session, user_id, now)]


def _title(one: LateFeed) -> str:
    name = f"{one.name} •••• {one.last4}" if one.last4 else one.name
    if one.since is None:
        return str(_("The feed of your card %(card)s has not begun yet.", card=name))
    since = day(one.since.astimezone(ZoneInfo(one.timezone)).date(), "EEEE d MMMM")
    return str(_("The feed of your card %(card)s is late since %(day)s.", card=name, day=since))


def _who(one: LateFeed) -> str:
    if one.trouble is Trouble.LATE:
        return str(
            _("You need not act: it is tried again by itself, and your administrator is told.")
        )
    if one.trouble is Trouble.NOT_SEEN:
        return str(
            _("The bank no longer shows this card. Your administrator is told, and must look.")
        )
    return str(_("You need not act: your administrator must renew the connection to the bank."))
