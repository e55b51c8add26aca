"""The two convolutions over time that ACDNet starts with, as training computes them.

They run over thousands of samples with a few channels, where moving data costs more than computing.
So batch norm never becomes a pass over the signal of its own. The first convolution's statistics
follow from the covariance of its windows, w C w' (its input needs no gradient). The second's norm
is applied behind the max-pool: both are monotone in a channel's value, so they may change places
once the sign of the norm's scale has gone into the weights. The results are those of convolution,
norm, ReLU and pool one after the other, but for rounding.
"""

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["front"]


class _Context(Protocol):
    @property
    def saved_tensors(self) -> tuple[Tensor, ...]: ...

    def save_for_backward(self, *tensors: Tensor) -> None: ...


def front(x: Tensor, first: nn.Sequential, second: nn.Sequential, frame: int) -> Tensor:
    """Two blocks of convolution, batch norm and ReLU, and a max-pool, in training mode.

    Args:
        x: (n, 1, 1, samples).
        first: `conv`, `norm`, `relu`, without padding; its running statistics are updated.
        second: Likewise.
        frame: Width and stride of the pool.

    Returns:
        (n, channels, 1, frames).
    """
    conv, norm = _parts(first)
    mean, covariance = _windows(x.flatten(1), conv.kernel_size[1], conv.stride[1])
    weight = conv.weight.flatten(1)
    mean, variance = weight @ mean, ((weight @ covariance) * weight).sum(1)
    count = len(x) * ((x.shape[3] - conv.kernel_size[1]) // conv.stride[1] + 1)
    scale, shift = _affine(norm, mean, variance, count)
    scaled = (conv.weight * scale.reshape(-1, 1, 1, 1)).contiguous(
        memory_format=torch.channels_last
    )
    x = functional.conv2d(x, scaled, shift, _stride(conv)).relu_()
    conv, norm = _parts(second)
    sign = torch.where(norm.weight.detach() < 0, -1.0, 1.0)
    x = functional.conv2d(x, conv.weight * sign.reshape(-1, 1, 1, 1), None, _stride(conv))
    x = x.contiguous(memory_format=torch.channels_last)
    count = x.numel() // x.shape[1]
    moments = _PooledMoments.apply(x, frame)  # type: ignore[no-untyped-call]
    pooled, mean, variance = moments
    scale, shift = _affine(norm, mean * sign, variance, count)
    signal: Tensor = pooled * (scale * sign)[:, None] + shift[:, None]
    return signal.relu()[:, :, None]


def _parts(block: nn.Sequential) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    conv, norm = block[0], block[1]
    if not isinstance(conv, nn.Conv2d) or not isinstance(norm, nn.BatchNorm2d):
        raise TypeError(type(conv), type(norm))
    return conv, norm


def _stride(conv: nn.Conv2d) -> tuple[int, int]:
    return conv.stride[0], conv.stride[1]


def _windows(x: Tensor, kernel: int, stride: int) -> tuple[Tensor, Tensor]:
    """Mean (kernel,) and covariance (kernel, kernel) of a signal's windows (n, samples)."""
    places = (x.shape[1] - kernel) // stride + 1
    shifted = torch.stack([x[:, i : i + stride * places : stride] for i in range(kernel)], 1)
    mean = shifted.sum(2).double().sum(0) / (len(x) * places)
    square = torch.bmm(shifted, shifted.transpose(1, 2)).double().sum(0) / (len(x) * places)
    return mean.to(x.dtype), (square - mean[:, None] * mean).to(x.dtype)


def _affine(
    norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor, count: int
) -> tuple[Tensor, Tensor]:
    """Scale and shift of a batch norm with these moments; updates its running ones."""
    unbiased = variance * (count / max(1, count - 1))
    with torch.no_grad():
        for running, value in ((norm.running_mean, mean), (norm.running_var, unbiased)):
            if running is not None:
                running.lerp_(value, norm.momentum or 0.0)
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked.add_(1)
    scale = norm.weight * (variance + norm.eps).rsqrt()
    return scale, norm.bias - mean * scale


class _PooledMoments(torch.autograd.Function):
    """Maxima of frames (n, c, frames), mean (c,) and variance (c,) of a signal (n, c, 1, w)."""

    @staticmethod
    def forward(ctx: _Context, x: Tensor, frame: int) -> tuple[Tensor, Tensor, Tensor]:
        pooled, places = functional.max_pool2d(x, (1, frame), return_indices=True)
        rows = x.permute(0, 2, 3, 1).reshape(len(x), -1, x.shape[1])
        count = rows.shape[0] * rows.shape[1]
        ones = x.new_ones(len(x), 1, rows.shape[1])
        mean = torch.bmm(ones, rows).double().sum((0, 1)) / count
        square = torch.bmm(ones, rows.square()).double().sum((0, 1)) / count
        moments = mean.to(x.dtype), (square - mean.square()).to(x.dtype)
        ctx.save_for_backward(x, places, moments[0])
        return pooled[:, :, 0], *moments

    @staticmethod
    def backward(ctx: _Context, *gradients: Tensor) -> tuple[Tensor, None]:
        x, places, mean = ctx.saved_tensors
        pooled, of_mean, of_variance = gradients
        count = x.numel() // x.shape[1]
        slope = 2 * of_variance / count
        offset = of_mean / count - slope * mean
        gradient = torch.addcmul(offset.reshape(1, -1, 1, 1), x, slope.reshape(1, -1, 1, 1))
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        gradient.flatten(2).scatter_add_(2, places.flatten(2), pooled)
        return gradient, None
