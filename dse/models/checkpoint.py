"""The state of an unfinished training: everything that the rest of it depends on."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from dse.data.dataset import Dataset
from dse.files import replacing
from dse.models.recipe import Recipe
from hw_models.errors import RunError

__all__ = ["Checkpoint", "Trainee", "load_state", "save_state", "training_identity"]

SCHEMA = 1


@dataclass(frozen=True)
class Checkpoint:
    """Where a training keeps its state.

    Args:
        path: Of the file; a training that finds its own state there goes on from it.
        every: Epochs from one writing to the next.
    """

    path: Path
    every: int = 10


@dataclass(frozen=True)
class Trainee:
    """What a training changes, beside torch's own generators.

    Args:
        module: Being trained.
        optimiser: Its optimiser.
        schedule: Of the learning rate.
        generator: Of the samples' changes.
        device: Of the module.
    """

    module: nn.Module
    optimiser: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LambdaLR
    generator: torch.Generator
    device: torch.device


def training_identity(
    module: nn.Module, dataset: Dataset, epochs: int, seed: int, recipe: Recipe
) -> str:
    """A digest of what a training depends on: start, data, length, seed, recipe."""
    digest = hashlib.sha256(f"{dataset.fingerprint} {epochs} {seed} {recipe!r}".encode())
    for name, value in module.state_dict().items():
        digest.update(f"{name} {tuple(value.shape)} {value.dtype}".encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def save_state(path: Path, identity: str, epoch: int, trainee: Trainee) -> None:
    """Write the state after an epoch, whole or not at all: tensors, numbers and strings only."""
    state = {
        "schema": SCHEMA,
        "identity": identity,
        "epoch": epoch,
        "module": trainee.module.state_dict(),
        "optimiser": trainee.optimiser.state_dict(),
        "steps": trainee.schedule.last_epoch,
        "generators": [generator.get_state() for generator in _generators(trainee)],
    }
    with replacing(path) as temporary:
        torch.save(state, temporary)


def load_state(path: Path, identity: str, trainee: Trainee) -> int:
    """Put the state of a file into a trainee.

    Returns:
        Epochs that are done; 0 where there is no file.

    Raises:
        RunError: The file is damaged, or of another training.
    """
    if not path.exists():
        return 0
    state = _read(path)
    if state["identity"] != identity:
        raise RunError(
            "The file holds the state of another training.",
            where=path,
            cure="Give the model, data, epochs, seed and recipe it was begun with, or remove it.",
        )
    # Sets the schedule's place without computing a rate from the optimiser's.
    trainee.schedule.load_state_dict(
        trainee.schedule.state_dict()
        | {"last_epoch": state["steps"], "_step_count": state["steps"] + 1}
    )
    trainee.module.load_state_dict(state["module"])
    trainee.optimiser.load_state_dict(state["optimiser"])
    for generator, own in zip(_generators(trainee), state["generators"], strict=True):
        generator.set_state(own.cpu())
    return int(state["epoch"])


def _read(path: Path) -> Mapping[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["schema"] != SCHEMA:
            raise ValueError(f"schema {state['schema']}, this version reads {SCHEMA}")
    except Exception as error:  # a damaged file makes the reader fail in any way
        raise RunError(
            "The state of this training cannot be read.",
            where=path,
            got=f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}",
            cure="Remove the file to train from the beginning, or restore it from a copy.",
        ) from None
    found: Mapping[str, Any] = state
    return found


def _generators(trainee: Trainee) -> list[torch.Generator]:
    """Of the samples' changes, of the order of samples, and of dropout on a GPU."""
    own = [trainee.generator, torch.default_generator]
    if trainee.device.type == "cuda":
        own.append(torch.cuda.default_generators[torch.cuda.current_device()])
    return own
