"""Security headers of every answer, errors included. The policy is static: no inline anything."""

from flask import Flask, Response

from webapp.views.pages import form_targets
from webapp.views.services import services

_POLICY = (
    ("default-src", "'none'"),
    ("script-src", "'self'"),
    ("style-src", "'self'"),
    ("img-src", "'self' data: blob:"),
    ("connect-src", "'self'"),
    ("font-src", "'self'"),
    ("base-uri", "'none'"),
    ("frame-ancestors", "'none'"),
    ("object-src", "'none'"),
)
ONE_YEAR = 31_536_000


def init_app(app: Flask) -> None:
    """Set the headers on every answer."""
    app.after_request(set_headers)


def content_security_policy() -> str:
    """Return the policy of this answer; only where its forms may lead differs between pages."""
    targets = " ".join(["'self'", *sorted(form_targets())])
    return "; ".join([*(f"{name} {value}" for name, value in _POLICY), f"form-action {targets}"])


def set_headers(response: Response) -> Response:
    """Set what keeps other sites, frames and guesses about content away from a page."""
    # An uploaded file is served with a policy of its own, which is stricter.
    response.headers.setdefault("Content-Security-Policy", content_security_policy())
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    if services().settings.cookies_are_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={ONE_YEAR}; includeSubDomains"
    return response
