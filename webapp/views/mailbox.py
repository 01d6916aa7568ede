"""The mailbox of a demonstration: what would be sent, on a page of its own; elsewhere 404."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, abort
from flask_babel import force_locale

from webapp.storage import notices
from webapp.storage.notices import Notice, Told
from webapp.storage.people import User
from webapp.views.access import public, services
from webapp.views.letters import Letter, letter_for
from webapp.views.pages import render_page

blueprint = Blueprint("mailbox", __name__)

NEWEST = 50


@dataclass(frozen=True, slots=True)
class Mail:
    """One message of the outbox; ``notice`` is the newest it tells of."""

    user: User
    notice: Notice
    letter: Letter


@blueprint.get("/dev/mailbox")
@public
def index() -> Response:
    """Show the newest messages, sent or waiting, as their readers get them."""
    if not services().settings.demo:
        abort(404)
    with services().database.read() as session:
        found = notices.newest(session, NEWEST)
    sends = services().settings.smtp_url is not None
    return render_page("dev/mailbox.html", mails=_mails(found), sends=sends)


def _mails(found: Sequence[tuple[Told, User]]) -> list[Mail]:
    """Put together what left together, or waits to leave together; the newest first."""
    together: dict[tuple[str, datetime | None], tuple[User, list[Told]]] = {}
    for told, user in found:
        together.setdefault((user.id, told.notice.sent_at), (user, []))[1].append(told)
    mails = []
    for user, several in together.values():
        with force_locale(user.locale):
            mails.append(Mail(user, several[0].notice, letter_for(user, several[::-1])))
    return mails
