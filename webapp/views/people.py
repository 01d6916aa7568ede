"""The people of a group: who they are, what they may do, who no longer works here.

Nobody is ever deleted: who is deactivated can no longer log in, and their expenses stay. The page
of one person is in :mod:`webapp.views.person_pages`.
"""

import re

from flask import Blueprint, Response, abort, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.exc import IntegrityError
from wtforms import Field, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from webapp.domain.people import Right, may_give
from webapp.storage import audit, founding, people, staff
from webapp.storage.people import LegalEntity
from webapp.views import invitations, person_pages
from webapp.views.access import current_scope, current_user, needs, now, services
from webapp.views.i18n import LANGUAGES, language
from webapp.views.pages import announce, render_page
from webapp.views.role_forms import RoleForm, places
from webapp.views.setup import EMAIL
from webapp.views.wording import ROLES

blueprint = Blueprint("people", __name__)

PER_PAGE = 50
_ID = re.compile(r"[0-9A-Z]{26}")


class PersonForm(RoleForm):
    """Somebody new."""

    name = StringField(lazy_gettext("Name"), [InputRequired(), Length(max=120)])
    email = StringField(
        lazy_gettext("E-mail address"),
        [InputRequired(), Length(max=254)],
        render_kw={"type": "email", "autocomplete": "off"},
    )
    language = SelectField(
        lazy_gettext("Language"),
        [InputRequired()],
        choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()],
    )

    def validate_email(self, field: Field) -> None:
        """Refuse what cannot be an e-mail address."""
        if not EMAIL.fullmatch((field.data or "").strip()):
            raise ValidationError(_("This is not an e-mail address, such as name@example.org."))


@blueprint.get("/configuration/people")
@needs(Right.CONFIGURE)
def index() -> Response:
    """List the people of the legal entities the visitor administers, and ask for a new one."""
    form = PersonForm(formdata=None, language=language())
    form.offer_choices(places())
    return _page(form)


@blueprint.post("/configuration/people")
@needs(Right.CONFIGURE)
def add() -> Response:
    """Add a person with a first role; their invitation is shown, to be passed on."""
    form = PersonForm()
    form.offer_choices(places())
    if not form.validate() or not may_give(current_scope(), form.grant()):
        return _page(form, status=422)
    try:
        user_id, token = _store(form)
    except IntegrityError:
        taken = _("Somebody has this e-mail address already; it must be another one.")
        form.email.errors = [*form.email.errors, taken]
        return _page(form, status=422)
    announce(_("%(name)s is added. Pass the invitation below on.", name=form.name.data))
    return person_pages.show_with_link(user_id, invitations.address_of(token))


def _store(form: PersonForm) -> tuple[str, str]:
    """Store person, role and invitation; return the person's id and the invitation's token."""
    grant = form.grant()
    with services().database.write() as session:
        entity = session.get(LegalEntity, grant.legal_entity_id) if grant.legal_entity_id else None
        group_id = entity.group_id if entity else grant.group_id
        person = founding.Person(
            form.name.data or "", form.email.data or "", form.language.data, None
        )
        user = founding.add_person(session, person, group_id, now())
        staff.add_role(session, user.id, grant, now())
        for action, detail in (("person.added", {}), ("role.granted", {"role": grant.role.value})):
            audit.record(
                session,
                at=now(),
                action=action,
                target_kind="user",
                target_id=user.id,
                actor_id=current_user().id,
                group_id=group_id,
                legal_entity_id=grant.legal_entity_id,
                **detail,
            )
        token = invitations.invite(session, user.id)
    return user.id, token


def _page(form: PersonForm, *, status: int = 200) -> Response:
    scope = current_scope().entities(Right.CONFIGURE)
    after = _key(request.args.get("after"))
    with services().database.read() as session:
        whole = people.whole_groups(session, scope)
        found = staff.members(session, scope, whole, after=after, limit=PER_PAGE + 1)
        entities = people.legal_entities(session, scope)
    shown = found[:PER_PAGE]
    last = shown[-1].user if len(found) > PER_PAGE else None
    return render_page(
        "people/index.html",
        form=form,
        members=shown,
        visible=scope,
        entities=entities,
        after=f"{last.name}~{last.id}" if last else None,
        first_page=after is None,
        role_words=ROLES,
        status=status,
    )


def _key(text: str | None) -> staff.Key | None:
    if not text:
        return None
    name, _mark, user_id = text.rpartition("~")
    if not _ID.fullmatch(user_id):
        abort(404)
    return staff.Key(name, user_id)


_PERSON = "/configuration/people/<user_id>"

for _rule, _endpoint, _view, _method in (
    (_PERSON, "show", person_pages.show, "GET"),
    (f"{_PERSON}/roles", "give_role", person_pages.give_role, "POST"),
    (f"{_PERSON}/roles/remove", "take_role", person_pages.take_role, "POST"),
    (f"{_PERSON}/invitation", "invite", person_pages.invite, "POST"),
    (f"{_PERSON}/deactivate", "ask_deactivate", person_pages.ask_deactivate, "GET"),
    (f"{_PERSON}/deactivate", "deactivate", person_pages.deactivate, "POST"),
    (f"{_PERSON}/reactivate", "reactivate", person_pages.reactivate, "POST"),
    ("/invitation/<token>", "invitation", invitations.show, "GET"),
    ("/invitation/<token>", "accept_invitation", invitations.accept, "POST"),
):
    blueprint.add_url_rule(_rule, _endpoint, _view, methods=[_method])
