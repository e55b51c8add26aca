"""The device file: what devices/*.toml may hold, checked once, all errors at a time."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hw_models.errors import ConfigError
from hw_models.toml_file import file_error, problems, read_toml

__all__ = [
    "Current",
    "DeviceFile",
    "Measured",
    "file_problems",
    "parse_device",
    "read_device_file",
]

CoreName = Literal[
    "cortex-m0",
    "cortex-m0plus",
    "cortex-m3",
    "cortex-m4",
    "cortex-m7",
    "cortex-m33",
    "cortex-m0.small-multiply",
    "cortex-m0plus.small-multiply",
]
Text = Annotated[str, Field(min_length=1)]
Size = Annotated[int, Field(gt=0, strict=True)]
Positive = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]

_NO_DSP = (
    "cortex-m0",
    "cortex-m0plus",
    "cortex-m3",
    "cortex-m0.small-multiply",
    "cortex-m0plus.small-multiply",
)
_DSP = ("cortex-m4", "cortex-m7")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Sourced(_Table):
    source: Text


class _Core(_Sourced):
    name: CoreName
    simd: bool
    fpu: Text | None = None
    cache: Text | None = None

    @model_validator(mode="after")
    def _dsp_belongs_to_the_core(self) -> "_Core":
        if self.simd and self.name in _NO_DSP:
            raise ValueError(f"simd is true, but a {self.name} has no DSP extension")
        if not self.simd and self.name in _DSP:
            raise ValueError(f"simd is false, but every {self.name} has the DSP extension")
        return self


class _Efficiency(_Sourced):
    factor: Annotated[float, Field(gt=0, le=1.5, strict=True, allow_inf_nan=False)]
    note: Text | None = None


class _Clock(_Sourced):
    hz: Annotated[int, Field(ge=100_000, le=2_000_000_000, strict=True)]
    efficiency: _Efficiency | None = None


class _Ram(_Sourced):
    name: Text
    bytes: Size
    note: Text | None = None


class _WaitStates(_Sourced):
    at: Text
    cycles: Annotated[int, Field(ge=0, le=64, strict=True)] | None = None


class _Flash(_Sourced):
    bytes: Size
    note: Text | None = None
    wait_states: _WaitStates | None = None


class Measured(_Sourced):
    """Measured active power, the range over the runs of the source."""

    low_mw: Positive
    high_mw: Positive
    volts: Positive | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "Measured":
        if self.low_mw > self.high_mw:
            raise ValueError("low_mw is above high_mw")
        return self


class Current(_Sourced):
    """Supply current per clock frequency; power follows where the voltage is known too."""

    ua_per_mhz: Positive
    condition: Text
    ua_per_mhz_range: tuple[Positive, Positive] | None = None
    volts: Positive | None = None

    @model_validator(mode="after")
    def _inside_the_range(self) -> "Current":
        limits = self.ua_per_mhz_range
        if limits is not None and not limits[0] <= self.ua_per_mhz <= limits[1]:
            raise ValueError("ua_per_mhz is outside ua_per_mhz_range")
        return self


class _Power(_Table):
    measured: Measured | None = None
    current: tuple[Current, ...] = ()


class DeviceFile(_Table):
    """One part as its file states it: schema 1."""

    schema_number: Literal[1] = Field(alias="schema")
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+-]*$")]
    vendor: Text
    aliases: tuple[Text, ...] = ()
    note: Text | None = None
    core: _Core
    clock: _Clock
    ram: Annotated[tuple[_Ram, ...], Field(min_length=1)]
    flash: _Flash
    power: _Power | None = None

    def sources(self) -> tuple[tuple[str, str], ...]:
        """(key, source) of every table that holds figures, in the order of the file."""
        return tuple(_sources("", self))


def _sources(prefix: str, value: object) -> Iterable[tuple[str, str]]:
    if isinstance(value, _Sourced):
        yield prefix, value.source
    if isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from _sources(f"{prefix}[{index}]", each)
    elif isinstance(value, _Table):
        for key in type(value).model_fields:
            name = f"{prefix}.{key}" if prefix else key
            yield from _sources(name, getattr(value, key))


def read_device_file(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; raises as `read_toml`."""
    return read_toml(
        path, "device file", like="hw_models/devices", cure="take a name from `dse devices`"
    )


def parse_device(tables: dict[str, Any], where: Path) -> DeviceFile:
    """Check the tables of a device file.

    Raises:
        ConfigError: with every error of the file.
    """
    try:
        return DeviceFile.model_validate(tables)
    except ValidationError as error:
        cure = "compare with a file of hw_models/devices"
        raise file_error(error, "device file", where, cure) from error


def file_problems(path: Path) -> tuple[DeviceFile | None, tuple[str, ...]]:
    """The parsed file and no problems, or None and one line for each."""
    try:
        return DeviceFile.model_validate(read_device_file(path)), ()
    except ConfigError as error:
        return None, (f"{error.what} {error.got}",)
    except ValidationError as error:
        return None, problems(error)
