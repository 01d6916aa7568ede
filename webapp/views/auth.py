"""Log in and log out."""

import logging
import re

from flask import Blueprint, Response, request, url_for
from flask import session as visit
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from webapp.storage import logins, people
from webapp.storage.passwords import hash_password, is_outdated, verify_password
from webapp.storage.people import User
from webapp.views import sessions
from webapp.views.access import now, public, services, signed_in, visitor
from webapp.views.forms import Form
from webapp.views.pages import announce, render_page, see_other
from webapp.views.sessions import record_login

log = logging.getLogger(__name__)
blueprint = Blueprint("auth", __name__)

# One slash, then only characters that no browser reads as a way out of this site.
_SAFE_PATH = re.compile(r"/(?:[A-Za-z0-9_\-.?=&%~][A-Za-z0-9_\-./?=&%~]*)?")


class LoginForm(Form):
    """E-mail and password, and where to go afterwards."""

    email = StringField(
        lazy_gettext("E-mail address"),
        [InputRequired(), Length(max=254)],
        render_kw={"type": "email", "autocomplete": "username", "autofocus": True},
    )
    password = PasswordField(
        lazy_gettext("Password"),
        [InputRequired(), Length(max=1024)],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()


@blueprint.get("/login")
@public
def show() -> Response:
    """Ask for e-mail and password."""
    target = safe_path(request.args.get("next"))
    if visitor() is not None:
        return see_other(target)
    return render_page("auth/login.html", form=LoginForm(next=target))


@blueprint.post("/login")
@public
def log_in() -> Response:
    """Begin a session, or say in the same words for every reason that it did not work."""
    form = LoginForm()
    if not form.validate():
        return render_page("auth/login.html", form=form, status=422)
    email = (form.email.data or "").strip().lower()
    address = request.remote_addr or ""
    throttle = services().throttle
    if throttle.must_wait(email, address):
        log.warning("too many failed log-ins from %s", address)
        return _refuse(form, _("Too many attempts. Wait 15 minutes, then try again."), 429)
    user = _authenticate(email, form.password.data or "")
    if user is None:
        throttle.failed(email, address)
        log.info("failed log-in from %s", address)
        return _refuse(form, _("This e-mail address and password do not match."), 422)
    throttle.succeeded(email)
    response = see_other(safe_path(form.next.data))
    sessions.log_in(user, response)
    return response


@blueprint.post("/logout")
@signed_in
def log_out() -> Response:
    """End the session in the database, and forget what the browser keeps of it."""
    person = visitor()
    assert person is not None  # noqa: S101  # @signed_in
    with services().database.write() as session:
        logins.end(session, person.login, now())
        record_login(session, "login.ended", person.user)
    visit["language"] = person.user.locale  # the log-in page speaks as the pages before it did
    announce(_("You are logged out."), "info")
    response = see_other(url_for("auth.show"))
    sessions.forget_cookie(response)
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def _authenticate(email: str, password: str) -> User | None:
    """Return the active person with this e-mail and password.

    The same work is done whether or not there is one. A refusal is recorded; a hash made at an
    older cost is made anew.
    """
    with services().database.read() as session:
        user = people.user_by_email(session, email)
    known = user is not None and user.active
    fits = verify_password(user.password_hash if user and known else None, password)
    if user is None or not fits:
        with services().database.write() as session:
            record_login(session, "login.failed", user)
        return None
    if user.password_hash and is_outdated(user.password_hash):
        with services().database.write() as session:
            people.set_password(session, user.id, hash_password(password))
    return user


def _refuse(form: LoginForm, message: str, status: int) -> Response:
    return render_page("auth/login.html", form=form, refusal=message, status=status)


def safe_path(target: str | None) -> str:
    """Return ``target`` if it is a path of this site and nothing else, else the home page."""
    home = url_for("home.show")
    if not target or ".." in target or not _SAFE_PATH.fullmatch(target):
        return home
    return target
