"""The profile file: what profiles/*.toml may hold, checked once, all errors at a time."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hw_models.errors import ConfigError

__all__ = ["ProfileFile", "parse_profile", "read_profile_file", "write_tables"]

Text = Annotated[str, Field(min_length=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Bytes = Annotated[int, Field(ge=0, strict=True)]
KeyText = Annotated[str, Field(pattern=r"^[a-z0-9_]+ [a-z0-9]+ ([a-z0-9]+|-)$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Errors(_Table):
    median_percent: Amount
    worst_percent: Amount
    layer_p90_percent: Amount
    networks: dict[str, Finite]


class _Code(_Table):
    fixed_bytes: Bytes
    call_bytes: dict[str, Bytes]
    kernels: dict[str, Bytes]


class ProfileFile(_Table):
    """One profile as its file states it: schema 1."""

    schema_number: Literal[1] = Field(alias="schema")
    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.+-]*$")]
    runtime: Text
    core: Text
    compiler: Text
    flags: str
    arithmetic_version: Annotated[int, Field(ge=0, strict=True)]
    source: Text
    errors: _Errors
    code: _Code
    coefficients: Annotated[dict[KeyText, dict[str, Amount]], Field(min_length=1)]


def read_profile_file(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        ConfigError: if the file is missing, is not text or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            "The profile file cannot be read.",
            where=path,
            got=error.strerror if isinstance(error, OSError) else error,
            allowed="a TOML file such as those in hw_models/profiles",
            cure="check the path, or take the name of a shipped profile",
        ) from error


def parse_profile(tables: dict[str, Any], where: Path) -> ProfileFile:
    """Check the tables of a profile file.

    Raises:
        ConfigError: with every error of the file.
    """
    try:
        return ProfileFile.model_validate(tables)
    except ValidationError as error:
        lines = [
            f"\n  - {'.'.join(str(part) for part in each['loc'])}: {each['msg']}"
            for each in error.errors()
        ]
        raise ConfigError(
            f"The profile file has {len(lines)} error(s):" + "".join(lines),
            where=where,
            cure="write it with `dse calibrate`, or compare with a file of hw_models/profiles",
        ) from error


def write_tables(tables: Mapping[str, object], path: Path) -> None:
    """Write nested tables of strings and numbers as TOML."""
    path.write_text("\n".join(_lines((), tables)).lstrip("\n") + "\n", encoding="utf-8")


def _lines(prefix: tuple[str, ...], table: Mapping[str, object]) -> Iterator[str]:
    values = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    if prefix and (values or not table):
        yield f"\n[{'.'.join(_key(part) for part in prefix)}]"
    for key, value in values.items():
        yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _lines((*prefix, key), value)


def _key(text: str) -> str:
    is_bare = text.isascii() and text.replace("_", "").replace("-", "").isalnum()
    return text if is_bare else json.dumps(text)


def _value(value: object) -> str:
    # JSON strings, numbers and booleans are TOML ones, but for the delete character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
