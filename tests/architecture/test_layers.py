"""The import rules of pyproject.toml hold: layers, a pure domain, plugins on the SDK only."""

import ast

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from tests.support.needs import REPOSITORY


def test_every_import_contract_is_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPOSITORY)
    status = lint_imports(config_filename="pyproject.toml", no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


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
