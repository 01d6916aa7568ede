"""A legal entity's own settings: name, time zone, currency, language."""

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.exc import IntegrityError
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from webapp.domain.people import Right
from webapp.storage import audit
from webapp.storage.people import LegalEntity
from webapp.views import choices
from webapp.views.access import current_user, entity_or_404, needs, now, services
from webapp.views.forms import Form
from webapp.views.i18n import LANGUAGES, language
from webapp.views.pages import announce, render_page, see_other

blueprint = Blueprint("entities", __name__)

FIELDS = ("name", "timezone", "currency", "language")


class EntityForm(Form):
    """What can be changed of a legal entity."""

    name = StringField(lazy_gettext("Name"), [InputRequired(), Length(max=120)])
    timezone = SelectField(
        lazy_gettext("Time zone"),
        [InputRequired()],
        description=lazy_gettext(
            "Days begin and end here. A change moves the hour of the night sync from the next one "
            "on, and the hours on all pages; the days of what is there already stay."
        ),
    )
    currency = SelectField(
        lazy_gettext("Currency"),
        [InputRequired()],
        description=lazy_gettext(
            "In it the amount is meant from which a receipt is asked. Accounts and expenses keep "
            "the currency of the bank."
        ),
    )
    language = SelectField(
        lazy_gettext("Language"),
        [InputRequired()],
        choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()],
        description=lazy_gettext("Each person chooses a language of their own in their profile."),
    )

    def offer_choices(self) -> None:
        """Fill the lists in the language of the page."""
        self.currency.choices = choices.grouped(
            choices.currencies(language()),
            choices.COMMON_CURRENCIES,
            _("Often"),
            _("All currencies"),
        )
        self.timezone.choices = [
            SelectChoice(zone, zone.replace("_", " ")) for zone in choices.timezones()
        ]


@blueprint.get("/configuration/entities/<entity_id>")
@needs(Right.CONFIGURE)
def show(entity_id: str) -> Response:
    """Show the settings of a legal entity."""
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    form = EntityForm(formdata=None, obj=entity)
    form.offer_choices()
    return render_page("people/entity.html", entity=entity, form=form)


@blueprint.post("/configuration/entities/<entity_id>")
@needs(Right.CONFIGURE)
def save(entity_id: str) -> Response:
    """Store what was changed, and record each change with what it was before."""
    entity = entity_or_404(entity_id, Right.CONFIGURE)
    form = EntityForm()
    form.offer_choices()
    if not form.validate():
        return render_page("people/entity.html", entity=entity, form=form, status=422)
    wanted = {name: str(form[name].data).strip() for name in FIELDS}
    changes = {
        name: f"{getattr(entity, name)} → {value}"
        for name, value in wanted.items()
        if getattr(entity, name) != value
    }
    try:
        _store(entity, wanted, changes)
    except IntegrityError:
        form.name.errors = [_("Another legal entity of the group has this name already.")]
        return render_page("people/entity.html", entity=entity, form=form, status=422)
    announce(_("The changes are saved.") if changes else _("Nothing was changed."))
    return see_other(url_for("entities.show", entity_id=entity_id))


def _store(entity: LegalEntity, wanted: dict[str, str], changes: dict[str, str]) -> None:
    if not changes:
        return
    with services().database.write() as session:
        row = session.get_one(LegalEntity, entity.id)
        for name, value in wanted.items():
            setattr(row, name, value)
        audit.record(
            session,
            at=now(),
            action="entity.changed",
            target_kind="legal_entity",
            target_id=entity.id,
            actor_id=current_user().id,
            group_id=entity.group_id,
            legal_entity_id=entity.id,
            changes=", ".join(changes.values()),
        )
