"""Refusals in the shape of the API: code, description, message, request id."""

import itertools

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

_numbers = itertools.count(12001)


class ApiError(Exception):
    """A refusal with its status and stable code."""

    def __init__(
        self, status: int, code: str, description: str, message: str | None = None
    ) -> None:
        super().__init__(description)
        self.status = status
        self.code = code
        self.description = description
        self.message = message


def refusal(error: ApiError) -> tuple[Response, int]:
    """Write a refusal as the API does."""
    body = {
        "code": error.code,
        "description": error.description,
        "message": error.message,
        "request_id": next(_numbers),
    }
    return jsonify(body), error.status


def not_found() -> ApiError:
    """Return the refusal for anything that is not there."""
    return ApiError(404, "notFound", "Resource not found")


def missing(name: str) -> ApiError:
    """Return the refusal for a parameter left out."""
    return ApiError(400, "missingParameter", f"Parameter {name} is required")


def invalid(name: str) -> ApiError:
    """Return the refusal for a parameter nobody understands."""
    return ApiError(400, "invalidValue", f"Invalid value for {name}")


def register(app: Flask) -> None:
    """Answer refusals, and unknown paths and verbs, in the API's own shape."""
    app.register_error_handler(ApiError, refusal)
    app.register_error_handler(404, lambda _: refusal(not_found()))
    app.register_error_handler(405, _method_not_allowed)


def _method_not_allowed(_: HTTPException) -> tuple[Response, int]:
    return refusal(ApiError(405, "methodNotAllowed", "Method not allowed"))
