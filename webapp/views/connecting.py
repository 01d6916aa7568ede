"""Connect a bank: on the partner's page, or by statement files where there is no partner.

No form here asks for a bank log-in, and none ever may: it is typed at the partner's only (R8).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from flask import Response, abort, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, Regexp

from cardsync_sdk.registry import Connector
from cardsync_sdk.types import AccountKind, ConnectorKind, Institution, Settings
from webapp.domain.people import Right
from webapp.storage import interfaces, links
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.storage.secrets import SecretUnreadable
from webapp.sync.links import LinkProblem
from webapp.sync.sharing import FileAccount, Sharer, open_file_interface
from webapp.sync.visits import SECRETS_CLOSED, Desk, Traveller, begin_visit
from webapp.views import choices, link_words
from webapp.views.access import (
    current_user,
    entity_or_404,
    needs,
    now,
    scoped_or_404,
    services,
)
from webapp.views.errors import Explanation
from webapp.views.forms import Form
from webapp.views.i18n import language
from webapp.views.pages import allow_form_target, announce, form_targets, render_page, see_other

# Connectors that lead to a page of their own come in this order.
_ORDER: Final = {kind: place for place, kind in enumerate(ConnectorKind)}


class FilesForm(Form):
    """A card or account whose statements are handed in as files."""

    name = StringField(
        lazy_gettext("Name"),
        [InputRequired(lazy_gettext("Give it a name that you recognise.")), Length(max=100)],
        description=lazy_gettext("As you want to see it in the lists, for example “Visa Claire”."),
    )
    kind = RadioField(
        lazy_gettext("What is it?"),
        choices=[
            SelectChoice(AccountKind.CARD.value, lazy_gettext("Payment card")),
            SelectChoice(AccountKind.ACCOUNT.value, lazy_gettext("Bank account")),
        ],
        default=AccountKind.CARD.value,
    )
    currency = SelectField(lazy_gettext("Currency"), [InputRequired()])
    last4 = StringField(
        lazy_gettext("Last four digits"),
        [
            Optional(),
            Regexp(r"[0-9]{4}\Z", message=lazy_gettext("Exactly four digits, or leave it empty.")),
        ],
        description=lazy_gettext("Never more than the last four."),
        render_kw={"inputmode": "numeric", "maxlength": 4, "autocomplete": "off"},
    )


@dataclass(frozen=True, slots=True)
class Offer:
    """A connector that leads to a partner's page; ``missing`` names the settings it lacks."""

    connector: Connector
    missing: tuple[str, ...]

    @property
    def card_services(self) -> list[Institution]:
        """Return what can be chosen there, company-card services before banks (R39)."""
        return sorted(
            self.connector.info.institutions,
            key=lambda one: (one.kind == "bank", one.name.casefold()),
        )


@needs(Right.CONFIGURE)
def add(entity_id: str) -> Response:
    """Offer the ways in: a partner's page first, statement files as the way that always works."""
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    return _add_page(entity, _files_form(entity))


@needs(Right.CONFIGURE)
def connect(entity_id: str) -> Response:
    """Set out for the partner's page."""
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    connector = services().registry.connectors.get(request.form.get("connector", ""))
    if connector is None or "begin_link" not in connector.hooks:
        abort(400)
    return _set_out(entity, connector)


@needs(Right.CONFIGURE)
def reconnect(entity_id: str, interface_id: str) -> Response:
    """Set out to connect one interface again, which keeps its accounts and their holders."""
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    with services().database.read() as session:
        found = interfaces.interface_of(session, entity.id, interface_id)
    interface = scoped_or_404(found, Right.CONFIGURE)
    connector = services().registry.connectors.get(interface.connector)
    if connector is None or "begin_link" not in connector.hooks:
        abort(400)
    return _set_out(entity, connector, interface)


@needs(Right.CONFIGURE)
def add_files(entity_id: str) -> Response:
    """Create an interface whose one account is fed by statement files."""
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    form = _files_form(entity)
    connector = _file_connector()
    if connector is None:
        abort(404)
    if not form.validate():
        return _add_page(entity, form, status=422)
    account = FileAccount(
        name=form.name.data.strip(),
        kind=AccountKind(form.kind.data),
        currency=form.currency.data,
        last4=form.last4.data or "",
    )
    with services().database.write() as session:
        box = services().secrets
        by = Sharer(session, box, connector.info, entity, current_user().id, now())
        interface_id = open_file_interface(by, account)
    announce(_("“%(name)s” was added. Now say who holds it and who pays.", name=account.name))
    return see_other(interface_url(entity.id, interface_id))


def _set_out(
    entity: LegalEntity, connector: Connector, interface: Interface | None = None
) -> Response:
    result = begin_visit(
        desk(),
        traveller(entity),
        connector=connector,
        return_url=_return_url(),
        language=language(),
        interface=interface,
    )
    if isinstance(result, LinkProblem):
        return _cannot_set_out(entity, connector, result)
    _allow_partner(connector, (_settings() or {}).get(connector.info.slug, Settings()))
    if _origin(result) in form_targets():
        return see_other(result)
    # A form may lead no further than the page it stood on allowed: from here on it is a link.
    return render_page("imports/leave.html", entity=entity, connector=connector, url=result)


def _cannot_set_out(entity: LegalEntity, connector: Connector, problem: LinkProblem) -> Response:
    return _add_page(
        entity,
        _files_form(entity),
        problem=link_words.explain(problem, connector.info.label),
        source_words=problem.source_words,
        status=link_words.status_of(problem),
    )


def _add_page(
    entity: LegalEntity,
    form: FilesForm,
    *,
    status: int = 200,
    problem: Explanation | None = None,
    source_words: str | None = None,
) -> Response:
    settings = _settings()
    if settings is None:
        problem, status = (
            link_words.explain(SECRETS_CLOSED, ""),
            link_words.status_of(SECRETS_CLOSED),
        )
    return render_page(
        "imports/add.html",
        status=status,
        entity=entity,
        offers=[] if settings is None else _offers(settings),
        form=form if _file_connector() else None,
        problem=problem,
        source_words=source_words,
    )


def _offers(settings: Mapping[str, Settings]) -> list[Offer]:
    offers = []
    for connector in services().registry.connectors.values():
        if "begin_link" not in connector.hooks:
            continue
        own = settings.get(connector.info.slug, Settings())
        _allow_partner(connector, own)
        missing = [f.label for f in connector.info.settings if f.required and not own.get(f.name)]
        offers.append(Offer(connector, tuple(missing)))
    return sorted(offers, key=lambda offer: _ORDER[offer.connector.info.kind])


def _allow_partner(connector: Connector, settings: Settings) -> None:
    """Let this page's form lead on to the addresses that the connector's settings name."""
    for setting in connector.info.settings:
        value = settings.get(setting.name) or setting.default
        if not setting.secret and value.startswith(("https://", "http://")):
            allow_form_target(value)


def _settings() -> dict[str, Settings] | None:
    """Return the settings of every connector; nothing if they do not open."""
    try:
        with services().database.read() as session:
            return links.load_all_settings(session, services().secrets)
    except SecretUnreadable:
        return None


def _file_connector() -> Connector | None:
    reading = (c for c in services().registry.connectors.values() if c.info.reads_files)
    return next(reading, None)


def _files_form(entity: LegalEntity) -> FilesForm:
    form = FilesForm(data={"currency": entity.currency})
    form.currency.choices = choices.grouped(
        choices.currencies(language()), choices.COMMON_CURRENCIES, _("Often"), _("All currencies")
    )
    return form


def desk() -> Desk:
    """Return what a visit needs of this installation."""
    return Desk(services().database, services().secrets, services().registry)


def traveller(entity: LegalEntity) -> Traveller:
    """Return who makes the trip: the signed-in person, for ``entity``."""
    return Traveller(current_user().id, entity, now())


def _return_url() -> str:
    root = services().settings.public_url or request.host_url.rstrip("/")
    return root + url_for("imports.link_return")


def interface_url(entity_id: str, interface_id: str) -> str:
    """Return the address of the page of one interface."""
    return url_for("imports.interface", entity_id=entity_id, interface_id=interface_id)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
