"""The page of one interface: its shared accounts, each attached and set up inline (R41, R42)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from flask import Response, abort, request
from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.domain.attachments import is_ready
from webapp.domain.expenses import PaymentMode
from webapp.domain.interfaces import ImportMode
from webapp.domain.people import Right
from webapp.storage import interfaces, people
from webapp.storage.accounts import Account, HeldAccount, shared_accounts, stopped_accounts
from webapp.storage.interfaces import Interface, InterfaceSummary
from webapp.storage.people import LegalEntity
from webapp.storage.standing import Standing, standings
from webapp.sync.attaching import AccountChoice, Saved, Saver, save_choices
from webapp.sync.stopping import RESTORABLE_FOR
from webapp.views.access import (
    current_user,
    entity_or_404,
    needs,
    now,
    scoped_or_404,
    services,
)
from webapp.views.connecting import interface_url
from webapp.views.pages import announce, render_page, see_other, wants_block
from webapp.views.relaunching import sync_view

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Row:
    """One account as its form shows it: what is stored, or what was typed and refused."""

    account: Account
    holder_id: str
    mode: str
    import_mode: str
    since: str
    people: Choices
    ready: bool
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """An interface with everything its page needs, read once."""

    entity: LegalEntity
    interface: Interface
    accounts: list[HeldAccount]
    people: Choices
    stopped: list[Account]
    standing: Standing

    @property
    def today(self) -> date:
        """The day in the legal entity's time zone."""
        return now().astimezone(ZoneInfo(self.entity.timezone)).date()


@needs(Right.CONFIGURE)
def interface(entity_id: str, interface_id: str) -> Response:
    """Show one interface with exactly the accounts that are shared."""
    place = _place(entity_id, interface_id)
    return _page(place, [_stored(place, held) for held in place.accounts])


@needs(Right.CONFIGURE)
def save_account(entity_id: str, interface_id: str, account_id: str) -> Response:
    """Save the row of one account; the others on the page stay as they are."""
    place = _place(entity_id, interface_id)
    held = next((held for held in place.accounts if held.account.id == account_id), None)
    if held is None:
        abort(404)
    typed = _typed(place, held)
    if typed is None:
        abort(400)
    if typed.errors:
        return _answer_row(place, typed, status=422)
    saved = _save(place, {account_id: _choice(typed)})
    place = _place(entity_id, interface_id)
    rows = [_stored(place, held) for held in place.accounts]
    _announce_saved(rows, saved, held.account.name)
    if wants_block():
        row = next((row for row in rows if row.account.id == account_id), typed)
        return _answer_row(place, row)
    if others := _left_unsaved(place, rows, account_id):
        announce(_("The other rows you changed are not saved yet."), "info")
        return _page(place, others)
    return see_other(interface_url(entity_id, interface_id))


@needs(Right.CONFIGURE)
def save_accounts(entity_id: str, interface_id: str) -> Response:
    """Save every row of the page in one transaction, or none where one is wrong."""
    place = _place(entity_id, interface_id)
    typed = {held.account.id: _typed(place, held) for held in place.accounts}
    if any(row is not None and row.errors for row in typed.values()):
        rows = [typed[held.account.id] or _stored(place, held) for held in place.accounts]
        announce(
            _("Nothing was saved: an answer needs another look, it is marked below."), "danger"
        )
        return _page(place, rows, status=422)
    saved = _save(place, {key: _choice(row) for key, row in typed.items() if row is not None})
    place = _place(entity_id, interface_id)
    rows = [_stored(place, held) for held in place.accounts]
    _announce_saved(rows, saved)
    if wants_block():
        return _page(place, rows)
    return see_other(interface_url(entity_id, interface_id))


def _left_unsaved(place: Place, rows: Sequence[Row], saved_id: str) -> list[Row]:
    """Return the rows with what was typed in the others, where that differs from what is stored.

    Without JavaScript a row's button sends the whole page: what else was typed must not be lost.
    """
    shown_rows = [
        row if row.account.id == saved_id else (_typed(place, held) or row)
        for row, held in zip(rows, place.accounts, strict=True)
    ]
    return shown_rows if shown_rows != list(rows) else []


def _place(entity_id: str, interface_id: str) -> Place:
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    with services().database.read() as session:
        found = interfaces.interface_of(session, entity.id, interface_id)
        row = scoped_or_404(found, Right.CONFIGURE)
        accounts = shared_accounts(session, row.id)
        employees = people.employees_of(session, entity.id)
        stopped = stopped_accounts(session, row.id, since=now() - RESTORABLE_FOR)
        standing = standings(session, [row.id])[row.id]
    people_here = [(person.id, person.name) for person in employees]
    return Place(entity, row, accounts, people_here, stopped, standing)


def _stored(place: Place, held: HeldAccount) -> Row:
    account = held.account
    mode = PaymentMode(account.payment_mode) if account.payment_mode else None
    by_date = account.import_mode == ImportMode.SINCE_DATE and account.import_from
    return Row(
        account=account,
        holder_id=held.holder_id or "",
        mode=mode or "",
        import_mode=account.import_mode,
        since=account.import_from.isoformat() if by_date and account.import_from else "",
        people=_people(place, held),
        ready=is_ready(held.holder_id, mode),
    )


def _people(place: Place, held: HeldAccount) -> Choices:
    """Return who may hold the account; whoever holds it now stays in the list."""
    known = {person_id for person_id, _name in place.people}
    if held.holder_id is None or held.holder_id in known:
        return place.people
    left = _("%(name)s (no longer here)", name=held.holder_name)
    return [(held.holder_id, left), *place.people]


def _typed(place: Place, held: HeldAccount) -> Row | None:
    """Return what the form says of this account; nothing if it was not on the page."""
    key = held.account.id
    if f"holder-{key}" not in request.form:
        return None
    row = replace(
        _stored(place, held),
        holder_id=request.form[f"holder-{key}"],
        mode=request.form.get(f"mode-{key}", ""),
        import_mode=request.form.get(f"import-{key}", held.account.import_mode),
        since=request.form.get(f"since-{key}", ""),
    )
    _refuse_invented(row)
    return replace(row, errors=_errors(row, place.today))


def _refuse_invented(row: Row) -> None:
    """Refuse what no form of ours offers: another entity's person, an unknown mode."""
    offered = {"", *(person_id for person_id, _name in row.people)}
    if (
        row.holder_id not in offered
        or row.mode not in {"", *PaymentMode}
        or row.import_mode not in set(ImportMode)
    ):
        abort(400)


def _errors(row: Row, today: date) -> dict[str, str]:
    if row.import_mode != ImportMode.SINCE_DATE:
        return {}
    since = _day(row.since)
    if since is None:
        return {"since": _("Give the first day to import.")}
    if since > today:
        return {"since": _("This day is still to come.")}
    return {}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _choice(row: Row) -> AccountChoice:
    return AccountChoice(
        holder_id=row.holder_id or None,
        mode=PaymentMode(row.mode) if row.mode else None,
        import_mode=ImportMode(row.import_mode),
        since=_day(row.since),
    )


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
    if saved.released:
        announce(
            ngettext(
                "%(num)d waiting transaction became an expense.",
                "%(num)d waiting transactions became expenses.",
                saved.released,
            )
        )


def _answer_row(place: Place, row: Row, status: int = 200) -> Response:
    rows = [
        row if held.account.id == row.account.id else _stored(place, held)
        for held in place.accounts
    ]
    if not wants_block():
        return _page(place, rows, status=status)
    context = _context(place, rows)
    return render_page(
        "imports/_account_saved.html", block="saved", status=status, row=row, **context
    )


def _page(place: Place, rows: Sequence[Row], status: int = 200) -> Response:
    return render_page(
        "imports/interface.html", block="accounts", status=status, **_context(place, rows)
    )


def _context(place: Place, rows: Sequence[Row]) -> dict[str, object]:
    done = sum(row.ready for row in rows)
    summary = InterfaceSummary(place.interface, len(rows), done)
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
        "import_modes": import_modes(),
        "payment_modes": payment_modes(),
        "today": place.today,
    }


def payment_modes() -> Choices:
    """Return who may bear an expense, in words (R18)."""
    return [
        (PaymentMode.COMPANY.value, _("Company account")),
        (PaymentMode.REIMBURSE.value, _("To reimburse")),
    ]


def import_modes() -> Choices:
    """Return how far back a first sync may reach, in words (R64)."""
    return [
        (ImportMode.START_OF_MONTH.value, _("From the start of the month")),
        (ImportMode.SINCE_DATE.value, _("Since a date…")),
        (ImportMode.ALL_AVAILABLE.value, _("Everything the bank gives")),
        (ImportMode.ONLY_NEW.value, _("Only what is new from today")),
    ]
