"""Objects that this process has compiled before: the kernels are the same in every project."""

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

__all__ = ["compiled_once", "source_key"]

_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
_objects: dict[str, bytes] = {}


def compiled_once(key: str | None, target: Path, compile_it: Callable[[], None]) -> None:
    """Write the object of an earlier compilation with the same key, or compile it now.

    Args:
        key: From `source_key`.
        target: The object file.
        compile_it: Makes the object file.
    """
    if key is not None and key in _objects:
        target.write_bytes(_objects[key])
        return
    compile_it()
    if key is not None:
        _objects[key] = target.read_bytes()


def source_key(source: Path, include: Sequence[Path], command: Sequence[str]) -> str | None:
    """A hash of all that decides an object: the command and the text of every file it includes.

    Args:
        source: A C file.
        include: Folders of its headers.
        command: The compiler and its flags, paths left out.

    Returns:
        None where a file is missing or drawn in by other means than `#include "..."`.
    """
    digest = hashlib.sha256("\0".join((*command, source.name)).encode())
    seen: set[Path] = set()
    waiting = [source.resolve()]
    if not source.is_file():
        return None
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        text = path.read_text(encoding="utf-8")
        if "incbin" in text:
            return None
        digest.update(text.encode() + b"\0")
        for name in _INCLUDE.findall(text):
            folders = (path.parent, *include)
            found = next((folder / name for folder in folders if (folder / name).is_file()), None)
            if found is None:
                return None
            waiting.append(found.resolve())
    return digest.hexdigest()
