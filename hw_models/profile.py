"""Profile: what a runtime's kernels cost on a core, fitted from measured runs, with its errors.

A profile is one TOML file. Those in profiles/ are shipped and named RUNTIME-CORE ("dse-m4"); they
are written by hw_models.calibrate from the files in measurements/.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from hw_models.errors import ConfigError, ModelError
from hw_models.kernels import KernelKey
from hw_models.profile_file import ProfileFile, parse_profile, read_profile_file, write_tables

__all__ = [
    "LAYER_CATALOGUE",
    "OWN_RUNTIME",
    "CodeSize",
    "ErrorCard",
    "Profile",
    "format_key",
    "list_profiles",
    "load_profile",
    "parse_key",
    "profile_for",
    "save_profile",
]

CATALOGUE = Path(__file__).parent / "profiles"
LAYER_CATALOGUE = Path(__file__).parent / "layer_profiles"
OWN_RUNTIME = "dse"
_NO_WEIGHTS = "-"


@dataclass(frozen=True)
class ErrorCard:
    """Errors of predicted cycles on networks that were left out of the fit.

    Args:
        median_percent: Median absolute error over the networks.
        worst_percent: Largest absolute error of a network.
        layer_p90_percent: 90th percentile of the absolute error over their layers.
        networks: Signed error of each network: positive where the prediction is too high.
    """

    median_percent: float
    worst_percent: float
    layer_p90_percent: float
    networks: Mapping[str, float]


@dataclass(frozen=True)
class CodeSize:
    """Bytes of code in the linked image, and of the stack it takes.

    Args:
        fixed_bytes: Of the generated network.c beside its calls.
        call_bytes: Of one call, by op.
        kernels: Of each kernel source file, by its stem.
        stack_bytes: Deepest stack that any measured network took; None where it was not measured.
    """

    fixed_bytes: int
    call_bytes: Mapping[str, int]
    kernels: Mapping[str, int]
    stack_bytes: int | None = None


@dataclass(frozen=True)
class Profile:
    """What the kernels of a runtime cost on a core.

    Args:
        name: RUNTIME-CORE.
        runtime: Whose kernels.
        core: Of the device, such as "cortex-m4".
        compiler: Name and version.
        flags: With which the kernels were compiled.
        arithmetic_version: Of hw_models.arithmetic at the time of the runs.
        source: Where the runs come from.
        coefficients: Cycles per count, by kernel key and count name.
        code: Bytes of code and of stack.
        errors: The error card.
    """

    name: str
    runtime: str
    core: str
    compiler: str
    flags: str
    arithmetic_version: int
    source: str
    coefficients: Mapping[KernelKey, Mapping[str, float]]
    code: CodeSize
    errors: ErrorCard

    def __hash__(self) -> int:
        """By what identifies the profile; its tables are not hashable."""
        return hash((self.name, self.runtime, self.core, self.compiler, self.flags))

    def of(self, key: KernelKey) -> Mapping[str, float]:
        """The coefficients of a kernel.

        Raises:
            ModelError: The profile does not know the kernel.
        """
        found = self.coefficients.get(key)
        if found is None:
            raise ModelError(
                "The profile has no cost for this kernel.",
                where=f"profile {self.name!r}",
                got=format_key(key),
                allowed=", ".join(sorted(format_key(each) for each in self.coefficients)),
                cure="measure the kernel and calibrate again, or take another weight format",
            )
        return found


def format_key(key: KernelKey) -> str:
    """A kernel key as one string.

    >>> format_key(KernelKey("conv", "s8", "s4")), format_key(KernelKey("add", "s8", None))
    ('conv s8 s4', 'add s8 -')
    """
    return f"{key.op} {key.activation_format} {key.weight_format or _NO_WEIGHTS}"


def parse_key(text: str) -> KernelKey:
    """The inverse of `format_key`.

    Raises:
        ConfigError: The text does not have three words.
    """
    words = text.split()
    if len(words) != 3:
        raise ConfigError(
            "A kernel key has three words: op, activation format, weight format.",
            got=repr(text),
            allowed="for example 'conv s8 s4' or 'add s8 -'",
        )
    op, activation, weights = words
    return KernelKey(op, activation, None if weights == _NO_WEIGHTS else weights)


def load_profile(name_or_path: str | Path) -> Profile:
    """A shipped profile by name, or one from a user's TOML file.

    Raises:
        ConfigError: for an unknown name, with those there are; for a file that cannot be read or
            is wrong, with all its errors.
    """
    text = str(name_or_path)
    if text.lower().endswith(".toml") or isinstance(name_or_path, Path):
        path = Path(name_or_path).expanduser()
        tables = read_profile_file(path)
        if tables.get("kind") == "layers":
            raise _foreign(path)
        return _profile(parse_profile(tables, path))
    if (LAYER_CATALOGUE / f"{text}.toml").is_file():
        raise _foreign(repr(text))
    if text not in _shipped():
        near = get_close_matches(text, _shipped(), n=3, cutoff=0.5)
        raise ConfigError(
            "There is no shipped profile of this name.",
            where="profile",
            got=repr(text),
            allowed=", ".join(_shipped()),
            cure=(f"did you mean {near[0]}? " if near else "")
            + "a path to a .toml file of your own works too",
        )
    return _shipped()[text]


def list_profiles() -> tuple[Profile, ...]:
    """The shipped profiles by name."""
    return tuple(_shipped().values())


def profile_for(core: str) -> Profile:
    """The profile of our own runtime on a core.

    Raises:
        ConfigError: There is none for this core.
    """
    own = {each.core: each for each in list_profiles() if each.runtime == OWN_RUNTIME}
    if core not in own:
        raise ConfigError(
            "Our runtime has no profile for this core.",
            where="core",
            got=repr(core),
            allowed=", ".join(sorted(own)),
        )
    return own[core]


def save_profile(profile: Profile, path: Path) -> None:
    """Write a profile as a TOML file that `load_profile` reads back equal."""
    write_tables(_tables(profile), path)


def _foreign(got: object) -> ConfigError:
    return ConfigError(
        "This profile is of another runtime: it costs the layers of a list, not our kernels.",
        where="profile",
        got=got,
        allowed=", ".join(_shipped()),
        cure="`dse predict` takes it; a search, an export and an estimate need one of our runtime",
    )


@cache
def _shipped() -> dict[str, Profile]:
    paths = sorted(CATALOGUE.glob("*.toml"))
    profiles = (_profile(parse_profile(read_profile_file(path), path)) for path in paths)
    return {each.name: each for each in profiles}


def _profile(file: ProfileFile) -> Profile:
    return Profile(
        name=file.name,
        runtime=file.runtime,
        core=file.core,
        compiler=file.compiler,
        flags=file.flags,
        arithmetic_version=file.arithmetic_version,
        source=file.source,
        coefficients={parse_key(key): table for key, table in file.coefficients.items()},
        code=CodeSize(
            file.code.fixed_bytes, file.code.call_bytes, file.code.kernels, file.code.stack_bytes
        ),
        errors=ErrorCard(
            file.errors.median_percent,
            file.errors.worst_percent,
            file.errors.layer_p90_percent,
            file.errors.networks,
        ),
    )


def _tables(profile: Profile) -> dict[str, object]:
    keys = sorted(profile.coefficients, key=format_key)
    stack = profile.code.stack_bytes
    return {
        "schema": 2,
        "name": profile.name,
        "runtime": profile.runtime,
        "core": profile.core,
        "compiler": profile.compiler,
        "flags": profile.flags,
        "arithmetic_version": profile.arithmetic_version,
        "source": profile.source,
        "errors": {
            "median_percent": profile.errors.median_percent,
            "worst_percent": profile.errors.worst_percent,
            "layer_p90_percent": profile.errors.layer_p90_percent,
            "networks": dict(profile.errors.networks),
        },
        "code": {
            "fixed_bytes": profile.code.fixed_bytes,
            **({} if stack is None else {"stack_bytes": stack}),
            "call_bytes": dict(profile.code.call_bytes),
            "kernels": dict(sorted(profile.code.kernels.items())),
        },
        "coefficients": {format_key(key): dict(profile.coefficients[key]) for key in keys},
    }
