"""The two forms about a bank that is missing: the admin's request and support's answer."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from cardsync_sdk.pan import mask_pans
from webapp.domain.institutions import NAME_MAX, NOTE_MAX, name_key
from webapp.views.forms import Form


def _trimmed(text: str | None) -> str:
    return mask_pans((text or "").strip())


class MissingBankForm(Form):
    """Which bank is missing, and what may help to find it."""

    bank = StringField(
        lazy_gettext("Name of the bank or card service"),
        [
            InputRequired(lazy_gettext("Say which bank or card service is missing.")),
            Length(max=NAME_MAX),
        ],
        filters=[_trimmed],
        render_kw={"maxlength": NAME_MAX, "autocomplete": "off"},
    )
    note = TextAreaField(
        lazy_gettext("What else should support know?"),
        [Optional(), Length(max=NOTE_MAX)],
        filters=[_trimmed],
        description=lazy_gettext(
            "For example its country, or the address where you log in. Never a password."
        ),
        render_kw={"maxlength": NOTE_MAX, "rows": 2},
    )

    def validate_bank(self, field: Field) -> None:
        """Refuse a name in which there is nothing to look for."""
        if not name_key(field.data):
            raise ValidationError(_("Say which bank or card service is missing."))


class AnswerForm(Form):
    """What support says to those who miss a bank."""

    answer = TextAreaField(
        lazy_gettext("Answer"),
        [DataRequired(lazy_gettext("Say what they can expect.")), Length(max=NOTE_MAX)],
        filters=[_trimmed],
        description=lazy_gettext("The administrators of the legal entity read it."),
        render_kw={"maxlength": NOTE_MAX, "rows": 2},
    )
