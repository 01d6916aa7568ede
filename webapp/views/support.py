"""Support: look everything up by one line, and see why a purchase is not here.

Those with the right to inspect see the legal entities they hold it in and no other: support of the
installation sees all, an administrator the own ones. The acts are in
:mod:`webapp.views.support_acts`; each look of somebody else leaves a trace (:mod:`.looking`).
"""

from dataclasses import dataclass
from typing import Any

from babel.numbers import get_decimal_symbol
from flask import Blueprint, Response, request
from flask_babel import get_locale

from webapp.domain.people import Right
from webapp.domain.searching import Search, everything_of, words_of
from webapp.storage import lookup, people, provenance, support
from webapp.storage.lookup import FoundInterface, FoundOperation
from webapp.storage.operations import Key
from webapp.storage.standing import Standing, standings
from webapp.storage.support import Person
from webapp.views import (
    history_words,
    life_words,
    report_words,
    run_words,
    support_acts,
    support_days,
)
from webapp.views.access import (
    current_scope,
    entity_or_404,
    needs,
    now,
    scoped_or_404,
    services,
)
from webapp.views.history import operation_key, operation_key_text
from webapp.views.interface_words import Shown, shown
from webapp.views.looking import Whose, note_look, note_look_at, note_search
from webapp.views.pages import render_page
from webapp.views.wording import ROLES

blueprint = Blueprint("support", __name__)

PER_KIND = 10
OPERATIONS_SHOWN = 20
TYPED_MAX = 100


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, by kind; ``more``: the kinds of which there is more than is shown."""

    entities: list[lookup.FoundEntity]
    people: list[lookup.FoundPerson]
    accounts: list[lookup.FoundAccount]
    interfaces: list[tuple[FoundInterface, Shown]]
    operations: list[FoundOperation]
    more: frozenset[str]

    @property
    def anything(self) -> bool:
        """Say whether there is anything at all."""
        return bool(
            self.entities or self.people or self.accounts or self.interfaces or self.operations
        )

    def places(self) -> set[Whose]:
        """Return the groups and legal entities in which something was found."""
        places = [one.place for one in self.entities] + [one.place for one in self.people]
        places += [one.place for one in self.accounts] + [one.place for one in self.operations]
        places += [one.place for one, _how in self.interfaces]
        return {(place.group_id, place.entity_id) for place in places}


@blueprint.get("/support")
@needs(Right.INSPECT)
def index() -> Response:
    """Look up legal entities, people, cards, interfaces and transactions by one line."""
    typed = " ".join(request.args.get("q", "").split())[:TYPED_MAX]
    below = operation_key(request.args.get("below"))
    found = _search(typed, below) if typed else None
    if found is not None:
        note_search(typed, found.places())
    last = found.operations[-1].operation.key if found and found.operations else None
    return render_page(
        "support/index.html",
        typed=typed,
        found=found,
        first_page=below is None,
        older=operation_key_text(last) if found and last and "operations" in found.more else None,
        words=history_words,
    )


def _search(typed: str, below: Key | None) -> Found:
    scope = current_scope().entities(Right.INSPECT)
    mark = get_decimal_symbol(get_locale())
    search = everything_of(typed, today=now().date(), decimal_mark=mark)
    words = words_of(typed)
    with services().database.read() as session:
        operations = []
        if search != Search():
            operations = lookup.operations(
                session, scope, search, below=below, limit=OPERATIONS_SHOWN + 1
            )
        named: dict[str, list[Any]] = {"entities": [], "people": [], "accounts": []}
        interfaces: list[FoundInterface] = []
        if below is None and search_has_words(search, typed):
            whole = people.whole_groups(session, scope)
            named["entities"] = lookup.entities(session, scope, words, PER_KIND + 1)
            named["people"] = lookup.people(session, scope, whole, words, PER_KIND + 1)
            named["accounts"] = lookup.accounts(session, scope, words, PER_KIND + 1)
            interfaces = lookup.interfaces(session, scope, words, PER_KIND + 1)
        how = standings(session, [one.interface.id for one in interfaces])
    more = {kind for kind, rows in named.items() if len(rows) > PER_KIND}
    more |= {"interfaces"} if len(interfaces) > PER_KIND else set()
    more |= {"operations"} if len(operations) > OPERATIONS_SHOWN else set()
    return Found(
        **{kind: rows[:PER_KIND] for kind, rows in named.items()},
        interfaces=[
            (one, _shown(one.interface, one.accounts, how)) for one in interfaces[:PER_KIND]
        ],
        operations=operations[:OPERATIONS_SHOWN],
        more=frozenset(more),
    )


def search_has_words(search: Search, typed: str) -> bool:
    """Say whether anything but an amount or a day was typed: names hold neither."""
    return len(search.words) == len(words_of(typed))


def _shown(interface: Any, accounts: int, how: dict[str, Standing]) -> Shown:
    registry = services().registry
    return shown(interface, registry, now(), accounts, how.get(interface.id, Standing()))


@blueprint.get("/support/entities/<entity_id>")
@needs(Right.INSPECT)
def entity(entity_id: str) -> Response:
    """Show a legal entity: its interfaces with their state, its accounts and cards."""
    chosen = entity_or_404(entity_id, Right.INSPECT)
    note_look("entity", entity_id, chosen)
    with services().database.read() as session:
        group = people.group(session, chosen.group_id)
        found = support.interfaces_of(session, entity_id)
        how = standings(session, [one.id for one in found])
        accounts = support.all_accounts(session, [one.id for one in found])
    shared = [account.interface_id for account, _holder in accounts if account.shared]
    return render_page(
        "support/entity.html",
        entity=chosen,
        group=group,
        rows=[(one, _shown(one, shared.count(one.id), how)) for one in found],
        accounts=accounts,
    )


@dataclass(frozen=True, slots=True)
class _Reached:
    """A person as seen through one of the legal entities that their roles reach."""

    person: Person
    legal_entity_id: str


@blueprint.get("/support/people/<user_id>")
@needs(Right.INSPECT)
def person(user_id: str) -> Response:
    """Show a person: roles, and the cards they hold or held."""
    with services().database.read() as session:
        found = support.find_person(session, user_id)
    reached = scoped_or_404(_reached(found), Right.INSPECT).legal_entity_id
    assert found is not None  # noqa: S101  # scoped_or_404
    only = next(iter(found.entities)) if len(found.entities) == 1 else None
    note_look_at("person", user_id, (found.group.id, only), reached)
    visible = current_scope().entities(Right.INSPECT)
    return render_page(
        "support/person.html",
        person=found,
        cards=[held for held in found.cards if held.account.legal_entity_id in visible],
        roles=[
            (role, name)
            for role, entity_id, name in found.roles
            if entity_id is None or entity_id in visible
        ],
        role_words=ROLES,
    )


def _reached(found: Person | None) -> _Reached | None:
    """Return the person through the legal entity in which the visitor holds most rights."""
    if found is None or not found.entities:
        return None
    scope = current_scope()
    for right in (Right.CONFIGURE, Right.INSPECT, None):
        if common := found.entities & scope.entities(right):
            return _Reached(found, min(common))
    return _Reached(found, min(found.entities))


@blueprint.get("/support/transactions/<transaction_id>")
@needs(Right.INSPECT)
def transaction(transaction_id: str) -> Response:
    """Show one transaction: what it became, and what each sync made of it."""
    with services().database.read() as session:
        found = support.find_purchase(session, transaction_id)
        life = provenance.life_of(session, transaction_id) if found else None
    purchase = scoped_or_404(found, Right.INSPECT)
    note_look(
        "transaction",
        transaction_id,
        purchase.entity,
        account=purchase.account.id,
        day=purchase.operation.day.isoformat(),
    )
    return render_page(
        "support/transaction.html",
        purchase=purchase,
        operation=purchase.operation,
        life=life,
        life_words=life_words,
        zone=purchase.entity.timezone,
        words=history_words,
        run_words=run_words,
        report_words=report_words,
    )


for _rule, _endpoint, _view, _method in (
    ("/support/interfaces/<interface_id>", "interface", support_acts.show, "GET"),
    ("/support/interfaces/<interface_id>/sync", "resync", support_acts.resync, "POST"),
    ("/support/interfaces/<interface_id>/days", "ask_again", support_acts.ask_again, "POST"),
    ("/support/accounts/<account_id>", "account", support_days.show, "GET"),
):
    blueprint.add_url_rule(_rule, _endpoint, _view, methods=[_method])
