"""What the emitters are given, and the parameter blocks that several of them share."""

from dataclasses import dataclass

from dse.export.ctext import c_integer
from dse.program import Program
from hw_models.kernels import CoreClass
from hw_models.network import Layer, Tensor

__all__ = ["Emission", "Fields", "Number", "clamp_fields", "window_fields"]

Number = tuple[int, str]
Fields = dict[str, object]


@dataclass(frozen=True)
class Emission:
    """One layer to be written.

    Args:
        program: The integers.
        layer: Which layer.
        prefix: C identifier in front of the layer's constants; its parameter struct must be
            called `{prefix}_params`.
        core_class: Whose kernels read the constants.
    """

    program: Program
    layer: Layer
    prefix: str
    core_class: CoreClass

    @property
    def source(self) -> Tensor:
        """The first input."""
        return self.program.network.tensor(self.layer.inputs[0])

    @property
    def zero_point(self) -> int:
        """Of the output."""
        return self.program.quantisation[self.layer.name].zero_point

    def numbers(self, fields: dict[str, Number]) -> Fields:
        """Initialisers of integer fields, given as value and C type.

        Raises:
            ModelError: One does not fit its type.
        """
        where = f"layer {self.layer.name!r}"
        return {
            key: c_integer(value, kind, f"{where}, {key}") for key, (value, kind) in fields.items()
        }


def clamp_fields(emission: Emission) -> dict[str, Number]:
    """The smallest and the largest output."""
    low, high = emission.program.bounds(emission.layer)
    return {"low": (low, "int8_t"), "high": (high, "int8_t")}


def window_fields(emission: Emission, pad: int, source: Tensor | None = None) -> Fields:
    """A dse_window.

    Args:
        emission: The layer.
        pad: Value of the padding.
        source: The image, where it is not the layer's input as it is.
    """
    layer, size = emission.layer, (source or emission.source).shape
    values = {
        "in_height": size[0],
        "in_width": size[1],
        "channels": size[2],
        "out_height": layer.shape[0],
        "out_width": layer.shape[1],
        "kernel_height": layer.kernel[0],
        "kernel_width": layer.kernel[1],
        "stride_y": layer.stride[0],
        "stride_x": layer.stride[1],
        "top": layer.padding[0],
        "left": layer.padding[2],
    }
    fields: dict[str, Number] = {key: (value, "uint16_t") for key, value in values.items()}
    return emission.numbers({**fields, "pad": (pad, "int8_t")})
