"""Every icon a page names is in the sprite: a misspelt one would show as nothing at all."""

import re

from tests.support.needs import REPOSITORY
from webapp.domain.categories import COMPANY, HOUSEHOLD
from webapp.views.errors import EXPLANATIONS, OURS
from webapp.views.navigation import TABS

SPRITE = REPOSITORY / "webapp" / "static" / "vendor" / "lucide-1.62.0.svg"
KIND = '"(?:primary|quiet|danger|teach)?"'
NAMED = (
    r'ui\.(?:icon|empty_state)\("([a-z0-9-]+)"',
    rf'ui\.(?:link_)?button\(.*?, {KIND}, "([a-z0-9-]+)"',
)
SHAPES = r"shapes = {([^}]*)}"


def known() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text(encoding="utf-8")))


def named_in_templates() -> set[str]:
    found: set[str] = set()
    for path in (REPOSITORY / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        found.update(name for pattern in NAMED for name in re.findall(pattern, text))
        for shapes in re.findall(SHAPES, text):
            found.update(re.findall(r': "([a-z0-9-]+)"', shapes))
    return found


def test_templates_name_icons_that_exist() -> None:
    named = named_in_templates()

    assert {"circle-check", "arrow-right", "scroll-text"} <= named, "the search works"
    assert named - known() == set()


def test_categories_tabs_and_errors_name_icons_that_exist() -> None:
    named = {category.icon for category in (*COMPANY, *HOUSEHOLD)}
    named |= {tab.icon for tab in TABS} | {page.icon for tab in TABS for page in tab.pages}
    named |= {explanation.icon for explanation in (*EXPLANATIONS.values(), OURS)}
    named |= {"shield-alert", "clock-alert"}

    assert named - known() == set()
