"""What verifying an exported project found."""

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Difference", "LayerVerification", "Verification"]


@dataclass(frozen=True)
class Difference:
    """The first value that differs from the exact reference.

    Args:
        layer: Whose output it is in.
        index: Position in that output, channels innermost.
        got: The C's value.
        want: The reference's.
        input: Number of the input.
    """

    layer: str
    index: int
    got: int
    want: int
    input: int


@dataclass(frozen=True)
class LayerVerification:
    """Cycles of one layer; None where unknown."""

    name: str
    op: str
    cycles_predicted: float | None
    cycles_measured: float | None


@dataclass(frozen=True)
class Verification:
    """Predicted against measured; None where the board or the export cannot say.

    Args:
        board: That ran the C.
        core: Whose kernels it ran and whose costs are predicted.
        inputs: How many were compared.
        bit_exact: Whether every value that was compared equals the exact reference's: the outputs
            of all inputs, every layer's output for the first input, and what a front end makes of
            the sounds.
        mismatches: Values that differ.
        cycles_predicted: Of one inference.
        cycles_measured: The mean over the first inputs.
        ram_predicted: Bytes of arena and static data.
        ram_measured: The same in the linked image.
        flash_predicted: Bytes of constants, kernels and network.c.
        flash_measured: The same in the linked image.
        stack_predicted: Deepest stack that the profile's runtime was measured to take.
        stack_measured: Deepest stack of this run.
        layers: Cycles by layer, in running order, a front end first.
        first_difference: None where bit-exact.
    """

    board: str
    core: str
    inputs: int
    bit_exact: bool
    mismatches: int
    cycles_predicted: float | None
    cycles_measured: float | None
    ram_predicted: int | None
    ram_measured: int | None
    flash_predicted: int | None
    flash_measured: int | None
    stack_predicted: int | None
    stack_measured: int | None
    layers: tuple[LayerVerification, ...]
    first_difference: Difference | None

    def to_json(self) -> dict[str, Any]:
        """The fields by name, for `dse verify --json`."""
        values = asdict(self)
        values["layers"] = list(values["layers"])
        return values
