"""What is imported: asked at the first connection and at every change (R63, R64, R72).

For each account: whether it is one that was here before, how far back, and who looks first. The
last choice stands there already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from flask import Response, abort, request, url_for
from flask_babel import gettext as _

from webapp.domain.interfaces import ImportMode
from webapp.domain.people import Right
from webapp.storage import matching as store
from webapp.storage.accounts import Account, HeldAccount
from webapp.storage.matching import Candidate
from webapp.sync.attaching import AccountChoice, Saved, Saver
from webapp.sync.import_settings import ImportChoice, save_import_choices
from webapp.sync.matching import CannotMatch, Matched, match_account
from webapp.views.access import current_user, needs, now, services
from webapp.views.account_forms import (
    Choices,
    Look,
    Place,
    Start,
    day_of,
    import_modes,
    place_of,
    typed_start,
)
from webapp.views.attaching import announce_released
from webapp.views.connecting import interface_url
from webapp.views.formats import day
from webapp.views.interface_words import shown
from webapp.views.pages import announce, render_page, see_other
from webapp.views.previewing import announce_look, looks, preview_page

AUTOMATIC: Final = "automatic"
REVIEW: Final = "review"


@dataclass(frozen=True, slots=True)
class Row:
    """The settings of one account: what is stored, or what was typed and refused.

    ``match`` is the id of the account it is said to be, empty for a new one; ``has_rows``: it has
    transactions of its own, so that it cannot become another any more.
    """

    account: Account
    match: str
    mode: str
    since: str
    intake: str
    has_rows: bool
    was_matched: bool
    candidates: Sequence[Candidate]
    given_from: date | None
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rows need to know of all accounts, read once."""

    last_days: Mapping[str, date]
    matched: frozenset[str]
    candidates: Sequence[Candidate]


@needs(Right.CONFIGURE)
def show(entity_id: str, interface_id: str) -> Response:
    """Ask for each account what it is and what is imported of it."""
    place = place_of(entity_id, interface_id)
    known = _known(place)
    return _page(place, [_stored(place, known, held) for held in place.accounts])


@needs(Right.CONFIGURE)
def save(entity_id: str, interface_id: str) -> Response:
    """Save what was chosen for every account; where that makes expenses, show them first."""
    place = place_of(entity_id, interface_id)
    known = _known(place)
    rows = [
        _typed(place, _stored(place, known, held))
        for held in place.accounts
        if f"intake-{held.account.id}" in request.form or "intake-all" in request.form
    ]
    if any(row.errors for row in rows):
        announce(
            _("Nothing was saved: an answer needs another look, it is marked below."), "danger"
        )
        return _page(place, rows, status=422)
    if found := _looks(place, rows):
        announce_look(found)
        back = url_for("imports.settings", entity_id=entity_id, interface_id=interface_id)
        return preview_page(place.entity, interface_id, found, back=back)
    try:
        saved, matches = _save(place, rows)
    except CannotMatch:
        announce(_("Nothing was saved: one of the accounts has changed meanwhile."), "danger")
        return _page(place, [_stored(place, known, held) for held in place.accounts], status=409)
    _announce(saved, matches)
    return see_other(_next_url(entity_id, interface_id))


def _known(place: Place) -> _Known:
    ids = [held.account.id for held in place.accounts]
    identities = [held.account.identity_id for held in place.accounts]
    with services().database.read() as session:
        return _Known(
            last_days=store.last_days(session, ids),
            matched=frozenset(store.matched(session, identities)),
            candidates=store.candidates(
                session, place.entity.id, place.interface.id, _file_connectors()
            ),
        )


def _file_connectors() -> list[str]:
    connectors = services().registry.connectors
    return [slug for slug, connector in connectors.items() if connector.info.reads_files]


def _stored(place: Place, known: _Known, held: HeldAccount) -> Row:
    account = held.account
    has_rows = account.id in known.last_days
    by_date = account.import_mode == ImportMode.SINCE_DATE and account.import_from
    return Row(
        account=account,
        match="",
        mode=account.import_mode,
        since=account.import_from.isoformat() if by_date and account.import_from else "",
        intake=REVIEW if account.review_first else AUTOMATIC,
        has_rows=has_rows,
        was_matched=account.identity_id in known.matched,
        candidates=[]
        if has_rows or _by_file(place)
        else [
            one
            for one in known.candidates
            if one.account.currency == account.currency and one.account.id != account.id
        ],
        given_from=place.given_from.get(account.id),
    )


def _typed(place: Place, row: Row) -> Row:
    key = row.account.id
    row = replace(
        row,
        match=request.form.get(f"match-{key}", ""),
        mode=_answer("import", key, row.mode),
        since=_answer("since", key, ""),
        intake=_answer("intake", key, row.intake),
    )
    offered = {"", *(one.account.id for one in row.candidates)}
    if (
        row.match not in offered
        or row.mode not in set(ImportMode)
        or row.intake not in (AUTOMATIC, REVIEW)
    ):
        abort(400)
    return replace(row, errors=_errors(row, place.today))


def _answer(name: str, key: str, default: str) -> str:
    """Return what was chosen for one account, else the one answer given for all of them."""
    return request.form.get(f"{name}-{key}") or request.form.get(f"{name}-all", default)


def _errors(row: Row, today: date) -> dict[str, str]:
    if row.mode != ImportMode.SINCE_DATE:
        return {}
    since = day_of(row.since)
    if since is None:
        return {"since": _("Give the first day to import.")}
    if since > today:
        return {"since": _("This day is still to come.")}
    return {}


def _by_file(place: Place) -> bool:
    return place.interface.connector in _file_connectors()


def _looks(place: Place, rows: Sequence[Row]) -> list[Look]:
    """Return the previews of accounts that are to make expenses by themselves again."""
    holders = {held.account.id: held.holder_id for held in place.accounts}
    ending: dict[str, tuple[AccountChoice, Start]] = {}
    for row in rows:
        if row.account.review_first and row.intake == AUTOMATIC:
            start = typed_start(row.account.id, place.today)
            choice = AccountChoice(holders[row.account.id], None, start.first_day)
            ending[row.account.id] = (choice, start)
    if not ending:
        return []
    return looks(place.entity, ending, today=place.today, names=place.names, reviewed=True)


def _save(place: Place, rows: Sequence[Row]) -> tuple[Saved, list[Matched]]:
    choices = {row.account.id: _choice(place, row) for row in rows}
    with services().database.write() as session:
        by = Saver(session, place.entity, current_user().id, now())
        # First what is imported: a known account that goes on takes over what was chosen here.
        saved = save_import_choices(by, place.interface.id, choices)
        matches = [
            match_account(
                by, place.interface.id, row.account.id, row.match, by_file=_file_connectors()
            )
            for row in rows
            if row.match
        ]
    return saved, matches


def _choice(place: Place, row: Row) -> ImportChoice:
    return ImportChoice(
        mode=None if _by_file(place) else ImportMode(row.mode),
        since=day_of(row.since),
        review_first=row.intake == REVIEW,
        first_day=typed_start(row.account.id, place.today).first_day,
    )


def _announce(saved: Saved, matches: Sequence[Matched]) -> None:
    announce(_("What is imported is saved."))
    announce_released(saved.released)
    for match in matches:
        if match.since is None:
            announce(_("“%(name)s” goes on under this connection.", name=match.account.name))
        else:
            announce(
                _(
                    "“%(name)s” goes on under this connection, with its history and its holder. "
                    "The bank is asked for what follows, from %(day)s on.",
                    name=match.account.name,
                    day=day(match.since),
                )
            )
        if match.account.review_first:
            announce(
                _(
                    "“%(name)s” is reviewed first: some of what follows may be known already. "
                    "Look at it before it becomes expenses.",
                    name=match.account.name,
                ),
                "info",
            )


def _next_url(entity_id: str, interface_id: str) -> str:
    """Return where to go on: the settings of the next bank of the same visit, or this interface."""
    ahead = [one for one in request.form.get("then", "").split(",") if one]
    if ahead:
        return settings_url(entity_id, ahead)
    return interface_url(entity_id, interface_id)


def settings_url(entity_id: str, interface_ids: Sequence[str]) -> str:
    """Return the address that asks what is imported, for one interface after the other."""
    first, *then = interface_ids
    return url_for(
        "imports.settings",
        entity_id=entity_id,
        interface_id=first,
        then=",".join(then) or None,
    )


def intakes() -> Choices:
    """Return who looks at what comes in, in words (R64)."""
    return [
        (AUTOMATIC, _("Expenses by themselves")),
        (REVIEW, _("Review first")),
    ]


def _page(place: Place, rows: Sequence[Row], status: int = 200) -> Response:
    how = shown(place.interface, services().registry, now(), len(rows), place.standing)
    return render_page(
        "imports/settings.html",
        status=status,
        entity=place.entity,
        interface=place.interface,
        shown=how,
        rows=rows,
        alike=_alike(rows),
        import_modes=import_modes(),
        intakes=intakes(),
        today=place.today,
        then=request.values.get("then", ""),
    )


def _alike(rows: Sequence[Row]) -> Row | None:
    """Return one row that speaks for several, so that one answer is asked instead of ten.

    There is none where the answers differ, nor where each account is asked for on its own
    (``?each=1``, or a form that was sent from there).
    """
    each = "each" in request.args or bool(request.form and "intake-all" not in request.form)
    answers = {(row.mode, row.since, row.intake) for row in rows}
    return rows[0] if len(rows) > 1 and len(answers) == 1 and not each else None
