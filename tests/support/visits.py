"""A person's visit to the application, as their browser would make it."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

LOGIN_COOKIE = "cardsync-login"
HTMX = {"HX-Request": "true"}
_CSRF = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


class Visit:
    """Follows links and sends forms with what a browser adds: cookie, origin, hidden token."""

    def __init__(self, app: Flask, login: str | None = None) -> None:
        self.client: FlaskClient = app.test_client()
        if login is not None:
            self.client.set_cookie(LOGIN_COOKIE, login)

    def get(self, path: str, *, htmx: bool = False, **options: Any) -> TestResponse:
        """Open ``path``, as a page or as htmx asks for a part of one."""
        return self.client.get(path, headers=HTMX if htmx else None, **options)

    def post(
        self, path: str, data: dict[str, Any], *, htmx: bool = False, **options: Any
    ) -> TestResponse:
        """Send a form to ``path`` with this session's token."""
        headers = {"Sec-Fetch-Site": "same-origin", **(HTMX if htmx else {})}
        return self.client.post(
            path, data={"csrf_token": self.token(), **data}, headers=headers, **options
        )

    def token(self) -> str:
        """Return the hidden token that the forms of this session carry."""
        found = _CSRF.search(self.client.get("/", follow_redirects=True).text)
        assert found, "no page with a form"
        return found[1]
