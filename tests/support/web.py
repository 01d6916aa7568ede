"""A browser without a screen: a test client that behaves as browsers do and can log in."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from webapp.demo.cast import PASSWORD

TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]{64})"')
HTMX = {"HX-Request": "true"}


class Browser:
    """Keeps cookies, says where its forms come from, and sends the token of its pages."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page; redirects are not followed."""
        return self.client.get(path, buffered=True, **options)

    def post(
        self,
        path: str,
        data: dict[str, Any] | None = None,
        *,
        token: str | None = "",
        **options: Any,
    ) -> TestResponse:
        """Send a form as one of our own pages would; ``token=None`` leaves its token out."""
        fields = dict(data or {})
        if token is not None:
            fields["csrf_token"] = token or self.token()
        headers = {"Sec-Fetch-Site": "same-origin", **options.pop("headers", {})}
        method = options.pop("method", "POST")
        return self.client.open(
            path, method=method, data=fields, headers=headers, buffered=True, **options
        )

    def token(self) -> str:
        """Return the token that the forms of this session carry."""
        found = TOKEN.search(self.get("/no-such-page").text)
        assert found, "the error page has no form with a token"
        return found[1]

    def log_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        """Log in, as a demo person unless told otherwise."""
        return self.post("/login", {"email": email, "password": password})

    def cookie(self, name: str = "cardsync-login") -> str | None:
        """Return the value of a cookie."""
        found = self.client.get_cookie(name)
        return found.value if found else None
