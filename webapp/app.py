"""The web application: the one place where the pieces meet."""

import secrets

import structlog
from flask import Flask, Response, abort, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from cardsync_sdk.registry import Registry, discover
from webapp.config import Settings
from webapp.jobs.doorbell import Doorbell
from webapp.paths import STATIC, templates_folder
from webapp.storage.database import Database
from webapp.storage.secrets import SecretBox
from webapp.views import (
    access,
    approvals,
    assets,
    audit,
    auth,
    bank_requests,
    bank_sync,
    connectors,
    csrf,
    entities,
    errors,
    expenses,
    formats,
    headers,
    health,
    help_desk,
    help_pages,
    history,
    home,
    i18n,
    imports,
    mailbox,
    pages,
    people,
    profile,
    questions,
    receipts,
    reports,
    same_purchase,
    sessions,
    setup,
    support,
    switching,
    templating,
    undoing,
    webhooks,
    wording,
)
from webapp.views.services import EXTENSION, Services
from webapp.views.throttle import Throttle

CONCEPTS = (
    home,
    auth,
    setup,
    imports,
    bank_requests,
    bank_sync,
    history,
    questions,
    same_purchase,
    connectors,
    people,
    entities,
    profile,
    expenses,
    receipts,
    reports,
    approvals,
    audit,
    support,
    undoing,
    switching,
    health,
    webhooks,
    help_pages,
    help_desk,
    mailbox,
)
MEBIBYTE = 1024 * 1024


def create_app(
    settings: Settings, *, database: Database | None = None, registry: Registry | None = None
) -> Flask:
    """Build the application of an installation.

    ``database`` and ``registry`` are made from ``settings`` unless given, as tests do.

    :raises RuntimeError: if a route declares no policy.
    """
    app = Flask("cardsync", static_folder=str(STATIC), template_folder=str(templates_folder()))
    _configure(app, settings)
    app.extensions[EXTENSION] = _services(settings, database, registry)
    for part in (pages, i18n, formats, wording, assets, templating, errors):
        part.init_app(app)
    _follow_requests(app)
    for concept in CONCEPTS:
        app.register_blueprint(concept.blueprint)
    access.public(app.view_functions["static"])
    access.refuse_undeclared_routes(app)
    return app


def _services(settings: Settings, database: Database | None, registry: Registry | None) -> Services:
    return Services(
        settings=settings,
        database=database or Database(settings.database_url),
        secrets=SecretBox({key.id: key.key for key in settings.master_keys}),
        registry=registry or discover(enabled=settings.plugins),
        doorbell=Doorbell(settings.redis_url),
        throttle=Throttle(settings.redis_url),
    )


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        MAX_CONTENT_LENGTH=(settings.max_upload_mb + 1) * MEBIBYTE,
        PROPAGATE_EXCEPTIONS=False,
    )
    sessions.configure_cookies(app, secure=settings.cookies_are_secure)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if count := settings.trusted_proxies:
        proxied = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
        app.wsgi_app = proxied  # type: ignore[method-assign]


def _follow_requests(app: Flask) -> None:
    """Set up what happens around every request, in its order."""
    for before in (
        _name_request,
        sessions.load_visitor,
        csrf.refuse_foreign_origin,
        access.demand_login,
        csrf.refuse_stale_form,
        access.demand_right,
        _refuse_null_characters,
    ):
        app.before_request(before)
    # Flask runs these from the last to the first.
    for after in (headers.set_headers, pages.vary_by_htmx, _answer_name, access.refuse_unchecked):
        app.after_request(after)


def _name_request() -> None:
    """Give the request an id that every line of its log carries."""
    g.request_id = secrets.token_hex(8)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _refuse_null_characters() -> None:
    """Refuse text with a character that nobody can type and PostgreSQL takes in no text."""
    # The body of a program's request is no form; it is read by the view, which bounds it first.
    form = () if access.asked_by_program() else request.form.values()
    typed = (*request.args.values(), *form, *(request.view_args or {}).values())
    if any("\x00" in text for text in typed if isinstance(text, str)):
        abort(400)


def _answer_name(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    return response
