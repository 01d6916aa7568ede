"""Keep the French catalogue in step with the words of pages and code, and compile it.

`make messages` writes new words into the catalogue, untranslated; a test fails until each has its
French. What a page no longer says is dropped.
"""

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

REPOSITORY = Path(__file__).resolve().parents[1]
CATALOGUE = REPOSITORY / "webapp" / "translations" / "fr" / "LC_MESSAGES" / "messages.po"
SOURCES = {"webapp": [("**.py", "python")], "templates": [("**.html", "jinja2")]}
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2)}


def in_sources() -> Catalog:
    """Collect every message of the code and the templates."""
    catalog = Catalog(project="cardsync", charset="utf-8")
    for folder, methods in SOURCES.items():
        found = extract_from_dir(
            REPOSITORY / folder,
            methods,
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            # Babel leaves out folders that begin with an underscore, as templates/_parts does.
            directory_filter=lambda _path: True,
        )
        for path, _line, message, comments, context in found:
            place = (f"{folder}/{path}", 1)
            catalog.add(message, None, [place], auto_comments=comments, context=context)
    return catalog


def in_french() -> Catalog:
    """Read the French catalogue."""
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="fr", charset="utf-8")


def compiled(catalog: Catalog) -> bytes:
    """Return the catalogue as the application reads it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def main() -> None:
    """Take new words in, drop the unused, compile; name what still has no French."""
    if CATALOGUE.exists():
        french = in_french()
    else:
        french = Catalog(locale="fr", project="cardsync", charset="utf-8", fuzzy=False)
    french.update(in_sources(), no_fuzzy_matching=True, update_creation_date=False)
    french.obsolete.clear()
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        # No line numbers: they would change the catalogue with every edit of a page.
        write_po(file, french, sort_by_file=True, include_lineno=False, width=100)
    CATALOGUE.with_suffix(".mo").write_bytes(compiled(in_french()))
    untranslated = [message.id for message in french if message.id and not message.string]
    for message in untranslated:
        print(f"no French yet: {message}", file=sys.stderr)


if __name__ == "__main__":
    main()
