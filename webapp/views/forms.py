"""The base of every form: filled from the request, in the person's language.

The token against foreign pages is checked for every request in :mod:`webapp.views.csrf`, so the
forms need none of their own.
"""

from flask_wtf import FlaskForm


class Form(FlaskForm):  # type: ignore[misc]
    """A form whose messages come in the language of the page."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Leave the token to :mod:`webapp.views.csrf`."""

        csrf = False
