"""What pip installs is what the repository holds, and everything it needs is pinned."""

import re
import subprocess
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("dse", "search_spaces", "hw_models")


def normal(requirement):
    name = re.match(r"[A-Za-z0-9._-]+", requirement)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def pins():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {normal(name): version for name, version in pairs}


def test_every_data_file_has_a_pattern():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    missing = [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*"))
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.suffix != ".py"
        and path.name not in patterns
        and f"*{path.suffix}" not in patterns
    ]
    assert missing == [], "add a pattern for these to package-data in pyproject.toml"


def test_every_folder_with_python_is_a_package():
    folders = {path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert [
        str(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()
    ] == []


def test_torch_is_pinned_without_a_local_version():
    assert pins()["torch"] == "2.13.0"


def test_the_pins_are_the_closure_of_the_requirements():
    pinned = pins()
    todo = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"]
    seen = set()
    while todo:
        name = normal(todo.pop())
        if name in seen:
            continue
        seen.add(name)
        assert name in pinned, f"{name} is not in constraints.txt"
        needs = distribution(name).requires or []
        todo += [need for need in needs if applies(need)]


def applies(requirement):
    """Whether a requirement holds here; the libraries of torch's CUDA builds are left out."""
    parsed = Requirement(requirement)
    if re.match("nvidia|cuda|triton", parsed.name):
        return False
    return parsed.marker is None or parsed.marker.evaluate({"extra": ""})


@pytest.mark.parametrize("script", [".ci/run", ".ci/venv", ".ci/arm-tools"])
def test_scripts_can_be_run(script):
    path = ROOT / script
    assert path.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", path], check=True)
