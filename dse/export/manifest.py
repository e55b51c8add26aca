"""The manifest of an exported project: what it is, what it should cost and what its files are."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hw_models.arithmetic import ARITHMETIC_VERSION
from hw_models.errors import RunError
from hw_models.network import Activation, ActivationFormat, Op, Shape, WeightFormat

__all__ = [
    "MANIFEST_FILE",
    "MANIFEST_SCHEMA",
    "CostRecord",
    "DeviceRecord",
    "FrontEndRecord",
    "LayerRecord",
    "Manifest",
    "Project",
    "TensorRecord",
    "VectorRecord",
    "changed_files",
    "file_sums",
    "load_project",
    "write_manifest",
]

MANIFEST_SCHEMA = 3
"""Schema 1 had no stack and did not say how good the arena is, schema 2 no front end."""

MANIFEST_FILE = "manifest.json"
MAIN = "main.c"
_CURE = "Export the configuration again."
_Identifier = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
_FilePath = Annotated[str, Field(pattern=r"^(\w[\w.-]*/)?\w[\w.-]*$")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DeviceRecord(_Record):
    """The part the project was exported for."""

    name: str
    core: str
    core_class: str
    clock_hz: int
    ram_bytes: int
    flash_bytes: int


class TensorRecord(_Record):
    """Input or output: where it lies in the arena and what its integers mean.

    An argmax's output has no scale and no zero point: it is the class number.
    """

    name: str
    shape: Shape
    format: ActivationFormat
    offset: int
    size_bytes: int
    scale: float | None
    zero_point: int | None


class LayerRecord(_Record):
    """One layer: what it does, where its output lies and the cycles it should take.

    A convolution that a pool is fused to stores nothing of its own (size_bytes 0) and bears the
    cycles of both.
    """

    name: str
    op: Op
    weight_format: WeightFormat | None
    activation: Activation
    shape: Shape
    format: ActivationFormat
    offset: int
    size_bytes: int
    cycles: float | None


class FrontEndRecord(_Record):
    """What makes the input out of audio, frame by frame, and what it should take.

    Attributes:
        kind: log-mel or mfcc.
        rate_hz: Samples a second.
        window: Samples of a frame.
        hop: Samples from one frame to the next.
        frames: Of an input.
        samples: Of an input.
        offset: Of its scratch in the arena.
        scratch_bytes: Of it, within the arena.
        cycles: Of all frames.
    """

    name: str
    kind: Literal["log-mel", "mfcc"]
    rate_hz: int
    window: int
    hop: int
    frames: int
    samples: int
    offset: int
    scratch_bytes: int
    cycles: float | None


class CostRecord(_Record):
    """What one inference should cost.

    RAM is the arena and the static data, stack apart; flash is constants, kernels and network.c.
    Packed weights are part of the constants. The stack is the deepest that the profile's runtime
    was measured to take.
    """

    cycles: float
    latency_s: float
    energy_j: float | None
    error_pct: float | None
    ram_bytes: int
    stack_bytes: int | None = None
    flash_bytes: int
    weights_bytes: int | None = None
    constants_bytes: int
    kernels_bytes: int
    code_bytes: int


class VectorRecord(_Record):
    """The stored inputs and their expected outputs.

    Attributes:
        count: How many.
        from_validation: How many of them come from the validation set, the first ones or those
            behind random sounds; the rest are random.
        sounds: int16 sounds that the first inputs are the features of; None without a front end.
        sound_count: How many.
    """

    count: int
    from_validation: int
    inputs: _FilePath
    expected: _FilePath
    sounds: _FilePath | None = None
    sound_count: int = 0


class Manifest(_Record):
    """Everything that a reader of the project needs besides its C; `files` holds sha256 sums.

    No arena is below `arena_lower_bound_bytes`, the largest sum of live bytes; `arena_is_least`
    says whether the arena is proved the smallest for this running order and in-place choices.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=lambda name: name.rstrip("_")
    )

    schema_: Literal[1, 2, 3] = 3
    tool: str
    arithmetic: int
    name: str
    prefix: _Identifier
    device: DeviceRecord
    configuration: dict[str, Any] | None
    predicted: CostRecord | None
    arena_bytes: int
    arena_lower_bound_bytes: int | None = None
    arena_is_least: bool | None = None
    front_end: FrontEndRecord | None = None
    input: TensorRecord
    output: TensorRecord
    layers: tuple[LayerRecord, ...]
    class_names: tuple[str, ...]
    vectors: VectorRecord
    program: _FilePath
    files: dict[_FilePath, str]

    @property
    def sources(self) -> tuple[str, ...]:
        """The C files of the network and its kernels, by path."""
        return tuple(sorted(name for name in self.files if name.endswith(".c") and name != MAIN))


@dataclass(frozen=True)
class Project:
    """An exported folder and its manifest."""

    folder: Path
    manifest: Manifest


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write `manifest.json` into the folder."""
    text = json.dumps(manifest.model_dump(mode="json", by_alias=True), indent=2, sort_keys=True)
    (folder / MANIFEST_FILE).write_text(text + "\n", encoding="utf-8")


def load_project(folder: Path, *, accept_changes: bool = False) -> Project:
    """Read an exported project and check that it is the one that was exported.

    Args:
        folder: Where `export_project` wrote it.
        accept_changes: Do not compare the files with their checksums.

    Raises:
        RunError: There is no project, its manifest cannot be read, it follows another schema or
            arithmetic, or a file is missing or changed.
    """
    path = folder / MANIFEST_FILE
    if not path.is_file():
        raise RunError(
            "There is no exported project here.",
            where=folder,
            got=f"no {MANIFEST_FILE}",
            cure="Write one with `dse export RUN TRIAL -o FOLDER`.",
        )
    project = Project(folder, _parse(path))
    changed = changed_files(project)
    if changed and not accept_changes:
        raise RunError(
            "Files of the project are not those that were exported.",
            where=folder,
            got=", ".join(changed),
            allowed="the files whose sha256 sums stand in the manifest",
            cure=_CURE,
        )
    return project


def changed_files(project: Project) -> tuple[str, ...]:
    """Files that are missing or whose checksum differs, by path."""
    sums = project.manifest.files
    found = file_sums(project.folder, tuple(sums))
    return tuple(name for name in sorted(sums) if found.get(name) != sums[name])


def file_sums(folder: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Hexadecimal sha256 sums of the named files; a missing file is left out."""
    return {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in sorted(names)
        if (folder / name).is_file()
    }


def _parse(path: Path) -> Manifest:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError("A manifest cannot be read.", where=path, got=error, cure=_CURE) from error
    versions = (("schema", range(1, MANIFEST_SCHEMA + 1)), ("arithmetic", (ARITHMETIC_VERSION,)))
    for key, known in versions:
        found = values.get(key) if isinstance(values, dict) else None
        if found not in known:
            raise RunError(
                f"The project has another {key} version.",
                where=path,
                got=found,
                allowed=" or ".join(map(str, known)),
                cure="Export the configuration again with this version of dse.",
            )
    try:
        return Manifest.model_validate(values)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise RunError(
            "A manifest is damaged.", where=path, got="; ".join(problems), cure=_CURE
        ) from error
