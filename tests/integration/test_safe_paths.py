"""No address that comes from outside leads away from this site after log-in (ASVS 3.7.2)."""

from pathlib import Path

import pytest
from flask import Flask

from webapp.app import create_app
from webapp.config import Settings
from webapp.views.auth import safe_path

SAFE = ["/", "/audit", "/audit?before=01ABC", "/a-b_c/d.e?x=1&y=%C3%A9", "/expenses/01?show=all"]
UNSAFE = [
    None,
    "",
    "evil.example",
    "//evil.example",
    "///evil.example",
    "/x//evil.example@",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/ /evil.example",
    "/..//evil.example",
    "/a/../b",
    "/\u2215evil.example",
    "/\x00",
    "/a\r\nSet-Cookie: x=1",
    "https://evil.example/",
    "https:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/@evil.example",
    "/;@evil.example",
    "/login#//evil.example",
    " /audit",
    "/audit\n",
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Build an application; no page of it is asked for."""
    folder: Path = tmp_path_factory.mktemp("instance")
    return create_app(Settings(instance=folder, secret_key="x", master_keys="A" * 43 + "="))


@pytest.mark.parametrize("target", SAFE)
def test_a_path_of_this_site_is_kept(app: Flask, target: str) -> None:
    with app.test_request_context():
        assert safe_path(target) == target


@pytest.mark.parametrize("target", UNSAFE)
def test_everything_else_leads_home(app: Flask, target: str | None) -> None:
    with app.test_request_context():
        assert safe_path(target) == "/"
