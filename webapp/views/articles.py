"""Help articles: Markdown files of ours, in every language, rendered once and kept."""

from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

from webapp.paths import help_folder
from webapp.views.help_links import SLUGS
from webapp.views.i18n import language

# No HTML in articles, and only addresses that a browser may follow: the parser escapes the one and
# drops the other.
_PARSER = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True, slots=True)
class Article:
    """One article: its title, and its body as HTML."""

    slug: str
    title: str
    body: Markup


@cache
def article(slug: str, code: str) -> Article | None:
    """Return an article in the language ``code``; nothing for a slug that is not one of ours."""
    if slug not in SLUGS:
        return None
    text = (help_folder() / code / f"{slug}.md").read_text(encoding="utf-8")
    heading, _, rest = text.partition("\n")
    # The source is ours, and the parser lets no HTML through.
    body = Markup(_PARSER.render(rest))  # noqa: S704
    return Article(slug, heading.removeprefix("# ").strip(), body)


def article_title(slug: str) -> str:
    """Return the title of an article in the language of the page."""
    found = article(slug, language())
    return found.title if found else slug
