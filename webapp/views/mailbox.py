"""The mailbox of a demonstration: what would be sent, on a page of its own; elsewhere 404."""

from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, Response, abort
from flask_babel import force_locale

from webapp.storage import notices
from webapp.storage.notices import Notice
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
    mails = []
    # What leaves together is one message.
    for _key, group in groupby(found, key=lambda pair: (pair[1].id, pair[0].notice.sent_at)):
        told, users = zip(*group, strict=True)
        user = users[0]
        with force_locale(user.locale):
            mails.append(Mail(user, told[0].notice, letter_for(user, told[::-1])))
    return render_page(
        "dev/mailbox.html", mails=mails, sends=services().settings.smtp_url is not None
    )
