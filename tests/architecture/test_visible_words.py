"""No word on screen is written past the catalogue: templates hold no bare text."""

import re

import pytest

from tests.support.needs import REPOSITORY

FOLDER = REPOSITORY / "templates"
TEMPLATES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))

JINJA = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
# Fills in a class of the frame.
CLASS_BLOCK = re.compile(r"{% block \w+_class %}.*?{% endblock %}")
# What a browser does not show, and commands, which are typed the same in every language.
UNSEEN = re.compile(
    r"<(script|style|svg|code)\b.*?</\1>|<!doctype[^>]*>", re.DOTALL | re.IGNORECASE
)
TAG = re.compile(r"<[^>]*>", re.DOTALL)
SPOKEN = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"')
WORD = re.compile(r"[^\W\d_]{2,}")
# Names are the same in every language.
NAMES = frozenset({"cardsync", "OFX", "CSV", "PDF"})


def bare_words(text: str) -> list[str]:
    """Return the words of a template that no translation reaches."""
    markup = UNSEEN.sub(" ", JINJA.sub(" ", CLASS_BLOCK.sub(" ", text)))
    spoken = " ".join(SPOKEN.findall(markup))
    found = WORD.findall(TAG.sub(" ", markup)) + WORD.findall(spoken)
    return [word for word in found if word not in NAMES]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_template_says_nothing_past_the_catalogue(name: str) -> None:
    assert bare_words((FOLDER / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p>{{ _('Hello') }}</p>", []),
        ("<p>Hello {{ name }}</p>", ["Hello"]),
        ('<button aria-label="Close">{{ ui.icon("x") }}</button>', ["Close"]),
        ('<a title="{{ _(\'Close\') }}" href="/x">·</a>', []),
        ("{# A note #}{% if a %}Really{% endif %}", ["Really"]),
        ("<span>cardsync</span>", []),
    ],
)
def test_the_lint_bites(text: str, words: list[str]) -> None:
    assert bare_words(text) == words
