"""The set-up page of an empty installation: the group, its first legal entity, its first admin."""

import re

from flask import Blueprint, Response, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlmodel import Session
from wtforms import Field, PasswordField, RadioField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from webapp.domain.categories import COMPANY, HOUSEHOLD
from webapp.domain.passwords import Weakness, weakness_of
from webapp.domain.people import Role
from webapp.storage import audit, founding, logins, people
from webapp.storage.passwords import hash_password
from webapp.storage.people import LegalEntity, OneTimeToken, User
from webapp.views import choices, sessions
from webapp.views.access import now, public, services
from webapp.views.forms import Form
from webapp.views.i18n import LANGUAGES, language
from webapp.views.pages import announce, render_page, see_other

blueprint = Blueprint("setup", __name__)

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


class SetupForm(Form):
    """Everything an installation needs before anybody can log in."""

    kind = RadioField(
        lazy_gettext("Who is it for?"),
        choices=[
            SelectChoice("company", lazy_gettext("A company")),
            SelectChoice("household", lazy_gettext("A household or a freelancer")),
        ],
        default="company",
    )
    group = StringField(
        lazy_gettext("Name of the group"),
        [Optional(), Length(max=120)],
        description=lazy_gettext(
            "Only if several companies belong together. Left empty, it is the name above."
        ),
    )
    entity = StringField(
        lazy_gettext("Name of the company or household"),
        [InputRequired(), Length(max=120)],
        render_kw={"autocomplete": "organization"},
    )
    country = SelectField(lazy_gettext("Country"), [InputRequired()], default="FR")
    currency = SelectField(lazy_gettext("Currency"), [InputRequired()], default="EUR")
    timezone = SelectField(
        lazy_gettext("Time zone"),
        [InputRequired()],
        default="Europe/Paris",
        description=lazy_gettext("Days begin and end here; transactions are fetched at night."),
    )
    language = SelectField(
        lazy_gettext("Language"),
        [InputRequired()],
        choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()],
    )
    name = StringField(
        lazy_gettext("Your name"),
        [InputRequired(), Length(max=120)],
        render_kw={"autocomplete": "name"},
    )
    email = StringField(
        lazy_gettext("Your e-mail address"),
        [InputRequired(), Length(max=254)],
        description=lazy_gettext("You log in with it."),
        render_kw={"type": "email", "autocomplete": "username"},
    )
    password = PasswordField(
        lazy_gettext("Choose a password"),
        [InputRequired()],
        description=lazy_gettext("At least 12 characters; a few words are better than signs."),
        render_kw={"autocomplete": "new-password", "minlength": 12},
    )

    def offer_choices(self) -> None:
        """Fill the lists in the language of the page."""
        self.country.choices = choices.grouped(
            choices.countries(language()), choices.COMMON_COUNTRIES, _("Often"), _("All countries")
        )
        self.currency.choices = choices.grouped(
            choices.currencies(language()),
            choices.COMMON_CURRENCIES,
            _("Often"),
            _("All currencies"),
        )
        self.timezone.choices = [
            SelectChoice(zone, zone.replace("_", " ")) for zone in choices.timezones()
        ]

    def validate_email(self, field: Field) -> None:
        """Refuse what cannot be an e-mail address."""
        if not EMAIL.fullmatch((field.data or "").strip()):
            raise ValidationError(_("This is not an e-mail address, such as name@example.org."))

    def validate_password(self, field: Field) -> None:
        """Refuse a password that is guessed at the first tries."""
        told = [self.name.data or "", self.email.data or "", self.entity.data or ""]
        weakness = weakness_of(field.data or "", told)
        if weakness is not None:
            raise ValidationError(weakness_words(weakness))


def weakness_words(weakness: Weakness) -> str:
    """Say why a password is refused, and what to take."""
    words: dict[Weakness, str] = {
        Weakness.SHORT: _("It is too short: take at least 12 characters."),
        Weakness.LONG: _("It is too long: take at most 256 characters."),
        Weakness.REPETITIVE: _("It is easily guessed: it repeats itself or follows the keyboard."),
        Weakness.PERSONAL: _("It is easily guessed: it is mostly a name that is known here."),
    }
    return words[weakness]


@blueprint.get("/setup/<token>")
@public
def show(token: str) -> Response:
    """Ask for all that is needed, where the link can still be used."""
    if not _usable(token):
        return _used()
    form = SetupForm(language=language())
    form.offer_choices()
    return render_page("setup/form.html", form=form)


@blueprint.post("/setup/<token>")
@public
def create(token: str) -> Response:
    """Create group, legal entity and administrator in one step, use the link up, and log in."""
    if not _usable(token):
        return _used()
    form = SetupForm()
    form.offer_choices()
    if not form.validate():
        return render_page("setup/form.html", form=form, status=422)
    password_hash = hash_password(form.password.data or "")
    with services().database.write() as session:
        link = _open_link(session, token)
        if link is None or not logins.use_link(session, link.id, now()):
            return _used()
        admin = _found(session, form, password_hash)
    response = see_other(url_for("home.show"))
    sessions.log_in(admin, response)
    announce(_("Everything is ready. Welcome, %(name)s.", name=admin.name))
    return response


def _open_link(session: Session, token: str) -> OneTimeToken | None:
    if people.any_group(session):
        return None
    return logins.open_link(session, token, logins.FIRST_ADMIN, now())


def _usable(token: str) -> bool:
    with services().database.read() as session:
        return _open_link(session, token) is not None


def _used() -> Response:
    return render_page("setup/used.html", status=404)


def _found(session: Session, form: SetupForm, password_hash: str) -> User:
    """Store group, legal entity and administrator, with the audit rows that say so."""
    household = form.kind.data == "household"
    name = (form.entity.data or "").strip()
    group_name = (form.group.data or "").strip() or name
    group = founding.add_group(session, group_name, HOUSEHOLD if household else COMPANY, now())
    entity = founding.add_entity(
        session,
        LegalEntity(
            group_id=group.id,
            name=name,
            country=form.country.data,
            timezone=form.timezone.data,
            currency=form.currency.data,
            language=form.language.data,
            household=household,
            created_at=now(),
        ),
    )
    person = founding.Person(
        form.name.data or "", form.email.data or "", form.language.data, password_hash
    )
    admin = founding.add_person(session, person, group.id, now())
    founding.grant(session, admin, Role.ADMIN, now(), group=group)
    for action, kind, target in (
        ("group.founded", "group", group.id),
        ("entity.added", "legal_entity", entity.id),
        ("role.granted", "user", admin.id),
    ):
        audit.record(
            session,
            at=now(),
            action=action,
            target_kind=kind,
            target_id=target,
            actor_id=admin.id,
            group_id=group.id,
            legal_entity_id=entity.id if kind == "legal_entity" else None,
            **({"role": Role.ADMIN.value} if action == "role.granted" else {}),
        )
    return admin
