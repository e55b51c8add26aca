"""What every test gets: reproducible examples, one thread, and a reason when a tool is missing."""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

# Before torch or NumPy is imported: the workers of pytest-xdist share the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

settings.register_profile(
    "dse",
    derandomize=True,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("dse")

# Marker: the programs its tests run, each with the Debian package that has it.
TOOLS = {
    "compiler": {"gcc": "gcc"},
    "toolchain": {"arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi"},
    "emulator": {
        "gcc": "gcc",
        "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
        "qemu-system-arm": "qemu-system-arm",
    },
}


def missing_tools(markers):
    """One line for each program that the markers ask for and this machine lacks."""
    needed = {tool: package for name in markers for tool, package in TOOLS.get(name, {}).items()}
    return [
        f"{tool} is missing (sudo apt-get install {package})"
        for tool, package in needed.items()
        if shutil.which(tool) is None
    ]


def pytest_runtest_setup(item):
    missing = missing_tools(mark.name for mark in item.iter_markers())
    if not missing:
        return
    if os.environ.get("CI") == "true":
        pytest.fail("In CI no test may be left out: " + "; ".join(missing), pytrace=False)
    pytest.skip("; ".join(missing))
