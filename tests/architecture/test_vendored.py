"""What we ship of other people's work is what was recorded, with its licence."""

import hashlib
import tomllib
import xml.etree.ElementTree as ET

import pytest

from webapp.paths import STATIC

FOLDER = STATIC / "vendor"
PACKAGES = tomllib.loads((FOLDER / "VENDOR.toml").read_text(encoding="utf-8"))["package"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_the_file_is_the_recorded_one(package: dict[str, str]) -> None:
    content = (FOLDER / package["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == package["sha256"]
    assert package["version"] in package["file"], "the file's name carries its version"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_its_licence_is_beside_it(package: dict[str, str]) -> None:
    assert package["licence"]
    assert (FOLDER / package["licence_file"]).read_text(encoding="utf-8").strip()


def test_nothing_is_there_that_was_not_recorded() -> None:
    recorded = {package["file"] for package in PACKAGES} | {
        package["licence_file"] for package in PACKAGES
    }
    there = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert there == recorded | {"VENDOR.toml", "icons.txt"}


def test_the_sprite_holds_exactly_the_icons_of_the_list() -> None:
    sprite = next(p["file"] for p in PACKAGES if p["name"] == "lucide-static")
    symbols = ET.parse(FOLDER / sprite).getroot()  # noqa: S314 - its checksum was compared
    names = [symbol.attrib["id"] for symbol in symbols]
    assert names == (FOLDER / "icons.txt").read_text(encoding="utf-8").split()
