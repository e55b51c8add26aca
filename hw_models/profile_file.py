"""The profile file: what profiles/*.toml may hold, checked once, all errors at a time."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hw_models.toml_file import file_error, read_toml

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
    stack_bytes: Bytes | None = None
    call_bytes: dict[str, Bytes]
    kernels: dict[str, Bytes]


class ProfileFile(_Table):
    """One profile as its file states it: schema 2, or 1, which knew no stack."""

    schema_number: Literal[1, 2] = Field(alias="schema")
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
    """The tables of a TOML file; raises as `read_toml`."""
    return read_toml(
        path, "profile file", like="hw_models/profiles", cure="take the name of a shipped profile"
    )


def parse_profile(tables: dict[str, Any], where: Path) -> ProfileFile:
    """Check the tables of a profile file.

    Raises:
        ConfigError: with every error of the file.
    """
    try:
        return ProfileFile.model_validate(tables)
    except ValidationError as error:
        cure = "write it with `dse calibrate`, or compare with a file of hw_models/profiles"
        raise file_error(error, "profile file", where, cure) from error


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
