"""Every state a person can meet has its article, whole, in both languages (R51, R81)."""

import re
from collections.abc import Iterable, Mapping
from enum import Enum

import pytest

from cardsync_budget_insight import states
from webapp.domain.fates import Fate
from webapp.domain.freshness import Trouble
from webapp.domain.interfaces import InterfaceState
from webapp.domain.receipts import Refusal
from webapp.domain.reports import Hindrance, StepRefusal
from webapp.domain.schedule import FailureKind
from webapp.jobs.asking import Obstacle
from webapp.paths import help_folder, templates_folder
from webapp.views import errors, help_links, interface_words, link_words, run_words
from webapp.views.articles import article
from webapp.views.help_links import SHELVES, SLUGS
from webapp.views.i18n import LANGUAGES

PARTS = {
    "en": (
        "What happened",
        "Who must act",
        "What to do next",
        "What cardsync does meanwhile",
    ),
    "fr": (
        "Ce qui s’est passé",
        "Qui doit agir",
        "Que faire maintenant",
        "Ce que fait cardsync en attendant",
    ),
}
# How to do something, rather than what went wrong.
TASKS = frozenset(SHELVES[0].slugs) | {help_links.PURCHASE}

CLOSED_LISTS: Mapping[str, tuple[Iterable[object], Mapping[object, str]]] = {
    "states of an interface": (InterfaceState, help_links.STATES),
    "troubles of a feed": (Trouble, help_links.TROUBLES),
    "why a sync cannot be asked for": (Obstacle, help_links.OBSTACLES),
    "what the bank wants, as connectors say it": (
        {*states.NEEDS_USER.values(), *interface_words.NEEDS_USER},
        help_links.NEEDS_USER,
    ),
    "why a sync failed": (run_words.ERRORS, help_links.RUN_ERRORS),
    "kinds of failures on a trip": (FailureKind, help_links.TRIP_KINDS),
    "reasons on a trip": (link_words.REASONS, help_links.TRIP_REASONS),
    "fates of rows": (Fate, help_links.FATES),
    "why a receipt is refused": (Refusal, help_links.RECEIPTS),
    "why an expense is not in a report": (Hindrance, help_links.HINDRANCES),
    "why a step of a report is refused": (StepRefusal, help_links.STEP_REFUSALS),
    "error pages": ({*errors.EXPLANATIONS, 409, 500}, help_links.STATUS),
}


@pytest.mark.parametrize("name", CLOSED_LISTS)
def test_R81_every_reason_has_an_article(name: str) -> None:
    reasons, articles = CLOSED_LISTS[name]
    wanted = list(reasons)
    assert wanted
    words = {one.value if isinstance(one, Enum) else one for one in wanted}
    known = {one.value if isinstance(one, Enum) else one for one in articles}
    assert words <= known, "write an article and name it in webapp/views/help_links.py"
    assert set(articles.values()) <= set(SLUGS)


def test_R51_every_language_has_the_same_articles() -> None:
    found = {
        language: {path.stem for path in (help_folder() / language).glob("*.md")}
        for language in LANGUAGES
    }
    assert found == {language: set(SLUGS) for language in LANGUAGES}
    assert len(SLUGS) == len(set(SLUGS))


def test_R51_the_help_link_of_every_page_leads_to_an_article() -> None:
    assert set(help_links.PAGES.values()) <= set(SLUGS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slug", SLUGS)
def test_R81_an_article_is_whole(slug: str, language: str) -> None:
    text = (help_folder() / language / f"{slug}.md").read_text(encoding="utf-8")
    found = article(slug, language)
    assert found is not None
    assert found.title
    if slug not in TASKS:
        headings = tuple(re.findall(r"^## (.+)$", text, re.M))
        assert headings == PARTS[language]
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert set(links) <= set(SLUGS), "an article links to others by their slug"


def test_R81_what_pages_link_by_name_exists() -> None:
    by_name = re.compile(r"""(?:what_to_do|help_url)\(["']([a-z-]+)["']\)""")
    named = {
        slug
        for path in templates_folder().rglob("*.html")
        for slug in by_name.findall(path.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= set(SLUGS)


def test_an_article_that_is_not_ours_is_none() -> None:
    assert article("../../../README", "en") is None


def test_articles_carry_no_html_of_their_own() -> None:
    from webapp.views.articles import _PARSER

    rendered = _PARSER.render("<script>alert(1)</script> [x](javascript:alert(1))")
    assert "<script" not in rendered
    assert 'href="javascript' not in rendered
