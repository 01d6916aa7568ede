"""Which language a page speaks: the person's choice, else what their browser asks for."""

from flask import Flask, request, session
from flask_babel import Babel

from webapp.paths import TRANSLATIONS
from webapp.views.access import visitor

LANGUAGES = {"fr": "Français", "en": "English"}
FALLBACK = "en"


def init_app(app: Flask) -> None:
    """Set up the catalogues and the choice of language."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app, default_locale=FALLBACK, locale_selector=language)


def language() -> str:
    """Return the language of this answer."""
    person = visitor()
    if person is not None:
        return person.user.locale
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(list(LANGUAGES)) or FALLBACK


def other_language() -> str:
    """Return the language the page can be switched to."""
    return next(code for code in LANGUAGES if code != language())
