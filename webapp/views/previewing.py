"""The step before waiting transactions become expenses: what it would make, and from which day.

Without JavaScript it is a page of its own; with htmx the same is shown in the row (D-E, D-F).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from flask import Response, request
from flask_babel import gettext as _

from webapp.storage.people import LegalEntity
from webapp.sync.attaching import AccountChoice, Saver
from webapp.sync.previewing import Preview, preview_choices
from webapp.views.access import current_user, now, services
from webapp.views.account_forms import FROM, Look, Start
from webapp.views.connecting import interface_url
from webapp.views.formats import day
from webapp.views.pages import announce, render_page

# What a preview adds to the fields of the form it stands in.
_OWN = ("start-", "from-", "confirm-", "was-", "again", "csrf_token")


def looks(
    entity: LegalEntity,
    choices: Mapping[str, tuple[AccountChoice, Start]],
    *,
    today: date,
    names: Mapping[str, str],
    reviewed: bool = False,
) -> list[Look]:
    """Return what a person must look at before these choices are saved, by account name.

    Nothing where nothing waits and nobody is replaced, nor where it was looked at and confirmed.
    """
    with services().database.read() as session:
        by = Saver(session, entity, current_user().id, now())
        plain = {key: choice for key, (choice, _start) in choices.items()}
        previews = preview_choices(by, plain, reviewed=reviewed)
    shown = [
        _checked(Look(preview, choices[preview.account.id][1], today, names))
        for preview in previews
    ]
    return [look for look in shown if _to_see(look)]


def _checked(look: Look) -> Look:
    """Refuse a day on which the holder before has just begun."""
    first_day, earliest = look.start.first_day, look.preview.earliest
    early = first_day is not None and earliest is not None and first_day < earliest
    if look.preview.hands_over and look.start.choice == FROM and early and not look.start.error:
        error = _(
            "%(name)s still holds it on that day: choose %(day)s or later.",
            name=look.held_by,
            day=day(earliest),
        )
        return replace(look, start=replace(look.start, error=error))
    return look


def _to_see(look: Look) -> bool:
    if look.start.error or (look.start.choice and "again" in request.form):
        return True
    return look.preview.asks and not _confirmed(look.preview)


def _confirmed(preview: Preview) -> bool:
    """Say whether this was looked at: with the same holder before it as there is now."""
    key = preview.account.id
    seen = request.form.get(f"was-{key}", "")
    return f"confirm-{key}" in request.form and seen == (preview.held_by or "")


def announce_look(shown: Sequence[Look]) -> None:
    """Say that nothing is saved yet, and why."""
    if any(look.start.error for look in shown):
        announce(
            _("Nothing was saved: an answer needs another look, it is marked below."), "danger"
        )
    else:
        announce(_("Nothing is saved yet. Look at what it makes, then confirm."), "info")


def preview_page(
    entity: LegalEntity, interface_id: str, shown: Sequence[Look], *, back: str = ""
) -> Response:
    """Show the previews on a page of their own, with all that was typed carried along."""
    carried = [
        (name, value) for name, value in request.form.items(multi=True) if not name.startswith(_OWN)
    ]
    return render_page(
        "imports/preview.html",
        block="accounts",
        status=422 if any(look.start.error for look in shown) else 200,
        entity=entity,
        looks=shown,
        carried=carried,
        action=request.path,
        back=back or interface_url(entity.id, interface_id),
    )
