"""The form by which an administrator gives a role: which one, and where it holds."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from webapp.domain.people import Grant, Right, Role, may_give
from webapp.storage import people
from webapp.views.access import current_scope, services
from webapp.views.forms import Form
from webapp.views.wording import ROLES

# What an administrator gives on a page.
GIVEN = (Role.EMPLOYEE, Role.APPROVER, Role.ACCOUNTANT, Role.ADMIN)


class RoleForm(Form):
    """A role, and where it holds: a legal entity by its id, or a whole group."""

    role = SelectField(lazy_gettext("Role"), [InputRequired()])
    place = SelectField(lazy_gettext("Where"), [InputRequired()])

    def offer_choices(self, places: Sequence[SelectChoice]) -> None:
        """Fill the lists with what the visitor may give."""
        self.role.choices = [SelectChoice(role.value, str(ROLES[role])) for role in GIVEN]
        self.place.choices = list(places)

    def grant(self) -> Grant:
        """Return the role that was chosen."""
        kind, _colon, place = str(self.place.data).partition(":")
        whole = kind == "group"
        return Grant(Role(self.role.data), place if whole else None, None if whole else place)


def places() -> list[SelectChoice]:
    """Return where the visitor may give roles: each legal entity, and the whole group."""
    scope = current_scope()
    with services().database.read() as session:
        entities = people.legal_entities(session, scope.entities(Right.CONFIGURE))
        groups = [people.group(session, one) for one in sorted({e.group_id for e in entities})]
    offered = [SelectChoice(f"entity:{one.id}", one.name) for one in entities]
    return offered + [
        SelectChoice(f"group:{group.id}", _("Whole group %(name)s", name=group.name))
        for group in groups
        if group is not None and may_give(scope, Grant(Role.ADMIN, group.id, None))
    ]
