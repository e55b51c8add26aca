"""Trained weights from a file; never unpickled beyond tensors."""

import copy
from pathlib import Path

import torch
from torch import nn

from hw_models.errors import ModelError

__all__ = ["load_weights"]


def load_weights(module: nn.Module, path: Path | str) -> nn.Module:
    """A copy of the module with the weights of a state dict file.

    Args:
        module: Of the shape that the weights were trained in.
        path: What `torch.save(module.state_dict(), path)` wrote; a dict with a `state_dict` entry
            will do as well.

    Raises:
        ModelError: The file is missing, damaged, holds Python objects, or does not fit.
    """
    file = Path(path)
    if not file.is_file():
        raise ModelError("The weights' file is missing.", where=file)
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file makes the reader fail in any way
        raise ModelError(
            "The weights' file cannot be read.",
            where=file,
            got=(str(error).strip().splitlines() or [type(error).__name__])[0],
            allowed="tensors only; Python objects are never unpickled",
            cure="Write it with torch.save(module.state_dict(), path).",
        ) from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise ModelError(
            "The weights' file holds no state dict.", where=file, got=type(state).__name__
        )
    twin = copy.deepcopy(module)
    try:
        twin.load_state_dict(state)
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()[1:5]]
        raise ModelError(
            "The weights do not fit the model.",
            where=file,
            got="\n    ".join(["", *(line[:200] for line in lines)]),
            cure="Build the model with the classes and the input shape it was trained with.",
        ) from error
    return twin
