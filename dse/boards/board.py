"""What a board is: something that runs an exported project and says what it gave and cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dse.export.manifest import Manifest, Project
from hw_models.errors import RunError
from hw_models.network import ACTIVATION_BITS, ActivationFormat, Shape, Tensor
from hw_models.packed_activations import unpack_b1, unpack_s4

__all__ = ["Activations", "Board", "BoardRun", "decode_layers", "decode_tensor"]

Activations = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True)
class BoardRun:
    """Outputs and what they cost; None where the board cannot say.

    Args:
        outputs: (n, height, width, channels) of the last layer, as the reference gives them.
        first_layers: Every stored layer's output for the first input, by layer name: a network may
            hide a layer's mistake, an argmax nearly all of them.
        layer_cycles: Of every layer in running order, the mean over the timed inputs.
        ram_bytes: Arena and static data of the network as linked, stack apart.
        flash_bytes: Constants and code of the network as linked.
        stack_bytes: Deepest stack seen.
        compiler: Name and version, of what made the firmware.
        flags: Of that compiler.
        heard: (n, height, width, channels) inputs that the front end made of the sounds.
        front_end_cycles: Of all frames of an input, the mean over the timed inputs.
    """

    outputs: Activations
    first_layers: Mapping[str, Activations]
    layer_cycles: tuple[float, ...] | None = None
    ram_bytes: int | None = None
    flash_bytes: int | None = None
    stack_bytes: int | None = None
    compiler: str | None = None
    flags: str | None = None
    heard: Activations | None = None
    front_end_cycles: float | None = None


class Board(Protocol):
    """Runs exported projects; `core` is None for a board that runs any core's kernels."""

    @property
    def name(self) -> str:
        """As the command line takes it."""

    @property
    def core(self) -> str | None:
        """The core it is, as device files name it."""

    @property
    def vector_bytes(self) -> int | None:
        """Most bytes of inputs that it takes, but always one input; None where any do."""

    def run(
        self,
        project: Project,
        inputs: NDArray[np.int8],
        sounds: NDArray[np.int16] | None = None,
    ) -> BoardRun:
        """Run int8 inputs (n, height, width, channels).

        With int16 sounds (n, samples) the project's front end makes the first inputs of them.

        Raises:
            ToolError: The compiler or the emulator is missing or failed.
        """


def decode_tensor(data: bytes, shape: Shape, tensor_format: ActivationFormat) -> Activations:
    """Little-endian integers of one or more tensors: (n, height, width, channels).

    Raises:
        RunError: The bytes are not a whole number of tensors.
    """
    kind = np.dtype("<i2" if ACTIVATION_BITS[tensor_format] == 16 else np.int8)
    size = Tensor("", shape, tensor_format).size_bytes
    if not data or len(data) % size:
        raise RunError(
            "A board returned an incomplete tensor.",
            got=f"{len(data)} bytes",
            allowed=f"a multiple of {size}",
            cure="Run it again; if it stays, the board or its link loses data.",
        )
    if tensor_format in ("s4", "b1"):
        packed = np.frombuffer(data, np.uint8).reshape(-1, *shape[:2], size // prod(shape[:2]))
        return unpack_s4(packed, shape[2]) if tensor_format == "s4" else unpack_b1(packed, shape[2])
    values: Activations = np.frombuffer(data, dtype=kind)
    return values.reshape(-1, *shape)


def decode_layers(manifest: Manifest, data: bytes) -> dict[str, Activations]:
    """The layers' outputs that a harness wrote one after another for one input.

    Layers that store nothing are left out.
    """
    tensors: dict[str, Activations] = {}
    start = 0
    for layer in manifest.layers:
        part = data[start : start + layer.size_bytes]
        if not layer.size_bytes:
            continue
        tensors[layer.name] = decode_tensor(part, layer.shape, layer.format)
        start += layer.size_bytes
    return tensors
