"""What to do when this machine lacks a part: say so, and under ``CI`` do not let it pass."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = REPOSITORY.parent / "shared"


def in_ci() -> bool:
    """Say whether a missing part is a failure instead of a skipped test."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def missing(what: str, remedy: str) -> NoReturn:
    """Skip the test, or fail it under ``CI``, naming what is missing and what brings it."""
    message = f"{what}. {remedy}"
    if in_ci():
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def shared_material(relative: str) -> Path:
    """Return a file or folder of the reading matter beside the repository, else skip the test.

    It is read in place and is not part of the repository, so its absence is never a failure.
    """
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"../shared/{relative} is not beside this checkout")
    return path
