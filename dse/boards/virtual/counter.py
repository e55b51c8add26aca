"""The cycle counter: our QEMU plugin, compiled on first use."""

import hashlib
import os
import tempfile
from pathlib import Path

from dse.boards.virtual.tools import run_tool

__all__ = ["counter_plugin"]

_SOURCES = Path(__file__).parent / "plugin"
_COMMAND = ("gcc", "-shared", "-fPIC", "-O2", "-std=gnu11", "-fvisibility=hidden")
_WARNINGS = ("-Wall", "-Wextra", "-Werror")


def counter_plugin() -> Path:
    """The compiled plugin, from the user's cache folder; named by the content of its sources.

    Raises:
        ToolError: The host compiler is missing or failed.
    """
    library = _cache_folder() / f"counter-{_content_hash()}.so"
    if not library.exists():
        _compile(library)
    return library


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "dse"


def _content_hash() -> str:
    digest = hashlib.sha256(" ".join((*_COMMAND, *_WARNINGS)).encode())
    for path in sorted(_SOURCES.glob("*.[ch]")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _compile(library: Path) -> None:
    """Compiles beside the target and renames: processes side by side may do the same."""
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        fresh = Path(folder) / library.name
        sources = sorted(_SOURCES.glob("*.c"))
        run_tool(
            [*_COMMAND, *_WARNINGS, *sources, "-o", fresh],
            "compiling the cycle counter",
            Path(folder),
        )
        fresh.replace(library)
