"""Nothing grows past what one can read at a sitting."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.needs import REPOSITORY

LONGEST_FUNCTION = 50
LONGEST_FILE = 400
LONGEST_TEMPLATE = 120

CODE = ("webapp", "connectors", "plugins", "tests", "benchmarks", "tools")
GENERATED = REPOSITORY / "webapp" / "storage" / "migrations" / "versions"


def python_files() -> list[Path]:
    found = [path for folder in CODE for path in (REPOSITORY / folder).rglob("*.py")]
    return [path for path in found if GENERATED not in path.parents]


def template_files() -> list[Path]:
    folders = [REPOSITORY / "templates", *(REPOSITORY / "plugins").glob("*/*/sandbox/templates")]
    return [path for folder in folders for path in folder.rglob("*.html")]


def functions_of(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def test_there_is_something_to_measure() -> None:
    assert len(python_files()) > 30
    assert len(template_files()) > 5


def test_no_function_is_longer_than_50_lines() -> None:
    too_long = [
        f"{path.relative_to(REPOSITORY)}: {name} has {length}"
        for path in python_files()
        for name, length in functions_of(path)
        if length > LONGEST_FUNCTION
    ]
    assert not too_long, "\n".join(too_long)


@pytest.mark.parametrize(
    ("files", "longest"),
    [
        pytest.param(python_files, LONGEST_FILE, id="code"),
        pytest.param(template_files, LONGEST_TEMPLATE, id="templates"),
    ],
)
def test_no_file_is_too_long(files, longest: int) -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files()}
    too_long = [
        f"{path.relative_to(REPOSITORY)} has {length} lines"
        for path, length in lengths.items()
        if length > longest
    ]
    assert not too_long, "\n".join(too_long)
