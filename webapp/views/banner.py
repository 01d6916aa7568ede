"""The line on every page that names the banking interfaces which need an administrator."""

from dataclasses import dataclass
from typing import cast

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import SQLAlchemyError

from webapp.domain.freshness import Trouble
from webapp.domain.people import Right
from webapp.storage import notices
from webapp.storage.notices import Troubled
from webapp.views.access import now, services, visitor
from webapp.views.formats import instant
from webapp.views.help_links import help_url, of_trouble
from webapp.views.interface_words import needs_user


@dataclass(frozen=True, slots=True)
class Banner:
    """What the line says, where it leads, and the article about it."""

    text: str
    label: str
    url: str
    help_url: str


def banner() -> Banner | None:
    """Return the line for this visitor; nothing where no interface of theirs needs them.

    One query, and none for whom it does not concern. A page that says the database is away must not
    need it.
    """
    if "banner" not in g:
        g.banner = _banner()
    return cast("Banner | None", g.banner)


def _banner() -> Banner | None:
    person = visitor()
    entities = person.scope.entities(Right.CONFIGURE) if person else frozenset()
    if not entities:
        return None
    try:
        with services().database.read() as session:
            found = notices.troubled(session, now(), entities)
    except SQLAlchemyError:
        return None
    if not found:
        return None
    return _of_one(found[0]) if len(found) == 1 else _of_several(found)


def _of_one(one: Troubled) -> Banner:
    names = {"name": name_of(one), "entity": one.entity.name, "wrong": what_is_wrong(one)}
    return Banner(
        str(_("%(name)s (%(entity)s): %(wrong)s", **names)),
        str(_("Open the interface")),
        url_for("imports.interface", entity_id=one.entity.id, interface_id=one.interface.id),
        help_url(of_trouble(one.trouble, one.interface.last_error_reason)),
    )


def _of_several(found: list[Troubled]) -> Banner:
    places = {one.entity.id: one.entity.name for one in found}
    count = ngettext(
        "%(num)d banking interface needs you",
        "%(num)d banking interfaces need you",
        len(found),
    )
    only = next(iter(places)) if len(places) == 1 else None
    listed = ", ".join(f"{name_of(one)} ({one.entity.name})" for one in found[:3])
    more = " …" if len(found) > 3 else ""
    return Banner(
        str(_("%(count)s: %(names)s", count=count, names=listed + more)),
        str(_("Look at them")),
        url_for("imports.entity", entity_id=only) if only else url_for("imports.index"),
        help_url("late-feed" if all(_is_late(one) for one in found) else "bank-waits-for-you"),
    )


def _is_late(one: Troubled) -> bool:
    return one.trouble is Trouble.LATE


def name_of(one: Troubled) -> str:
    """Return what people call the interface."""
    return one.interface.label or one.interface.connector


def what_is_wrong(one: Troubled) -> str:
    """Say what is wrong, and what an administrator does about it."""
    if one.trouble is Trouble.NEEDS_USER:
        return needs_user(one.interface.last_error_reason)
    if one.trouble is Trouble.REJECTED:
        return str(_("The partner refused the connection. Connect again, or contact support."))
    if one.trouble is Trouble.NOT_SEEN:
        return str(_("An account shared here is no longer seen at the bank. Nothing is deleted."))
    if one.interface.last_ok_at is None:
        return str(_("Its first sync has not succeeded yet. Nothing is lost."))
    since = instant(one.interface.last_ok_at, one.entity.timezone)
    return str(_("No sync has succeeded since %(since)s. Nothing is lost.", since=since))
