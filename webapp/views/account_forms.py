"""The row of one account on the page of its interface: what is stored, and what was typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from flask import abort, request
from flask_babel import gettext as _

from webapp.domain.attachments import EVER, is_ready
from webapp.domain.expenses import PaymentMode
from webapp.domain.holders import proposed_holder
from webapp.domain.interfaces import ImportMode
from webapp.domain.people import Right
from webapp.domain.totals import Total
from webapp.storage import balances, interfaces, people
from webapp.storage.accounts import (
    Account,
    HeldAccount,
    HolderDays,
    holder_days,
    shared_accounts,
    stopped_accounts,
)
from webapp.storage.interfaces import Interface
from webapp.storage.matching import first_days_fed
from webapp.storage.people import LegalEntity
from webapp.storage.standing import Standing, standings
from webapp.storage.waiting import NOTHING_WAITS, Waiting, waiting_by_account
from webapp.sync.attaching import AccountChoice
from webapp.sync.previewing import Preview
from webapp.sync.stopping import RESTORABLE_FOR
from webapp.views.access import entity_or_404, now, scoped_or_404, services
from webapp.views.history_words import local_day

Choices = Sequence[tuple[str, str]]
# How the first day of a holder was chosen.
ALL, FROM = "all", "from"


@dataclass(frozen=True, slots=True)
class Start:
    """The first day that was chosen, as typed: all that waits, or from a day on (D-E, D-F)."""

    choice: str = ""
    day: str = ""
    error: str = ""

    @property
    def first_day(self) -> date | None:
        """Return the day for :class:`AccountChoice`; ``None`` where nothing was chosen."""
        return EVER if self.choice == ALL else day_of(self.day) if self.choice == FROM else None


NO_START = Start()


@dataclass(frozen=True, slots=True)
class Look:
    """A preview as it is shown, with the first day that is offered or was typed."""

    preview: Preview
    start: Start
    today: date
    names: Mapping[str, str]

    @property
    def key(self) -> str:
        """Return the id of its account."""
        return self.preview.account.id

    @property
    def holders(self) -> list[str]:
        """Return the names of those whose expenses these become."""
        return [self.names.get(holder, "") for holder in self.preview.holders]

    @property
    def next_holder(self) -> str:
        """Return the name of who holds it from then on, empty for nobody."""
        return self.names.get(self.preview.choice.holder_id or "", "")

    @property
    def held_by(self) -> str:
        """Return the name of who holds it up to now."""
        return self.names.get(self.preview.held_by or "", "")

    @property
    def day(self) -> str:
        """Return the day the field shows: what was typed, else today or the oldest that waits."""
        oldest = self.preview.made.oldest or self.preview.left.oldest
        preset = self.today if self.preview.hands_over or oldest is None else oldest
        return self.start.day or preset.isoformat()


@dataclass(frozen=True, slots=True)
class Row:
    """One account as its form shows it: what is stored, or what was typed and refused.

    ``proposed``: the holder is a guess from the bank's name, which nobody has saved.
    """

    account: Account
    holder_id: str
    mode: str
    people: Choices
    ready: bool
    proposed: bool = False
    waiting: Waiting = NOTHING_WAITS
    holders: Sequence[HolderDays] = ()
    given_from: date | None = None
    total: Total | None = None
    start: Start = NO_START
    look: Look | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Place:
    """An interface with everything its page needs, read once."""

    entity: LegalEntity
    interface: Interface
    accounts: list[HeldAccount]
    people: Choices
    stopped: list[Account]
    standing: Standing
    waiting: Mapping[str, Waiting]
    holders: Mapping[str, list[HolderDays]]
    given_from: Mapping[str, date]
    totals: Mapping[str, Total]

    @property
    def today(self) -> date:
        """The day in the legal entity's time zone."""
        return now().astimezone(ZoneInfo(self.entity.timezone)).date()

    @property
    def names(self) -> dict[str, str]:
        """Return the names of those who may hold an account here, or did."""
        past = {one.user_id: one.name for rows in self.holders.values() for one in rows}
        return past | dict(self.people)


def place_of(entity_id: str, interface_id: str) -> Place:
    """Read an interface that the visitor may configure; a fixed number of queries."""
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    with services().database.read() as session:
        found = interfaces.interface_of(session, entity.id, interface_id)
        row = scoped_or_404(found, Right.CONFIGURE)
        accounts = shared_accounts(session, row.id)
        ids = [held.account.id for held in accounts]
        employees = people.employees_of(session, entity.id)
        return Place(
            entity=entity,
            interface=row,
            accounts=accounts,
            people=[(person.id, person.name) for person in employees],
            stopped=stopped_accounts(session, row.id, since=now() - RESTORABLE_FOR),
            standing=standings(session, [row.id])[row.id],
            waiting=waiting_by_account(session, ids),
            holders=holder_days(session, ids),
            given_from=first_days_fed(session, ids),
            totals=balances.totals(session, ids, local_day(now(), entity.timezone)),
        )


def stored(place: Place, held: HeldAccount) -> Row:
    """Return the row as it is stored."""
    account = held.account
    mode = PaymentMode(account.payment_mode) if account.payment_mode else None
    everything = account.import_mode == ImportMode.ALL_AVAILABLE
    proposed = _proposed(place, held)
    return Row(
        account=account,
        holder_id=held.holder_id or proposed,
        mode=mode or "",
        people=_people(place, held),
        ready=is_ready(held.holder_id, mode),
        proposed=proposed != "",
        waiting=place.waiting.get(account.id, NOTHING_WAITS),
        holders=place.holders.get(account.id, ()),
        given_from=place.given_from.get(account.id) if everything else None,
        total=place.totals.get(account.id),
    )


def _proposed(place: Place, held: HeldAccount) -> str:
    """Return who is proposed for an account of which nothing was said yet; empty for nobody."""
    said = held.holder_id is not None or held.account.payment_mode is not None
    if said or held.account.id in place.holders:
        return ""
    return proposed_holder(held.account.holder_name, place.people) or ""


def _people(place: Place, held: HeldAccount) -> Choices:
    """Return who may hold the account; whoever holds it now stays in the list."""
    known = {person_id for person_id, _name in place.people}
    if held.holder_id is None or held.holder_id in known:
        return place.people
    left = _("%(name)s (no longer here)", name=held.holder_name)
    return [(held.holder_id, left), *place.people]


def typed(place: Place, held: HeldAccount) -> Row | None:
    """Return what the form says of this account; nothing if it was not on the page."""
    key = held.account.id
    if f"holder-{key}" not in request.form:
        return None
    row = stored(place, held)
    holder_id = request.form[f"holder-{key}"]
    row = replace(
        row,
        holder_id=holder_id,
        mode=request.form.get(f"mode-{key}") or request.form.get("mode-all", ""),
        proposed=row.proposed and holder_id == row.holder_id,
        start=typed_start(key, place.today),
    )
    _refuse_invented(row)
    return row


def typed_start(key: str, today: date) -> Start:
    """Return the first day that was typed for an account, with what is wrong with it."""
    choice = request.form.get(f"start-{key}", "")
    if choice not in ("", ALL, FROM):
        abort(400)
    start = Start(choice, request.form.get(f"from-{key}", ""))
    if choice != FROM:
        return start
    first_day = start.first_day
    if first_day is None:
        return replace(start, error=_("Give the first day."))
    if first_day > today:
        return replace(start, error=_("This day is still to come."))
    return start


def _refuse_invented(row: Row) -> None:
    """Refuse what no form of ours offers: another entity's person, an unknown mode."""
    offered = {"", *(person_id for person_id, _name in row.people)}
    if row.holder_id not in offered or row.mode not in {"", *PaymentMode}:
        abort(400)


def choice_of(row: Row) -> AccountChoice:
    """Return what is to be saved of a row."""
    return AccountChoice(
        holder_id=row.holder_id or None,
        mode=PaymentMode(row.mode) if row.mode else None,
        first_day=row.start.first_day,
    )


def day_of(text: str) -> date | None:
    """Return the day that a date field sent, if it is one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


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
