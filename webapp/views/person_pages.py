"""One person as their administrator sees them: roles, invitation, and whether they may log in.

An administrator never gives or takes beyond what they administer, and never takes the last
administrator from a group or a legal entity.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Response, abort, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from webapp.domain.people import (
    Grant,
    Right,
    Role,
    loses_its_administrator,
    may_give,
    may_manage,
)
from webapp.storage import audit, logins, staff
from webapp.storage.staff import Member
from webapp.views import invitations
from webapp.views.access import current_scope, current_user, needs, now, scoped_or_404, services
from webapp.views.pages import announce, render_page, see_other
from webapp.views.role_forms import RoleForm, places
from webapp.views.wording import ROLES


@dataclass(frozen=True, slots=True)
class _Reached:
    """A person as reached through one of the legal entities that their roles hold on."""

    member: Member
    legal_entity_id: str


@needs(Right.CONFIGURE)
def show(user_id: str) -> Response:
    """Show a person with roles and cards."""
    return _page(_member(user_id))


@needs(Right.CONFIGURE)
def give_role(user_id: str) -> Response:
    """Give a person one more role."""
    found = _member(user_id)
    form = RoleForm()
    form.offer_choices(places())
    if not form.validate() or not _fits(found, form.grant()):
        wrong = _("Choose a role and a place of this person's group.")
        return _page(found, problem=wrong, status=422)
    grant = form.grant()
    with services().database.write() as session:
        # Pressed twice at once, it is given once.
        staff.lock_group(session, found.user.group_id or "")
        added = staff.add_role(session, user_id, grant, now())
        if added:
            _record(session, "role.granted", found, grant, role=grant.role.value)
        ended = added and _ends_invitation(found, grant) and _end_invitations(session, user_id)
    announce(_("The role is given.") if added else _("This person holds that role already."))
    if ended:
        announce(_("The invitation made before no longer works: make a new one."), "info")
    return _back(user_id)


def _ends_invitation(found: Member, grant: Grant) -> bool:
    """Say whether invitations made before must not open what ``grant`` adds.

    Whoever made one may administer less than the person now holds, and could become them by it.
    """
    return found.user.password_hash is not None or grant.role is Role.ADMIN


def _end_invitations(session: Session, user_id: str) -> bool:
    return logins.withdraw_links(session, logins.INVITED, now(), user_id=user_id) > 0


@needs(Right.CONFIGURE)
def take_role(user_id: str) -> Response:
    """Take a role from a person; what they did in it stays."""
    found = _member(user_id)
    role = next((one for one in found.roles if one.id == request.form.get("role")), None)
    if role is None or not may_give(current_scope(), role.grant):
        return _page(found, problem=_("Choose one of the roles that you may take."), status=422)
    with services().database.write() as session:
        if _orphans(session, found, without_role=role.id):
            return _page(found, problem=_last_admin(), status=422)
        staff.remove_role(session, role.id)
        _record(session, "role.revoked", found, role.grant, role=role.grant.role.value)
    announce(_("The role is taken away. What was done in it stays."))
    if user_id == current_user().id:
        return see_other(url_for("home.show"))  # it may have been what opened this page
    return _back(user_id) if _still_reached(user_id) else see_other(url_for("people.index"))


@needs(Right.CONFIGURE)
def invite(user_id: str) -> Response:
    """Make a new invitation: it lets the person choose a password; earlier ones stop working."""
    found = _managed(user_id)
    if not found.user.active:
        return _page(found, problem=_("Let the person log in again first."), status=422)
    with services().database.write() as session:
        token = invitations.invite(session, user_id)
        _record(session, "person.invited", found)
    return show_with_link(user_id, invitations.address_of(token))


def show_with_link(user_id: str, link: str) -> Response:
    """Show a person with an invitation that was just made: it is shown this once."""
    return _page(_member(user_id), link=link)


@needs(Right.CONFIGURE)
def ask_deactivate(user_id: str) -> Response:
    """Ask before a person can no longer log in, naming the cards they hold."""
    return _question(_managed(user_id))


@needs(Right.CONFIGURE)
def deactivate(user_id: str) -> Response:
    """Let a person no longer log in: their sessions end, their expenses stay."""
    found = _managed(user_id)
    if request.form.get("confirm") != "yes":
        return _question(found, status=422)
    if user_id == current_user().id:
        own = _("You cannot deactivate yourself; another administrator can.")
        return _page(found, problem=own, status=422)
    with services().database.write() as session:
        if _orphans(session, found):
            return _page(found, problem=_last_admin(), status=422)
        staff.set_active(session, user_id, active=False, now=now())
        _record(session, "person.deactivated", found)
    announce(_("%(name)s can no longer log in. Nothing was deleted.", name=found.user.name))
    return _back(user_id)


@needs(Right.CONFIGURE)
def reactivate(user_id: str) -> Response:
    """Let a person log in again, with the password and the roles they had."""
    found = _managed(user_id)
    if not found.user.active:
        with services().database.write() as session:
            staff.set_active(session, user_id, active=True, now=now())
            _record(session, "person.reactivated", found)
        announce(_("%(name)s can log in again.", name=found.user.name))
    return _back(user_id)


def _member(user_id: str) -> Member:
    """Return a person of the legal entities the visitor administers: 404 outside, 403 without."""
    with services().database.read() as session:
        found = staff.member(session, user_id)
        group = staff.entities_of(session, found.user.group_id or "") if found else []
    return scoped_or_404(
        _reached(found, [entity for entity, _group in group]), Right.CONFIGURE
    ).member


def _reached(found: Member | None, of_group: Iterable[str]) -> _Reached | None:
    """Return a person through the legal entity in which the visitor holds most rights."""
    if found is None:
        return None
    own = frozenset(grant.legal_entity_id for grant in found.grants if grant.legal_entity_id)
    if not found.roles or any(grant.legal_entity_id is None for grant in found.grants):
        own |= frozenset(of_group)
    scope = current_scope()
    for right in (Right.CONFIGURE, None):
        if common := own & scope.entities(right):
            return _Reached(found, min(common))
    return _Reached(found, min(own)) if own else None


def _managed(user_id: str) -> Member:
    """Return a person on whom the visitor may act as a whole, else 403."""
    found = _member(user_id)
    if not may_manage(current_scope(), found.user.group_id or "", found.grants):
        abort(403)
    return found


def _still_reached(user_id: str) -> bool:
    with services().database.read() as session:
        found = staff.member(session, user_id)
        group = staff.entities_of(session, found.user.group_id or "") if found else []
    reached = _reached(found, [entity for entity, _group in group])
    return reached is not None and current_scope().allows(Right.CONFIGURE, reached.legal_entity_id)


def _fits(found: Member, grant: Grant) -> bool:
    """Say whether the visitor may give the role, and it lies in the person's own group."""
    group_id = found.user.group_id or ""
    with services().database.read() as session:
        own = {entity for entity, _group in staff.entities_of(session, group_id)}
    inside = grant.group_id == group_id or grant.legal_entity_id in own
    return inside and may_give(current_scope(), grant)


def _orphans(session: Session, found: Member, *, without_role: str | None = None) -> bool:
    """Say whether the group loses an administrator it needs, by a role or a person less."""
    group_id = found.user.group_id or ""
    staff.lock_group(session, group_id)
    before = staff.active_grants(session, group_id)
    after = [
        grant
        for role_id, user_id, grant in before
        if role_id != without_role and (without_role or user_id != found.user.id)
    ]
    entities = staff.entities_of(session, group_id)
    return loses_its_administrator([grant for _id, _user, grant in before], after, entities)


def _last_admin() -> str:
    return str(
        _(
            "Nothing was changed: this is the last administrator there. First give somebody else "
            "the role of administrator."
        )
    )


def _back(user_id: str) -> Response:
    return see_other(url_for("people.show", user_id=user_id))


def _question(found: Member, *, status: int = 200) -> Response:
    with services().database.read() as session:
        cards = staff.cards_held(session, found.user.id)
    return render_page("people/deactivate.html", member=found, cards=cards, status=status)


def _page(found: Member, *, problem: str = "", link: str = "", status: int = 200) -> Response:
    scope = current_scope()
    with services().database.read() as session:
        cards = staff.cards_held(session, found.user.id)
    form = RoleForm(formdata=None)
    form.offer_choices(places())
    configured = scope.entities(Right.CONFIGURE)
    return render_page(
        "people/show.html",
        member=found,
        roles=[(role, may_give(scope, role.grant)) for role in found.roles],
        managed=may_manage(scope, found.user.group_id or "", found.grants),
        cards=[card for card in cards if card.legal_entity_id in configured],
        form=form,
        problem=problem,
        link=link,
        role_words=ROLES,
        status=status,
    )


def _record(
    session: Session, action: str, found: Member, grant: Grant | None = None, **detail: str
) -> None:
    """Record an act on a person, where those who administer one of their entities see it."""
    entities = {one.legal_entity_id for one in found.grants if one.legal_entity_id}
    only = next(iter(entities)) if len(entities) == 1 else None
    audit.record(
        session,
        at=now(),
        action=action,
        target_kind="user",
        target_id=found.user.id,
        actor_id=current_user().id,
        group_id=found.user.group_id,
        legal_entity_id=grant.legal_entity_id if grant else only,
        **detail,
    )
