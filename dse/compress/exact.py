"""The forward of a calibrated module in evaluation mode: that of the integer program, in torch.

The same integers as `dse.reference` computes, on the module's own device. Values are whole numbers
in floats, and every step of it is exact.
"""

from math import prod

import numpy as np
import torch
from torch import Tensor

from dse.compress.graph import dot, from_hwc, run_unweighted, to_rows, walk
from dse.program import BinaryConstants, Program, WeightedConstants
from dse.reference import FLOAT32_EXACT, rescale_dot, run_layer, signs_of
from hw_models.arithmetic import Q_MAX, Q_MIN, SHARES_QUANTISATION
from hw_models.network import Layer

__all__ = ["exact_logits"]

PADDING_BIT = -1.0


@torch.no_grad()
def exact_logits(program: Program, x: Tensor) -> Tensor:
    """The logits that a program gives, as real numbers.

    Args:
        program: What to execute.
        x: (n, height, width, channels) real inputs.

    Returns:
        (n, classes) float32: scale * (q - zero point) of the last layer before a softmax or
        argmax, on the device of x.
    """
    own = program.quantisation[program.network.input.name]
    levels = (x.double() / own.scale + 0.5).floor_() + own.zero_point
    run = _Run(program)
    rows = walk(
        program.network,
        from_hwc(levels.clamp_(Q_MIN, Q_MAX).float()),
        run.weighted,
        run.clamp,
        run.unweighted,
    )
    last = program.quantisation[run.last]
    return (rows - last.zero_point) * last.scale


class _Run:
    """Executes layers of a program on levels, (n, channels, height, width) float32."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.last = program.network.input.name

    def weighted(self, layer: Layer, source: Tensor) -> Tensor:
        constants = self.program.constants[layer.name]
        if not isinstance(constants, WeightedConstants | BinaryConstants):
            raise TypeError(layer.name)
        if constants.thresholds is not None:
            if layer.op == "linear":
                source = to_rows(source)[:, :, None, None]
            thresholds = torch.from_numpy(constants.thresholds).to(source)[:, None, None]
            source = torch.where(source >= thresholds, 1.0, -1.0)
        padding_value = PADDING_BIT
        if layer.weight_format != "xnor":
            padding_value = float(self.program.quantisation[layer.inputs[0]].zero_point)
        bound = prod(constants.levels.shape[1:]) * 128 * 127
        # A GPU's fast convolutions transform their inputs, which is not exact.
        fits = bound < FLOAT32_EXACT and source.device.type == "cpu"
        kind = torch.float32 if fits else torch.float64
        weight = torch.from_numpy(constants.levels).to(source.device, kind).permute(0, 3, 1, 2)
        product = dot(layer, source.to(kind), weight.contiguous(), None, padding_value)
        if isinstance(constants, BinaryConstants):
            return signs_of(product, constants).float()
        own = self.program.quantisation[layer.name]
        return rescale_dot(product, constants, own.zero_point, self.program.bounds(layer)).float()

    def unweighted(self, layer: Layer, sources: list[Tensor]) -> Tensor:
        if layer.op in SHARES_QUANTISATION:
            return run_unweighted(layer, sources)
        planes = [one.permute(0, 2, 3, 1).cpu().numpy().astype(np.int8) for one in sources]
        made = torch.from_numpy(run_layer(self.program, layer, planes).astype(np.float32))
        return made.permute(0, 3, 1, 2).to(sources[0].device)

    def clamp(self, name: str, layer: Layer | None, value: Tensor) -> Tensor:
        self.last = name
        return value if layer is None else value.clamp(*self.program.bounds(layer))
