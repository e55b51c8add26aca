"""Reading a TOML file that a user may have written: one message with every error in it."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hw_models.errors import ConfigError

__all__ = ["file_error", "problems", "read_toml"]


def read_toml(path: Path, what: str, *, like: str, cure: str) -> dict[str, Any]:
    """The tables of a TOML file.

    Args:
        path: The file.
        what: It is, as "device file".
        like: Folder of files of its kind.
        cure: What to do otherwise.

    Raises:
        ConfigError: The file is missing, is not text or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The {what} cannot be read.",
            where=path,
            got=error.strerror if isinstance(error, OSError) else error,
            allowed=f"a TOML file such as those in {like}",
            cure=f"check the path, or {cure}",
        ) from error


def problems(error: ValidationError) -> tuple[str, ...]:
    """One line for each error: its key, what is wrong and what was got."""
    lines = []
    for each in error.errors():
        key = ".".join(str(part) for part in each["loc"])
        message = each["msg"].removeprefix("Value error, ")
        shown = "" if each["type"] in ("missing", "value_error") else f", got {each['input']!r}"
        lines.append(f"{key}: {message[0].lower()}{message[1:]}{shown}")
    return tuple(lines)


def file_error(error: ValidationError, what: str, where: Path, cure: str) -> ConfigError:
    """The error that tells all that is wrong with a file."""
    found = problems(error)
    plural = "an error" if len(found) == 1 else f"{len(found)} errors"
    return ConfigError(
        f"The {what} has {plural}:" + "".join(f"\n  - {each}" for each in found),
        where=where,
        cure=cure,
    )
