"""One idea a file: no Python file over 300 lines, no function over 60."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILE_LINES = 300
FUNCTION_LINES = 60


def too_long(path):
    """One line for each file and function of a file that is over the limit."""
    source = path.read_text(encoding="utf-8")
    lines = len(source.splitlines())
    if lines > FILE_LINES:
        yield f"{path}: {lines} lines, at most {FILE_LINES}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{path}:{node.lineno} {node.name}: {lines} lines, at most {FUNCTION_LINES}"


def test_nothing_is_too_long():
    packages = ("dse", "search_spaces", "hw_models", "tests")
    files = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    offenders = [line for path in files for line in too_long(path)]
    assert offenders == [], "split these:\n" + "\n".join(offenders)


def test_a_long_file_and_a_long_function_are_found(tmp_path):
    path = tmp_path / "long.py"
    path.write_text("def f():\n" + "    x = 1\n" * FUNCTION_LINES + "\n" * FILE_LINES)
    found = list(too_long(path))
    assert found == [
        f"{path}: {FUNCTION_LINES + FILE_LINES + 1} lines, at most {FILE_LINES}",
        f"{path}:1 f: {FUNCTION_LINES + 1} lines, at most {FUNCTION_LINES}",
    ]


def test_files_and_functions_at_the_limit_pass(tmp_path):
    path = tmp_path / "full.py"
    body = "    x = 1\n" * (FUNCTION_LINES - 1)
    path.write_text("def f():\n" + body + "\n" * (FILE_LINES - FUNCTION_LINES))
    assert list(too_long(path)) == []
