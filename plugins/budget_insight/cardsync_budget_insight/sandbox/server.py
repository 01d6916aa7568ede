"""The practice bank as a web application, and how it is run."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from cardsync_budget_insight.sandbox import (
    api_auth,
    api_connections,
    api_transactions,
    bank,
    control,
    errors,
    faults,
    webview,
)
from cardsync_budget_insight.sandbox.store import Practice
from cardsync_budget_insight.sandbox.timing import now

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class QuietHandler(WSGIRequestHandler):
    """Serves without a line in the log for each call."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def make_app(folder: Path, clock: Callable[[], datetime] | None = None) -> Flask:
    """Build the application over the state in ``folder``; ``clock`` gives aware UTC instants."""
    app = Flask(__name__, static_url_path="/practice")
    practice = Practice(folder, clock)
    app.extensions["practice"] = practice
    app.add_url_rule("/healthz", view_func=lambda: "ok", endpoint="healthz")
    for blueprint in (
        api_auth.bp,
        api_connections.bp,
        api_transactions.bp,
        control.bp,
        webview.bp,
    ):
        app.register_blueprint(blueprint)
    errors.register(app)
    app.before_request(lambda: _enter(practice))
    app.after_request(lambda response: _leave(practice, response))
    app.teardown_request(lambda _: _end(practice, keep=False))
    return app


def _enter(practice: Practice) -> Response | None:
    """Fail if told to; else hold the bank for this request, read up to its present time."""
    if request.endpoint in ("static", "healthz"):
        return None
    if request.path.startswith("/2.0/"):
        with practice.transaction() as db:
            g.fault = faults.next_fault(db, request.full_path)
        failed = faults.failing(practice, g.fault) if g.fault else None
        if failed is not None:
            return failed
    g.db = practice.begin()
    g.moment = now(practice, g.db)
    bank.catch_up(g.db, g.moment)
    return None


def _leave(practice: Practice, response: Response) -> Response:
    """Keep what a good answer did before it is sent; spoil it if told to."""
    _end(practice, keep=response.status_code < 400)
    if fault := g.get("fault"):
        response = faults.spoil(response, fault)
    response.headers["Content-Security-Policy"] = CSP
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _end(practice: Practice, *, keep: bool) -> None:
    if g.pop("db", None) is not None:
        practice.end(keep=keep)


@contextmanager
def running(
    folder: Path, clock: Callable[[], datetime] | None = None, port: int = 0
) -> Iterator[str]:
    """Run the practice bank in a thread and give its address, for tests."""
    app = make_app(folder, clock)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        app.extensions["practice"].stopping.set()
        server.shutdown()
        thread.join()
        app.extensions["practice"].close()


def serve(host: str, port: int, folder: Path) -> None:
    """Run the practice bank until SIGTERM or Ctrl-C. Calls in progress are not waited for."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    app = make_app(folder)
    practice: Practice = app.extensions["practice"]
    server = make_server(host, port, app, threaded=True, request_handler=QuietHandler)
    if threading.current_thread() is threading.main_thread():
        _stop_on_signals(server, practice)
    server.serve_forever(poll_interval=0.1)
    practice.close()


def _stop_on_signals(server: BaseWSGIServer, practice: Practice) -> None:
    def stop(_number: int, _frame: Any) -> None:
        practice.stopping.set()
        # shutdown() waits for the loop that this handler has interrupted: not from here.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
