"""Connect a bank: on the partner's page, or by statement files where there is no partner.

No form here asks for a bank log-in, and none ever may: it is typed at the partner's only (R8).
"""

from typing import Final
from urllib.parse import urlsplit

from flask import Response, abort, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, Regexp

from cardsync_sdk.registry import Connector
from cardsync_sdk.types import AccountKind, Settings
from webapp.domain.people import Right
from webapp.storage import bank_requests, interfaces
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.sync.links import LinkProblem
from webapp.sync.sharing import FileAccount, Sharer, open_file_interface
from webapp.sync.visits import SECRETS_CLOSED, Desk, Traveller, begin_visit
from webapp.views import choices, institutions, link_words
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
from webapp.views.missing_banks import MissingBankForm
from webapp.views.offers import allow_partner, connector_settings, file_connector, offers
from webapp.views.pages import (
    announce,
    form_targets,
    render_page,
    see_other,
    wants_block,
)

# The missing banks of a legal entity that its page still tells of.
REQUESTS_SHOWN: Final = 20


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


@needs(Right.CONFIGURE)
def add(entity_id: str) -> Response:
    """Offer the ways in: a partner's page first, statement files as the way that always works."""
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    return add_page(entity)


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
    connector = file_connector()
    if connector is None:
        abort(404)
    if not form.validate():
        return add_page(entity, form, status=422)
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
    allow_partner(connector, (connector_settings() or {}).get(connector.info.slug, Settings()))
    if _origin(result) in form_targets():
        return see_other(result)
    # A form may lead no further than the page it stood on allowed: from here on it is a link.
    return render_page("imports/leave.html", entity=entity, connector=connector, url=result)


def _cannot_set_out(entity: LegalEntity, connector: Connector, problem: LinkProblem) -> Response:
    return add_page(
        entity,
        problem=link_words.explain(problem, connector.info.label),
        source_words=problem.source_words,
        status=link_words.status_of(problem),
    )


def add_page(
    entity: LegalEntity,
    form: FilesForm | None = None,
    *,
    missing_form: MissingBankForm | None = None,
    status: int = 200,
    problem: Explanation | None = None,
    source_words: str | None = None,
) -> Response:
    """Show the ways to add an interface, with what was wrong with the form that was sent."""
    settings = connector_settings()
    if settings is None:
        problem, status = (
            link_words.explain(SECRETS_CLOSED, ""),
            link_words.status_of(SECRETS_CLOSED),
        )
    ways = [] if settings is None else offers(settings)
    answer = institutions.look_for("" if settings is None else request.args.get("q", ""), ways)
    with services().database.read() as session:
        asked_for = bank_requests.of_entity(session, entity.id, REQUESTS_SHOWN)
    return render_page(
        "imports/add.html",
        block="found",
        status=status,
        entity=entity,
        offers=ways,
        answer=answer,
        entries=institutions.entries(),
        kinds=institutions.KINDS,
        by_script=wants_block(),
        form=(form or _files_form(entity)) if file_connector() else None,
        files_wanted=request.args.get("way") == "files",
        missing_form=missing_form or MissingBankForm(formdata=None, bank=answer.missing),
        asked_for=asked_for,
        problem=problem,
        source_words=source_words,
    )


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
