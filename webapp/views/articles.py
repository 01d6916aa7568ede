"""Help articles: Markdown files of ours, in every language, rendered once and kept."""

from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

from webapp.paths import help_folder
from webapp.views.help_links import SLUGS

# No HTML in articles, and only addresses that a browser may follow: the parser escapes the one and
# drops the other.
_PARSER = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True, slots=True)
class Article:
    """One article: its title, how it begins (plain text), and its body as HTML."""

    slug: str
    title: str
    lead: str
    body: Markup


@cache
def article(slug: str, language: str) -> Article | None:
    """Return an article; nothing for a slug that is not one of ours."""
    if slug not in SLUGS:
        return None
    text = (help_folder() / language / f"{slug}.md").read_text(encoding="utf-8")
    heading, _, rest = text.partition("\n")
    # The source is ours, and the parser lets no HTML through.
    body = Markup(_PARSER.render(rest))  # noqa: S704
    return Article(slug, heading.removeprefix("# ").strip(), _lead(rest), body)


def _lead(text: str) -> str:
    """Return the first paragraph as plain text."""
    paragraphs = (part.strip() for part in text.split("\n\n"))
    first = next((part for part in paragraphs if part and not part.startswith("#")), "")
    tokens = _PARSER.parseInline(first)[0].children or []
    return "".join(token.content or " " for token in tokens if token.type in ("text", "softbreak"))
