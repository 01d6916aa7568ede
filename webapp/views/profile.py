"""One's own profile: name, language, password, and the browsers one is logged in with."""

from flask import Blueprint, Response, request, url_for
from flask_babel import force_locale, lazy_gettext
from flask_babel import gettext as _
from sqlmodel import Session
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from webapp.storage import audit, logins, people, staff
from webapp.storage.passwords import hash_password, verify_password
from webapp.storage.people import User
from webapp.views.access import current_user, now, services, signed_in, visitor
from webapp.views.forms import Form
from webapp.views.i18n import LANGUAGES
from webapp.views.invitations import NewPasswordForm
from webapp.views.pages import announce, render_page, see_other

blueprint = Blueprint("profile", __name__)


class ProfileForm(Form):
    """Name and language."""

    name = StringField(
        lazy_gettext("Name"),
        [InputRequired(), Length(max=120)],
        render_kw={"autocomplete": "name"},
    )
    language = SelectField(
        lazy_gettext("Language"),
        [InputRequired()],
        choices=[SelectChoice(code, name) for code, name in LANGUAGES.items()],
    )


class PasswordForm(NewPasswordForm):
    """The old password proves who asks; the new one takes its place."""

    old = PasswordField(
        lazy_gettext("Your password until now"),
        [InputRequired(), Length(max=1024)],
        render_kw={"autocomplete": "current-password"},
    )


@blueprint.get("/profile")
@signed_in
def show() -> Response:
    """Show the profile."""
    return _page()


@blueprint.post("/profile")
@signed_in
def save() -> Response:
    """Store name and language."""
    form = ProfileForm()
    if not form.validate():
        return _page(profile=form, status=422)
    user, name = current_user(), str(form.name.data).strip()
    if (name, form.language.data) != (user.name, user.locale):
        with services().database.write() as session:
            people.set_profile(session, user.id, name=name, locale=str(form.language.data))
            _record(session, "person.changed", user)
    with force_locale(str(form.language.data)):
        announce(_("Your profile is saved."))
    return see_other(url_for("profile.show"))


@blueprint.post("/profile/password")
@signed_in
def change_password() -> Response:
    """Change the password; every other session ends. Wrong guesses count as at the log-in."""
    form, user = PasswordForm(), current_user()
    form.personal = (user.name, user.email)
    if not form.validate():
        return _page(password=form, status=422)
    throttle, address = services().throttle, request.remote_addr or ""
    if throttle.must_wait(user.email, address):
        form.old.errors = [_("Too many attempts. Wait 15 minutes, then try again.")]
        return _page(password=form, status=429)
    if not verify_password(user.password_hash, form.old.data or ""):
        throttle.failed(user.email, address)
        form.old.errors = [_("This is not your password.")]
        return _page(password=form, status=422)
    throttle.succeeded(user.email)
    password_hash = hash_password(form.password.data or "")
    with services().database.write() as session:
        people.set_password(session, user.id, password_hash)
        # An invitation that still lies about would let somebody else choose another one.
        logins.withdraw_links(session, logins.INVITED, now(), user_id=user.id)
        staff.end_sessions(session, user.id, now(), keep=_login())
        _record(session, "person.password_changed", user)
    announce(_("Your password is changed. Everywhere else you are logged out."))
    return see_other(url_for("profile.show"))


@blueprint.post("/profile/sessions/end")
@signed_in
def end_others() -> Response:
    """End every other session of one's own."""
    user = current_user()
    with services().database.write() as session:
        ended = staff.end_sessions(session, user.id, now(), keep=_login())
        if ended:
            _record(session, "login.others_ended", user)
    announce(_("Everywhere else you are logged out."))
    return see_other(url_for("profile.show"))


def _login() -> str:
    person = visitor()
    return person.login if person else ""


def _record(session: Session, action: str, user: User) -> None:
    audit.record(
        session,
        at=now(),
        action=action,
        target_kind="user",
        target_id=user.id,
        actor_id=user.id,
        group_id=user.group_id,
    )


def _page(
    *,
    profile: ProfileForm | None = None,
    password: PasswordForm | None = None,
    status: int = 200,
) -> Response:
    user = current_user()
    with services().database.read() as session:
        own = logins.live_sessions(session, user.id, now())
        (zone, *_others) = [
            one.timezone for one in people.legal_entities(session, _entities())
        ] or ["UTC"]
    return render_page(
        "profile/show.html",
        profile=profile or ProfileForm(formdata=None, name=user.name, language=user.locale),
        password=password or PasswordForm(formdata=None),
        sessions=own,
        this=_login(),
        zone=zone,
        status=status,
    )


def _entities() -> frozenset[str]:
    person = visitor()
    return person.scope.entities() if person else frozenset()
