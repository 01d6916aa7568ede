"""An invitation: a link that works once and lets one person choose a password.

It is shown to the administrator who made it, to be passed on; the database keeps its digest only.
"""

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlmodel import Session
from wtforms import Field, PasswordField, ValidationError
from wtforms.validators import InputRequired

from webapp.domain.passwords import weakness_of
from webapp.storage import audit, logins, people, staff
from webapp.storage.passwords import hash_password
from webapp.storage.people import OneTimeToken, User
from webapp.views import sessions
from webapp.views.access import now, public, services
from webapp.views.forms import Form
from webapp.views.pages import announce, render_page, see_other
from webapp.views.setup import weakness_words


class NewPasswordForm(Form):
    """A new password; ``personal`` are the words it must not mostly be."""

    personal: tuple[str, ...] = ()
    password = PasswordField(
        lazy_gettext("Choose a password"),
        [InputRequired()],
        description=lazy_gettext("At least 12 characters; a few words are better than signs."),
        render_kw={"autocomplete": "new-password", "minlength": 12},
    )

    def validate_password(self, field: Field) -> None:
        """Refuse a password that is guessed at the first tries."""
        weakness = weakness_of(field.data or "", self.personal)
        if weakness is not None:
            raise ValidationError(weakness_words(weakness))


def invite(session: Session, user_id: str) -> str:
    """Make an invitation in the caller's transaction; return its token. Earlier ones end."""
    logins.withdraw_links(session, logins.INVITED, now(), user_id=user_id)
    return logins.make_link(
        session, logins.INVITED, now=now(), lasts=logins.INVITATION, user_id=user_id
    )


def address_of(token: str) -> str:
    """Return the address to pass on."""
    base = services().settings.public_url or request.host_url.rstrip("/")
    return f"{base}{url_for('people.invitation', token=token)}"


@public
def show(token: str) -> Response:
    """Ask the invited person for a password, where the link can still be used."""
    with services().database.read() as session:
        found = _invited(session, token)
    if found is None:
        return _used()
    return render_page("people/invitation.html", form=NewPasswordForm(), user=found[1])


@public
def accept(token: str) -> Response:
    """Store the password, use the link up, end every earlier session, and log in."""
    with services().database.read() as session:
        found = _invited(session, token)
    if found is None:
        return _used()
    user = found[1]
    form = NewPasswordForm()
    form.personal = (user.name, user.email)
    if not form.validate():
        return render_page("people/invitation.html", form=form, user=user, status=422)
    password_hash = hash_password(form.password.data or "")
    with services().database.write() as session:
        again = _invited(session, token)
        if again is None or not logins.use_link(session, again[0].id, now()):
            return _used()
        people.set_password(session, user.id, password_hash)
        staff.end_sessions(session, user.id, now())
        audit.record(
            session,
            at=now(),
            action="invitation.used",
            target_kind="user",
            target_id=user.id,
            actor_id=user.id,
            group_id=user.group_id,
        )
    response = see_other(url_for("home.show"))
    sessions.log_in(user, response)
    announce(_("Your password is set. Welcome, %(name)s.", name=user.name))
    return response


def _invited(session: Session, token: str) -> tuple[OneTimeToken, User] | None:
    link = logins.open_link(session, token, logins.INVITED, now())
    user = session.get(User, link.user_id) if link and link.user_id else None
    return (link, user) if link and user and user.active else None


def _used() -> Response:
    return render_page("people/used.html", status=404)
