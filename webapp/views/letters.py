"""Messages about failing feeds: one for each person, in their language, as text and as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from flask import render_template, url_for
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from webapp.domain.freshness import Trouble
from webapp.domain.notices import Ending, NoticeKind
from webapp.storage.notices import FailureEpisode, Told
from webapp.storage.people import User
from webapp.views.formats import instant
from webapp.views.help_links import of_trouble
from webapp.views.interface_words import needs_user
from webapp.views.services import services


@dataclass(frozen=True, slots=True)
class Item:
    """What a message says of one episode; ``article_url`` is empty where nothing is to be done."""

    title: str
    text: str
    url: str
    article_url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message before it is put into an envelope."""

    subject: str
    greeting: str
    items: tuple[Item, ...]
    closing: str
    open_label: str
    article_label: str


def write_letter(user: User, told: Sequence[Told]) -> EmailMessage:
    """Return the message to ``user`` about these notices, without sender and recipient."""
    with force_locale(user.locale):
        letter = letter_for(user, told)
        message = EmailMessage(policy=SMTP)
        message["Subject"] = letter.subject
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = user.locale
        message.set_content(as_text(letter))
        message.add_alternative(as_html(letter, user.locale), subtype="html")
    return message


def letter_for(user: User, told: Sequence[Told]) -> Letter:
    """Put the notices into words, each episode once: what ended is not told as failing."""
    newest: dict[str, Told] = {}
    for one in told:
        known = newest.get(one.episode.id)
        if known is None or one.notice.kind == NoticeKind.MENDED:
            newest[one.episode.id] = one
    items = tuple(_item(one) for one in newest.values())
    return Letter(
        subject=_subject(list(newest.values())),
        greeting=str(_("Hello %(name)s,", name=user.name)),
        items=items,
        closing=str(
            _(
                "cardsync wrote this by itself, because you administer these legal entities. You "
                "get one message when a connection fails and one when it works again."
            )
        ),
        open_label=str(_("Open the interface")),
        article_label=str(_("What to do")),
    )


def as_text(letter: Letter) -> str:
    """Return a message as plain text."""
    parts = [letter.greeting]
    for item in letter.items:
        lines = [item.title, item.text, f"{letter.open_label}: {item.url}"]
        if item.article_url:
            lines.append(f"{letter.article_label}: {item.article_url}")
        parts.append("\n".join(lines))
    return "\n\n".join([*parts, "-- \n" + letter.closing]) + "\n"


def as_html(letter: Letter, language: str) -> str:
    """Return a message as HTML: no images, nothing loaded from anywhere."""
    return render_template("mail/notice.html", letter=letter, language=language)


def _subject(told: Sequence[Told]) -> str:
    if len(told) > 1:
        return str(
            ngettext(
                "News of %(num)d banking interface",
                "News of %(num)d banking interfaces",
                len(told),
            )
        )
    (one,) = told
    return _title(one)


def _title(one: Told) -> str:
    names = {"name": one.interface.label or one.interface.connector, "entity": one.entity.name}
    # A subject is one line, whatever the bank calls the connection.
    names = {key: " ".join(value.split()) for key, value in names.items()}
    if one.notice.kind == NoticeKind.MENDED:
        return str(_("%(name)s (%(entity)s) works again", **names))
    if one.episode.trouble == Trouble.LATE:
        return str(_("%(name)s (%(entity)s) is late", **names))
    return str(_("%(name)s (%(entity)s) needs you", **names))


def _item(one: Told) -> Item:
    base = services().settings.base_url
    page = url_for("imports.interface", entity_id=one.entity.id, interface_id=one.interface.id)
    failing = one.notice.kind == NoticeKind.FAILING and one.episode.ended_at is None
    slug = of_trouble(Trouble(one.episode.trouble), one.episode.reason)
    return Item(
        _title(one),
        _text(one),
        base + page,
        base + url_for("help.show", slug=slug) if failing else "",
    )


def _text(one: Told) -> str:
    episode, zone = one.episode, one.entity.timezone
    began = instant(episode.began_at, zone)
    if one.notice.kind == NoticeKind.MENDED:
        return str(
            _(
                "It failed from %(began)s to %(ended)s. What happened meanwhile has been fetched, "
                "as far as the bank shows it.",
                began=began,
                ended=instant(episode.ended_at, zone),
            )
        )
    if episode.ending == Ending.STOPPED:
        return str(_("It failed on %(began)s, and was stopped since.", began=began))
    return f"{_wrong(episode, began)} {_meanwhile(episode, zone)}"


def _wrong(episode: FailureEpisode, began: str) -> str:
    if episode.trouble == Trouble.NEEDS_USER:
        wrong = needs_user(episode.reason)
        return str(_("Since %(began)s: %(wrong)s", began=began, wrong=wrong))
    if episode.trouble == Trouble.REJECTED:
        return str(
            _(
                "Since %(began)s the partner refuses the connection. Connect again, or contact "
                "support.",
                began=began,
            )
        )
    if episode.trouble == Trouble.NOT_SEEN:
        return str(
            _(
                "Since %(began)s the bank shows its accounts without one that is shared here. It "
                "may be closed, replaced or no longer ticked on the partner's page.",
                began=began,
            )
        )
    return str(
        _(
            "No sync has succeeded for more than a day and a half: the bank or the partner is out "
            "of order, or this server does not do its syncs. If the history shows no tries at all, "
            "ask whoever runs the server to look at “cardsync doctor”."
        )
    )


def _meanwhile(episode: FailureEpisode, zone: str) -> str:
    if episode.ok_before is None:
        return str(_("Nothing is lost: the next good sync fetches what happened meanwhile."))
    return str(
        _(
            "Nothing is lost: the next good sync fetches everything since the last one, "
            "of %(when)s.",
            when=instant(episode.ok_before, zone),
        )
    )
