"""The import rules of pyproject.toml hold: layers, a pure domain, plugins on the SDK only."""

import ast
import subprocess
import sys
from pathlib import Path

from tests.support.needs import REPOSITORY


def test_every_import_contract_is_kept() -> None:
    # In a process of its own: it sets up logging for itself and silences what was there.
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_table_modules_keep_their_annotations_as_they_are() -> None:
    """SQLModel reads annotations of relationships; the future import turns them into text."""
    for module in (REPOSITORY / "webapp" / "storage").rglob("*.py"):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        future = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        ]
        assert not future, f"{module} must not import from __future__"
