"""Every template compiles, every page has a title, and none needs what the security policy bars."""

import re
from pathlib import Path

import pytest

from tests.support.needs import REPOSITORY
from webapp.app import create_app
from webapp.config import Settings

FOLDER = REPOSITORY / "templates"
TEMPLATES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))
# A page stands in the frame; all else is a part of one.
PAGES = [name for name in TEMPLATES if "{% extends" in (FOLDER / name).read_text(encoding="utf-8")]

FORBIDDEN = {
    "hx-on needs eval": r"\bhx-on\b",
    "js: values need eval": r"""["'{\s]js:""",
    "javascript: addresses are barred": r"javascript:",
    "a filter in hx-trigger needs eval": r"""hx-trigger=["'][^"']*\[""",
    "an inline handler is barred": r"""<[^>]*\son[a-z]+\s*=""",
    "an inline style is barred": r"""<[^>]*\sstyle\s*=""",
    "an inline style sheet is barred": r"<style\b",
    "an inline script is barred": r"<script(?![^>]*\bsrc=)",
    "what is marked safe is not escaped": r"\|\s*safe\b",
    "escaping is never switched off": r"{%-?\s*autoescape\s+false",
    "hx-ext, hx-vars, hx-params and hx-disable mean something else in htmx 4": (
        r"\bhx-(ext|vars|params|disable)\b"
    ),
    "pages load nothing from elsewhere": r"""<(script|link|img)[^>]*(src|href)=["']https?://""",
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("instance")
    settings = Settings(instance=folder, secret_key="for tests", master_keys="A" * 43 + "=")
    return create_app(settings).jinja_env


def source(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def without_comments(text: str) -> str:
    return re.sub(r"{#.*?#}", "", text, flags=re.DOTALL)


def title_of(path: Path) -> bool:
    return bool(re.search(r"{%-?\s*block title\s*-?%}\s*\S", without_comments(path.read_text())))


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_template_compiles(name: str, environment) -> None:
    environment.get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_has_a_title(name: str) -> None:
    assert title_of(FOLDER / name), "fill {% block title %}"


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_template_needs_nothing_barred(name: str) -> None:
    text = without_comments(source(name))
    # An expression may hold any character; only what the browser is given counts.
    markup = re.sub(r"{{.*?}}", lambda match: "|safe" if "safe" in match[0] else "", text)
    found = [why for why, pattern in FORBIDDEN.items() if re.search(pattern, markup)]
    assert not found


@pytest.mark.parametrize("name", TEMPLATES)
def test_hx_requests_name_their_target_and_swap(name: str) -> None:
    """Htmx 4 inherits neither: written on the element, the same page works on both."""
    for tag in re.findall(r"<[^<>]*\bhx-(?:get|post|put|patch|delete)=[^<>]*>", source(name)):
        assert "hx-target=" in tag, tag
        assert "hx-swap=" in tag, tag
