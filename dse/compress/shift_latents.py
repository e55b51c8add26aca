"""S3: the float latents behind power-of-two weights (arXiv 2107.03453).

A weight is sgn(sign) 1(sparse > 0) 2**S, with S = 1(s1) (1(s2) (... + 1) + 1) of the shift latents:
S counts how many of them in a row are above 0.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from hw_models.network import WeightFormat
from hw_models.weight_levels import weight_values

__all__ = ["DENSE_WEIGHT", "ShiftLatents", "sign", "step"]

DENSE_WEIGHT = 1e-5
"""Of the regulariser that keeps weights from staying 0 (arXiv 2207.07497)."""


def step(latent: Tensor) -> Tensor:
    """1 where a latent is above 0, else 0; the gradient passes as it is."""
    return (latent > 0).to(latent.dtype) + (latent - latent.detach())


def sign(latent: Tensor) -> Tensor:
    """1 where a latent is at least 0, else -1; the gradient passes as it is."""
    return torch.where(latent >= 0, 1.0, -1.0) + (latent - latent.detach())


class ShiftLatents(nn.Module):
    """The latents of a layer's weights, (outputs, inputs, height, width) each.

    Args:
        ratio: Real weights over their scale: the latents start at the nearest levels, each as far
            from its threshold as the weight is from the border between two levels.
        weight_format: p4, p3 or p2: six, two or no shift latents.
    """

    def __init__(self, ratio: Tensor, weight_format: WeightFormat) -> None:
        super().__init__()
        magnitudes = [float(value) for value in weight_values(weight_format) if value > 0]
        size = ratio.detach().abs()
        borders = [(low + high) / 2 for low, high in pairwise(magnitudes)]
        self.sign = nn.Parameter(ratio.detach().clamp(-1.0, 1.0))
        self.sparse = nn.Parameter((size - magnitudes[0] / 2).clamp(max=1.0))
        self.shifts = nn.ParameterList(
            nn.Parameter((size / border).clamp_min(1 / 8).log2()) for border in borders
        )

    def forward(self) -> Tensor:
        """Whole levels."""
        exponent = torch.zeros_like(self.sign)
        for latent in reversed(list(self.shifts)):
            exponent = step(latent) * (exponent + 1.0)
        return sign(self.sign) * step(self.sparse) * torch.exp2(exponent)

    def penalty(self) -> Tensor:
        """Sum max(-sparse, 0), to be weighed by DENSE_WEIGHT."""
        return torch.relu(-self.sparse).sum()
