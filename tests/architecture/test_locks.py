"""The locks fit pyproject.toml, are checked by checksum, and name no place of origin."""

import re
import tomllib
from collections.abc import Iterable

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support.needs import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
BUILD: list[str] = PROJECT["dependency-groups"]["build"]
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;\\]+)")

LOCKS = {
    "requirements.lock": [*PROJECT["project"]["dependencies"], *EXTRAS["embedded"], *BUILD],
    "requirements-dev.lock": [
        *PROJECT["project"]["dependencies"],
        *(line for name in EXTRAS for line in EXTRAS[name] if not line.startswith("cardsync[")),
        *BUILD,
    ],
}


def entries_of(lock: str) -> list[str]:
    """Return the lock's entries, each a pin with its checksums on one line."""
    text = (REPOSITORY / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


def pins_of(lock: str) -> dict[str, set[str]]:
    """Return the versions of each package: several where they depend on the platform."""
    pins: dict[str, set[str]] = {}
    for entry in entries_of(lock):
        match = PIN.match(entry)
        assert match, f"{lock} holds a line that pins nothing: {entry[:60]}"
        pins.setdefault(canonicalize_name(match["name"]), set()).add(match["version"])
    return pins


def unmet(requirements: Iterable[str], pins: dict[str, set[str]]) -> list[str]:
    missing = []
    for requirement in map(Requirement, requirements):
        versions = pins.get(canonicalize_name(requirement.name), set())
        if not any(requirement.specifier.contains(Version(version)) for version in versions):
            missing.append(str(requirement))
    return missing


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_meets_every_requirement(lock: str) -> None:
    assert unmet(LOCKS[lock], pins_of(lock)) == [], "run make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_its_checksums(lock: str) -> None:
    assert [entry for entry in entries_of(lock) if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_no_place_of_origin(lock: str) -> None:
    text = (REPOSITORY / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|file:|^\s*(-e|\.{0,2}/)", text, re.M)


def test_work_is_done_with_the_versions_people_run() -> None:
    development = pins_of("requirements-dev.lock")
    assert {
        name: versions
        for name, versions in pins_of("requirements.lock").items()
        if development.get(name) != versions
    } == {}
