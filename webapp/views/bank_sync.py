"""Automatic bank sync: whether it is on, and the guided path that switches it on (R58-R62, R72)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, Response
from flask_babel import LazyString, lazy_gettext
from sqlmodel import Session

from webapp.domain.attachments import is_ready
from webapp.domain.bank_sync import Connection, Step, is_on, next_step
from webapp.domain.expenses import PaymentMode
from webapp.domain.interfaces import ImportMode, InterfaceState
from webapp.domain.people import Right
from webapp.storage import bank_sync, people
from webapp.storage.accounts import HeldAccount
from webapp.storage.bank_sync import Connected
from webapp.storage.people import LegalEntity
from webapp.views.access import current_scope, entity_or_404, needs, now, services
from webapp.views.interface_words import Shown, shown
from webapp.views.offers import connector_settings, offers
from webapp.views.pages import render_page

blueprint = Blueprint("bank_sync", __name__)

STEPS: Final[Mapping[Step, LazyString]] = {
    Step.INFORM: lazy_gettext("What happens"),
    Step.BANKS: lazy_gettext("Choose the banks"),
    Step.ACCOUNTS: lazy_gettext("Match the accounts"),
    Step.DONE: lazy_gettext("Done"),
}
IMPORT_MODES: Final[Mapping[str, LazyString]] = {
    ImportMode.START_OF_MONTH.value: lazy_gettext("From the start of the month"),
    ImportMode.SINCE_DATE.value: lazy_gettext("From a day on"),
    ImportMode.ALL_AVAILABLE.value: lazy_gettext("Everything the bank gives"),
    ImportMode.ONLY_NEW.value: lazy_gettext("Only what is new from today"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One interface on the page: its words, its accounts, and how many of them are ready."""

    connected: Connected
    shown: Shown
    ready: int

    @property
    def finished(self) -> bool:
        """Say whether the bank's identifiers were given at the partner (R61)."""
        return self.connected.interface.state != InterfaceState.INCOMPLETE

    @property
    def waits(self) -> bool:
        """Say whether an account still has nobody, or nobody who pays."""
        return self.ready < len(self.connected.accounts)

    def as_connection(self) -> Connection:
        """Return what the path needs to know of it."""
        interface = self.connected.interface
        syncing = interface.state == InterfaceState.ACTIVE and interface.next_due_at is not None
        return Connection(self.finished, syncing, len(self.connected.accounts), self.ready)


@dataclass(frozen=True, slots=True)
class Place:
    """One legal entity on the page. ``left_at``: when somebody left for a partner's page."""

    entity: LegalEntity
    lines: Sequence[Line]
    left_at: datetime | None

    @property
    def on(self) -> bool:
        """Say whether anything is synchronised by itself."""
        return is_on([line.as_connection() for line in self.lines])

    @property
    def step(self) -> Step:
        """Return the step to go on with."""
        return next_step(
            [line.as_connection() for line in self.lines], set_out=self.left_at is not None
        )

    @property
    def first_to_match(self) -> str:
        """Return the id of the first interface with an account that waits."""
        return next((one.connected.interface.id for one in self.lines if one.waits), "")

    @property
    def next_run(self) -> datetime | None:
        """Return when the next sync is planned."""
        due = (line.connected.interface.next_due_at for line in self.lines)
        return min((at for at in due if at is not None), default=None)


@blueprint.get("/settings/bank-sync")
@needs(Right.CONFIGURE)
def index() -> Response:
    """Say for each legal entity whether its banks are synchronised by themselves."""
    reached = current_scope().entities(Right.CONFIGURE)
    with services().database.read() as session:
        places = _places(session, people.legal_entities(session, reached))
    return render_page("bank_sync/index.html", places=places)


@blueprint.get("/settings/bank-sync/<entity_id>")
@needs(Right.CONFIGURE)
def guide(entity_id: str) -> Response:
    """Lead through the steps for one legal entity, from where it stands."""
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    with services().database.read() as session:
        (place,) = _places(session, [entity])
    settings = connector_settings()
    return render_page(
        "bank_sync/guide.html",
        place=place,
        entity=entity,
        steps=STEPS,
        import_modes=IMPORT_MODES,
        offers=offers(settings) if settings is not None else [],
    )


def _places(session: Session, entities: Sequence[LegalEntity]) -> list[Place]:
    ids = [entity.id for entity in entities]
    found = bank_sync.connected(session, ids)
    left = bank_sync.under_way(session, ids)
    return [Place(entity, _lines(found[entity.id]), left.get(entity.id)) for entity in entities]


def _lines(found: Sequence[Connected]) -> list[Line]:
    """Return the interfaces that are fetched; those fed by files have nothing to switch on."""
    lines = []
    for one in found:
        words = shown(one.interface, services().registry, now(), len(one.accounts))
        if not words.by_file:
            lines.append(Line(one, words, sum(map(_is_ready, one.accounts))))
    return lines


def _is_ready(held: HeldAccount) -> bool:
    mode = held.account.payment_mode
    return is_ready(held.holder_id, PaymentMode(mode) if mode else None)
