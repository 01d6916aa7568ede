"""Relaunch a sync by its state icon (R53, R68, R71): asked for here, run by a worker.

The icon is a button that swaps what says how the interface stands: its row in the list, or its
section on its own page. While a sync is due or under way that part asks again by itself, then
announces the counts.
"""

import re
from dataclasses import dataclass

from flask import Response, abort, request, url_for
from flask_babel import gettext as _

from webapp.domain.people import Right
from webapp.jobs.asking import (
    Answer,
    Asked,
    Demand,
    Joined,
    Later,
    NotPossible,
    Obstacle,
    ask_for_sync,
)
from webapp.storage import interfaces
from webapp.storage.interfaces import Interface, InterfaceSummary
from webapp.storage.people import LegalEntity
from webapp.storage.standing import Standing, standings
from webapp.views.access import (
    current_user,
    entity_or_404,
    needs,
    now,
    scoped_or_404,
    services,
)
from webapp.views.formats import instant
from webapp.views.help_links import OBSTACLES, PUT_OFF
from webapp.views.interface_words import Shown, shown
from webapp.views.pages import announce, render_page, see_other, wants_block
from webapp.views.run_words import mishap, result_text

# How often a page asks how a sync is getting on: each second at first, then less often, and at
# last not by itself any more.
QUICK_ASKS, QUICK_SECONDS = 15, 1
SLOW_SECONDS = 4
ASKS_AT_MOST = 200
PLACES = ("row", "page")
_ID = re.compile(r"[0-9A-Z]{26}")


@dataclass(frozen=True, slots=True)
class Watched:
    """An interface with everything that shows how it stands."""

    entity: LegalEntity
    summary: InterfaceSummary
    standing: Standing

    @property
    def legal_entity_id(self) -> str:
        """Return the id of its legal entity."""
        return self.entity.id


@dataclass(frozen=True, slots=True)
class SyncView:
    """How an interface stands, as its row or section shows it.

    ``seen``: the last run the page knows of; a newer one is announced. ``asks``: how often the page
    has asked already how the sync is getting on.
    """

    summary: InterfaceSummary
    standing: Standing
    shown: Shown
    seen: str
    asks: int

    @property
    def interface(self) -> Interface:
        """Return the interface."""
        return self.summary.interface

    @property
    def asks_itself(self) -> bool:
        """Say whether the page goes on asking by itself."""
        return self.shown.pending and self.asks < ASKS_AT_MOST

    @property
    def ask_again_in(self) -> int:
        """Return the seconds until it asks again."""
        return QUICK_SECONDS if self.asks < QUICK_ASKS else SLOW_SECONDS


@needs(Right.CONFIGURE)
def ask(entity_id: str, interface_id: str) -> Response:
    """Ask for a sync; whoever presses while one is due or under way joins it."""
    watched = _watched(entity_id, interface_id)
    before = watched.standing.last_id
    demand = Demand(
        interface_id, watched.entity, current_user().id, now(), request.form.get("why", "")
    )
    parts = services()
    answer = ask_for_sync(parts.database, parts.registry, parts.doorbell.ring, demand)
    text, kind = said(answer, watched.entity)
    announce(text, kind, article=article_of(answer))
    if wants_block():
        return _block(_watched(entity_id, interface_id), asks=0, seen=before)
    if _place_name() == "row":
        return see_other(url_for("imports.entity", entity_id=entity_id))
    return see_other(url_for("imports.interface", entity_id=entity_id, interface_id=interface_id))


@needs(Right.CONFIGURE)
def standing(entity_id: str, interface_id: str) -> Response:
    """Say how the interface stands now; announce the counts of a sync that has ended meanwhile."""
    watched = _watched(entity_id, interface_id)
    if not wants_block():
        return see_other(
            url_for("imports.interface", entity_id=entity_id, interface_id=interface_id)
        )
    seen = request.args.get("seen", "")
    last = watched.standing.last
    if last is not None and _ID.fullmatch(seen or "0" * 26) and last.id != seen:
        wrong = mishap(last)
        announce(*result_text(last), article=wrong.article if wrong else "")
    return _block(watched, asks=_asks_so_far(), seen=watched.standing.last_id)


def _watched(entity_id: str, interface_id: str) -> Watched:
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    with services().database.read() as session:
        summaries = interfaces.interface_summaries(session, entity.id)
        found = next((one for one in summaries if one.interface.id == interface_id), None)
        how = standings(session, [interface_id]).get(interface_id, Standing())
    watched = None if found is None else Watched(entity, found, how)
    return scoped_or_404(watched, Right.CONFIGURE)


def _place_name() -> str:
    place = request.values.get("place", "page")
    if place not in PLACES:
        abort(400)
    return place


def _asks_so_far() -> int:
    text = request.args.get("asks", "0")
    return min(int(text), ASKS_AT_MOST) if text.isdecimal() and len(text) < 6 else 0


def _block(watched: Watched, *, asks: int, seen: str) -> Response:
    sync = sync_view(watched.summary, watched.standing, asks=asks, seen=seen)
    return render_page(
        "imports/_standing.html",
        block="standing",
        place=_place_name(),
        entity=watched.entity,
        sync=sync,
    )


def sync_view(
    summary: InterfaceSummary, how: Standing, *, asks: int = 0, seen: str | None = None
) -> SyncView:
    """Return what the row and the section of an interface show.

    :param asks: how often this page has asked already since the sync was asked for.
    :param seen: the last run the page knew of, by default the last there is.
    """
    said = shown(
        summary.interface,
        services().registry,
        now(),
        summary.accounts,
        how,
        not_seen=summary.not_seen,
    )
    return SyncView(summary, how, said, how.last_id if seen is None else seen, asks)


def article_of(answer: Answer) -> str:
    """Return the help article for what came of asking, if it has one."""
    match answer:
        case NotPossible(obstacle):
            return OBSTACLES[obstacle]
        case Later():
            return PUT_OFF
    return ""


def said(answer: Answer, entity: LegalEntity) -> tuple[str, str]:
    """Return what is announced of a sync that was asked for, and its kind."""
    match answer:
        case Asked():
            return str(_("The sync is asked for. Its result is announced here.")), "info"
        case Joined():
            joined = _("A sync is under way already; you joined it. Its result is announced here.")
            return str(joined), "info"
        case Later(at, nightly):
            return put_off(instant(at, entity.timezone), nightly=nightly), "info"
        case NotPossible(obstacle):
            return _obstacle(obstacle), "warning"


def put_off(when: str, *, nightly: bool) -> str:
    """Return what is said of a sync that the source does not bear now."""
    if nightly:
        night = _(
            "The partner allows no more requests for now. The nightly sync comes first: it runs by "
            "itself on %(when)s.",
            when=when,
        )
        return str(night)
    return str(
        _(
            "The partner allows no more requests for now: next possible on %(when)s. The sync "
            "runs by itself then.",
            when=when,
        )
    )


def _obstacle(obstacle: Obstacle) -> str:
    words = {
        Obstacle.INCOMPLETE: _("No sync yet: first finish the set-up with “Connect again”."),
        Obstacle.NEEDS_USER: _(
            "No sync is possible before an administrator has done what the partner waits for. "
            "It is named beside the state."
        ),
        Obstacle.REJECTED: _(
            "No sync is possible: the partner refused the connection. An administrator must "
            "connect again."
        ),
        Obstacle.STOPPED: _(
            "No sync is possible: the interface is stopped. An administrator can connect it "
            "again, or restore one of its accounts."
        ),
        Obstacle.BY_FILE: _("This interface is fed by statement files: there is nothing to fetch."),
        Obstacle.NO_CONNECTOR: _(
            "No sync is possible: the connector is not installed here. Whoever runs this server "
            "must install it."
        ),
        Obstacle.UNDER_WAY: _(
            "A sync is under way and has made its plan already. Ask for the days once it has ended."
        ),
    }
    return str(words[obstacle])
