"""Imports only go down: dse -> search_spaces -> hw_models."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Package: what it may not import.
FORBIDDEN = {
    "hw_models": {"dse", "search_spaces", "torch", "optuna", "pymoo"},
    "search_spaces": {"dse", "torch", "optuna", "pymoo"},
    "dse": set(),
}


def imported(source):
    """Top-level names of the absolute imports, wherever they stand in the file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else (node.module or "").partition(".")[0]


def offences(root):
    """One line for each import that goes up, is relative, or reaches into the tests."""
    return [
        f"{path.relative_to(root)} imports {name}"
        for package, forbidden in FORBIDDEN.items()
        for path in sorted((root / package).rglob("*.py"))
        for name in imported(path.read_text(encoding="utf-8"))
        if name in forbidden | {".", "tests"}
    ]


def test_imports_go_down():
    assert offences(ROOT) == []


def test_every_package_is_read():
    assert [name for name in FORBIDDEN if not list((ROOT / name).rglob("*.py"))] == []


@pytest.mark.parametrize(
    ("file", "line", "found"),
    [
        ("hw_models/a.py", "import torch.nn as nn", "torch"),
        ("hw_models/a.py", "def f():\n    from dse.study import Study", "dse"),
        ("hw_models/deep/a.py", "from search_spaces import space", "search_spaces"),
        ("search_spaces/a.py", "from pymoo.core import problem", "pymoo"),
        ("search_spaces/a.py", "import numpy, dse", "dse"),
        ("dse/a.py", "from . import study", "."),
        ("dse/a.py", "import tests.support", "tests"),
    ],
)
def test_an_import_that_goes_up_is_found(tmp_path, file, line, found):
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(line)
    assert offences(tmp_path) == [f"{file} imports {found}"]


def test_an_import_that_goes_down_is_allowed(tmp_path):
    (tmp_path / "dse").mkdir()
    (tmp_path / "dse" / "a.py").write_text("import torch\nfrom hw_models.device import Device\n")
    assert offences(tmp_path) == []
