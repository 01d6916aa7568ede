"""Fetch what we ship of other people's front-end work, as VENDOR.toml and icons.txt say.

For maintainers; needs npm. Run it with `make vendor` after changing either file, then put the
checksums it prints into VENDOR.toml.
"""

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "webapp" / "static" / "vendor"
SVG = "http://www.w3.org/2000/svg"
KEPT_ATTRIBUTES = (
    "viewBox",
    "fill",
    "stroke",
    "stroke-width",
    "stroke-linecap",
    "stroke-linejoin",
)


def fetch(package: dict[str, Any], folder: Path) -> Path:
    """Fetch a package from npm, compare it with its recorded checksum, and unpack it."""
    name = f"{package['name']}@{package['version']}"
    subprocess.run(["npm", "pack", "--silent", name], cwd=folder, check=True)  # noqa: S607
    (archive,) = folder.glob("*.tgz")
    found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if f"sha512-{found}" != package["integrity"]:
        sys.exit(f"{name} is not what was recorded: sha512-{found}")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package"


def sprite(icons: Path) -> str:
    """Put the icons of icons.txt into one SVG file, a symbol each."""
    ET.register_namespace("", SVG)
    root = ET.Element(f"{{{SVG}}}svg")
    for name in (FOLDER / "icons.txt").read_text(encoding="utf-8").split():
        icon = ET.parse(icons / f"{name}.svg").getroot()  # noqa: S314 - its checksum was compared
        kept = {key: icon.attrib[key] for key in KEPT_ATTRIBUTES}
        symbol = ET.SubElement(root, f"{{{SVG}}}symbol", {"id": name, **kept})
        for shape in icon:
            shape.tail = None
            symbol.append(shape)
        symbol.tail = "\n"
    root.text = "\n"
    return ET.tostring(root, encoding="unicode") + "\n"


def content_of(package: dict[str, Any], unpacked: Path) -> bytes:
    """Return what we ship of an unpacked package."""
    if package["name"] == "lucide-static":
        return sprite(unpacked / "icons").encode()
    return (unpacked / package["made_from"]).read_bytes()


def main() -> None:
    """Write every vendored file and its licence; print the checksums."""
    recorded = tomllib.loads((FOLDER / "VENDOR.toml").read_text(encoding="utf-8"))
    for package in recorded["package"]:
        with tempfile.TemporaryDirectory() as folder:
            unpacked = fetch(package, Path(folder))
            content = content_of(package, unpacked)
            licence = (unpacked / "LICENSE").read_text(encoding="utf-8")
        (FOLDER / package["file"]).write_bytes(content)
        (FOLDER / package["licence_file"]).write_text(licence, encoding="utf-8")
        print(package["file"], hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    main()
