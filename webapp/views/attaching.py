"""The page of one interface: its shared accounts, each attached and set up inline (R41, R42).

Where transactions wait, or somebody else held the card, a preview comes before anything is saved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Response, abort
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.domain.people import Right
from webapp.storage.interfaces import InterfaceSummary
from webapp.storage.waiting import Waiting
from webapp.sync.attaching import AccountChoice, Saved, Saver, save_choices
from webapp.sync.stopping import RESTORABLE_FOR
from webapp.views import ledger_words
from webapp.views.access import current_user, needs, now, services
from webapp.views.account_forms import (
    Look,
    Place,
    Row,
    choice_of,
    import_modes,
    payment_modes,
    place_of,
    stored,
    typed,
)
from webapp.views.connecting import interface_url
from webapp.views.pages import announce, render_page, see_other, wants_block
from webapp.views.previewing import announce_look, looks, preview_page
from webapp.views.relaunching import sync_view


@needs(Right.CONFIGURE)
def interface(entity_id: str, interface_id: str) -> Response:
    """Show one interface with exactly the accounts that are shared."""
    place = place_of(entity_id, interface_id)
    return _page(place, [stored(place, held) for held in place.accounts])


@needs(Right.CONFIGURE)
def save_account(entity_id: str, interface_id: str, account_id: str) -> Response:
    """Save the row of one account; the others on the page stay as they are."""
    place = place_of(entity_id, interface_id)
    held = next((held for held in place.accounts if held.account.id == account_id), None)
    if held is None:
        abort(404)
    row = typed(place, held)
    if row is None:
        abort(400)
    if shown := _looks(place, [row]):
        return _look_at_row(place, row, shown[0])
    saved = _save(place, {account_id: choice_of(row)})
    place = place_of(entity_id, interface_id)
    rows = [stored(place, held) for held in place.accounts]
    _announce_saved(rows, saved, held.account.name)
    if wants_block():
        return _answer_row(place, next((r for r in rows if r.account.id == account_id), row))
    if others := _left_unsaved(place, rows, account_id):
        announce(_("The other rows you changed are not saved yet."), "info")
        return _page(place, others)
    return see_other(interface_url(entity_id, interface_id))


@needs(Right.CONFIGURE)
def save_accounts(entity_id: str, interface_id: str) -> Response:
    """Save every row of the page in one transaction; first show what that makes, if anything."""
    place = place_of(entity_id, interface_id)
    found = [row for held in place.accounts if (row := typed(place, held)) is not None]
    if shown := _looks(place, found):
        announce_look(shown)
        return preview_page(place.entity, interface_id, shown)
    saved = _save(place, {row.account.id: choice_of(row) for row in found})
    place = place_of(entity_id, interface_id)
    rows = [stored(place, held) for held in place.accounts]
    _announce_saved(rows, saved)
    if wants_block():
        return _page(place, rows)
    return see_other(interface_url(entity_id, interface_id))


def _looks(place: Place, rows: Sequence[Row]) -> list[Look]:
    return looks(
        place.entity,
        {row.account.id: (choice_of(row), row.start) for row in rows},
        today=place.today,
        names=place.names,
    )


def _look_at_row(place: Place, row: Row, look: Look) -> Response:
    announce_look([look])
    if not wants_block():
        return preview_page(place.entity, place.interface.id, [look])
    return _answer_row(place, replace(row, look=look), status=422 if look.start.error else 200)


def _left_unsaved(place: Place, rows: Sequence[Row], saved_id: str) -> list[Row]:
    """Return the rows with what was typed in the others, where that differs from what is stored.

    Without JavaScript a row's button sends the whole page: what else was typed must not be lost.
    """
    shown_rows = [
        row if row.account.id == saved_id else (typed(place, held) or row)
        for row, held in zip(rows, place.accounts, strict=True)
    ]
    return shown_rows if shown_rows != list(rows) else []


def _save(place: Place, choices: Mapping[str, AccountChoice]) -> Saved:
    with services().database.write() as session:
        by = Saver(session, place.entity, current_user().id, now())
        return save_choices(by, place.interface.id, choices)


def _announce_saved(rows: Sequence[Row], saved: Saved, name: str = "") -> None:
    done = sum(row.ready for row in rows)
    progress = ngettext(
        "%(num)d of %(all)d attached", "%(num)d of %(all)d attached", done, all=len(rows)
    )
    what = _("“%(name)s” is saved.", name=name) if name else _("Everything is saved.")
    announce(f"{what} {progress}.")
    announce_released(saved.released)


def announce_released(count: int) -> None:
    """Say how many waiting transactions became expenses, if any did."""
    if count:
        announce(
            ngettext(
                "%(num)d waiting transaction became an expense.",
                "%(num)d waiting transactions became expenses.",
                count,
            )
        )


def _answer_row(place: Place, row: Row, status: int = 200) -> Response:
    rows = [
        row if held.account.id == row.account.id else stored(place, held) for held in place.accounts
    ]
    return render_page(
        "imports/_account_saved.html",
        block="saved",
        status=status,
        row=row,
        **_context(place, rows),
    )


def _page(place: Place, rows: Sequence[Row], status: int = 200) -> Response:
    return render_page(
        "imports/interface.html", block="accounts", status=status, **_context(place, rows)
    )


def _context(place: Place, rows: Sequence[Row]) -> dict[str, object]:
    # A row that is only looked at is not attached yet, whatever was typed in it.
    done = sum(row.ready and row.look is None for row in rows)
    waiting = sum((row.waiting for row in rows), Waiting())
    not_seen = sum(row.account.not_seen_since is not None for row in rows)
    summary = InterfaceSummary(place.interface, len(rows), done, not_seen, waiting)
    return {
        "sync": (sync := sync_view(summary, place.standing)),
        "shown": sync.shown,
        "interface": place.interface,
        "entity": place.entity,
        "place": "page",
        "rows": rows,
        "done": done,
        "stopped": place.stopped,
        "restorable_for": RESTORABLE_FOR,
        "import_modes": dict(import_modes()),
        "payment_modes": payment_modes(),
        "today": place.today,
        "ledger_words": ledger_words,
    }
