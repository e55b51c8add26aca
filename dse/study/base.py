"""The uncompressed network of a study: built, trained or loaded, imported, kept in one file."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dse.compress.train import one_thread
from dse.data import Dataset
from dse.evaluate import augmentation_values
from dse.evaluate.accuracy import float_accuracy
from dse.files import replacing
from dse.importers import Imported, import_torch, pick_example
from dse.models import (
    Checkpoint,
    EpochReport,
    Recipe,
    build_model,
    load_weights,
    model_name,
    recipe_for,
    train_float,
)
from dse.network_io import network_from_json, network_to_json
from dse.parameters import LayerParameters, check_parameters
from dse.study.config import StudyConfig
from hw_models.errors import DseError, RunError

__all__ = ["Base", "load_base", "prepare_base", "save_base"]

SCHEMA = 2
"""Schema 1 had no front end."""

_META = "meta"
# An accuracy costs about as much as an epoch.
_REPORTS = 20
_LEAST_REPORT = 10


@dataclass(frozen=True)
class Base:
    """The network that a study compresses.

    Args:
        imported: Network and float parameters.
        float_accuracy: On the validation split, before any quantisation.
        class_names: Of the outputs.
    """

    imported: Imported
    float_accuracy: float
    class_names: tuple[str, ...]


def prepare_base(
    config: StudyConfig,
    dataset: Dataset,
    progress: Callable[[str], None] = lambda _: None,
    state: Path | None = None,
) -> Base:
    """Build the model, train it unless it comes trained, and import it, with the data's front end.

    A model of the zoo is trained unless weights are given; a user's own module is taken as it is
    unless `base_epochs` is set.

    Raises:
        ModelError: The model cannot be built or imported, or does not fit the data.
    """
    module = build_model(config.model, dataset.input_shape, dataset.classes, config.seed)
    example = pick_example(module, dataset.input_shape, dataset.classes)
    # Imported once before the training, which may be long, so that a refusal comes first.
    import_torch(module, example, _name(config), dataset.input_shape)
    if config.weights is not None:
        module = load_weights(module, Path(config.weights))
    epochs = _epochs(config)
    if not epochs and config.weights is None and not config.model.endswith(".onnx"):
        progress(
            "the network is taken as its file builds it; if that is untrained, give --weights or "
            "--base-epochs"
        )
    if epochs:
        progress(f"training the uncompressed network for {epochs} epochs")
        module = _train(module, dataset, epochs, config, progress, state)
    imported = import_torch(module, example, _name(config), dataset.input_shape)
    accuracy = float_accuracy(imported, dataset.x_val, dataset.y_val, dataset.windows)
    network = replace(imported.network, front_end=dataset.front_end)
    imported = replace(imported, network=network)
    return Base(imported, accuracy, dataset.class_names)


def save_base(base: Base, path: Path) -> None:
    """Write a base to one file, without pickle."""
    meta = {
        "schema": SCHEMA,
        "network": network_to_json(base.imported.network),
        "float_accuracy": base.float_accuracy,
        "class_names": list(base.class_names),
    }
    arrays: dict[str, NDArray[Any]] = {
        _META: np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    }
    for index, layer in enumerate(base.imported.network.layers):
        if layer.is_weighted:
            own = base.imported.layer(layer.name)
            arrays |= {f"{index}.weight": own.weight, f"{index}.bias": own.bias}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_base(path: Path) -> Base:
    """Read what `save_base` wrote.

    Raises:
        RunError: The file is missing or damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        meta = json.loads(arrays[_META].tobytes())
        if meta["schema"] not in (1, SCHEMA):
            raise ValueError(f"schema {meta['schema']}, this version reads 1 and {SCHEMA}")
        network = network_from_json(meta["network"])
        parameters = {
            layer.name: LayerParameters(arrays[f"{index}.weight"], arrays[f"{index}.bias"])
            for index, layer in enumerate(network.layers)
            if layer.is_weighted
        }
        check_parameters(network, parameters)
        accuracy, names = float(meta["float_accuracy"]), tuple(meta["class_names"])
    except (OSError, EOFError, KeyError, TypeError, ValueError, BadZipFile, DseError) as error:
        raise RunError(
            "The base network of this run cannot be read.",
            where=path,
            got=f"{type(error).__name__}: {error}",
            cure="Restore the file from a copy, or search anew in another folder.",
        ) from None
    return Base(Imported(network, parameters), accuracy, names)


def _train(
    module: nn.Module,
    dataset: Dataset,
    epochs: int,
    config: StudyConfig,
    progress: Callable[[str], None],
    state: Path | None,
) -> nn.Module:
    def tell(report: EpochReport) -> None:
        if report.accuracy is not None:
            progress(
                f"epoch {report.epoch} of {epochs}: loss {report.loss:.4g}, "
                f"accuracy {report.accuracy:.2%} on the validation split"
            )

    with one_thread():
        return train_float(
            module,
            dataset,
            epochs,
            config.seed,
            _recipe(config),
            tell,
            validate_every=max(_LEAST_REPORT, epochs // _REPORTS),
            checkpoint=None if state is None else Checkpoint(state),
        )


def _recipe(config: StudyConfig) -> Recipe:
    """The model's, with the changes of samples that the study asks for."""
    recipe = recipe_for(config.model)
    changes = replace(recipe.augmentation, **augmentation_values(config.training))
    return replace(recipe, augmentation=changes)


def _epochs(config: StudyConfig) -> int:
    if config.base_epochs is not None:
        return config.base_epochs
    if config.weights is not None or not config.model.startswith("zoo:"):
        return 0
    return recipe_for(config.model).epochs


def _name(config: StudyConfig) -> str:
    return model_name(config.model)
