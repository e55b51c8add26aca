"""Which torch shape a module expects is found by trying the usual ones."""

import copy

import torch
from torch import nn

from dse.importers.trace import shorten
from hw_models.errors import ModelError
from hw_models.network import Shape

__all__ = ["example_for", "pick_example"]


def example_for(input_shape: Shape) -> tuple[torch.Tensor, ...]:
    """Example inputs for data of one shape, likeliest first.

    A signal of height 1 may be (1, C, 1, L), (1, C, L) or flat; an image (1, C, H, W) or flat; a
    vector (1, F).

    Args:
        input_shape: (height, width, channels) of one sample.
    """
    height, width, channels = input_shape
    features = height * width * channels
    shapes: list[tuple[int, ...]] = [(1, features)]
    if features != channels:
        shapes.insert(0, (1, channels, height, width))
        if height == 1:
            shapes.insert(1, (1, channels, width))
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.rand(shape, generator=generator) for shape in shapes)


def pick_example(module: nn.Module, input_shape: Shape, classes: int) -> torch.Tensor:
    """The first example that the module maps to one score per class.

    Raises:
        ModelError: None does; each attempt is listed.
    """
    twin = copy.deepcopy(module).cpu().eval()
    attempts: list[str] = []
    for example in example_for(input_shape):
        try:
            with torch.no_grad():
                result = twin(example)
        except Exception as error:
            attempts.append(f"{tuple(example.shape)}: {shorten(error, 160)}")
            continue
        shape = tuple(result.shape) if isinstance(result, torch.Tensor) else type(result).__name__
        if isinstance(result, torch.Tensor) and (result.numel() == classes or result.numel() == 1):
            return example
        attempts.append(f"{tuple(example.shape)}: gives {shape}")
    raise ModelError(
        f"The module does not map an input of these data to {classes} class scores.",
        where=type(module).__name__,
        got="\n    ".join(["", *attempts]),
        cure="Build the module for the data's shape and class count.",
    )
