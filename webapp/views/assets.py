"""Addresses of the static files: each names its content's digest, so it can be kept for ever."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

DIGEST = 12
ONE_YEAR = 31_536_000


def init_app(app: Flask) -> None:
    """Version the addresses of static files."""
    app.url_defaults(_add_version)
    app.after_request(_keep_versioned)


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and "v" not in values:
        values["v"] = _version(str(current_app.static_folder), values["filename"])


@cache
def _version(folder: str, name: str) -> str | None:
    path = Path(folder, name)
    if not path.is_file():
        return None
    return hashlib.sha256(path.read_bytes()).hexdigest()[:DIGEST]


def _keep_versioned(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code == 200 and request.args.get("v"):
        response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR}, immutable"
    return response
