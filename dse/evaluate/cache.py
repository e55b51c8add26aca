"""The cache of evaluations, by content: what was computed once is read back.

KEY.json, the result, and KEY.npz, its program. A damaged entry is computed again.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dse.compress.loop import Progress
from dse.compress.shared import SharedWeights
from dse.compress.shared_io import shared_fingerprint
from dse.compress.training import (
    DEFAULT_TRAINING,
    Training,
    augmentation_values,
    make_training,
)
from dse.data import Dataset
from dse.data.augment import NO_AUGMENTATION
from dse.evaluate.ladder import Evaluation, Rung, evaluate, rung_epochs, used_training
from dse.files import replacing, write_atomically
from dse.importers import Imported
from dse.network_io import network_to_json
from dse.program_io import load_program, save_program
from hw_models.errors import DseError
from search_spaces.configuration import Configuration
from search_spaces.space import Space

__all__ = ["EVALUATION_SCHEMA", "EvaluationCache", "cached_evaluation", "evaluation_key"]

EVALUATION_SCHEMA = 1
"""To be raised when the same arguments would give another result: it is part of every key."""


@dataclass(frozen=True)
class EvaluationCache:
    """A folder of evaluations; several processes may use it at once.

    Args:
        folder: Made when something is stored.
    """

    folder: Path

    def load(self, key: str) -> Evaluation | None:
        """What was stored under a key; None where there is nothing, or it is damaged."""
        path = self._path(key, "json")
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            file = self._path(key, "npz")
            if values.pop("schema") != EVALUATION_SCHEMA or values.pop("program") != _hash(file):
                return None
            training = make_training(values.pop("training"))
            return Evaluation(**values, program=load_program(file), training=training)
        except (OSError, LookupError, TypeError, ValueError, AttributeError, DseError):
            return None

    def store(self, key: str, made: Evaluation) -> None:
        """Keep an evaluation: the program first, so that the result never stands without it."""
        file = self._path(key, "npz")
        with replacing(file) as temporary:
            save_program(made.program, temporary)
        values = {
            "schema": EVALUATION_SCHEMA,
            "program": _hash(file),
            "accuracy": made.accuracy,
            "rung": made.rung,
            "seed": made.seed,
            "epochs": made.epochs,
            "seconds": made.seconds,
            "loss": made.loss,
            "processor_s": made.processor_s,
            "training": asdict(made.training),
        }
        write_atomically(self._path(key, "json"), json.dumps(values, indent=1) + "\n")

    def _path(self, key: str, kind: str) -> Path:
        return self.folder / key[:2] / f"{key}.{kind}"


def evaluation_key(
    imported: Imported,
    dataset: Dataset,
    configuration: Configuration,
    rung: Rung,
    seed: int,
    epochs: int,
    training: Training,
    shared: SharedWeights | None,
) -> str:
    """Hash of all that decides an evaluation, and of the version of the code that makes it."""
    digest = hashlib.sha256()
    parts = [
        EVALUATION_SCHEMA,
        network_to_json(imported.network),
        dataset.fingerprint,
        configuration.key(),
        [rung, seed, epochs],
        _settings(training),
        None if shared is None else shared_fingerprint(shared),
    ]
    digest.update(json.dumps(parts, sort_keys=True).encode())
    for layer in imported.network.weighted_layers:
        own = imported.layer(layer.name)
        digest.update(own.weight.tobytes() + own.bias.tobytes())
    return digest.hexdigest()


def cached_evaluation(
    cache: EvaluationCache | None,
    imported: Imported,
    dataset: Dataset,
    space: Space,
    configuration: Configuration,
    rung: Rung = "short",
    seed: int = 0,
    epochs: int | None = None,
    progress: Progress | None = None,
    training: Training | None = None,
    shared: SharedWeights | None = None,
) -> Evaluation:
    """`evaluate`, unless the cache has the result; the times are those of the first evaluation.

    Args:
        cache: Where results are looked up and kept; None always evaluates.
        imported: As for `evaluate`, like all that follow.
        dataset: Training and validation data.
        space: Of the network.
        configuration: Of the space, in its canonical form.
        rung: Of the ladder.
        seed: Of everything random.
        epochs: Of a rung that trains.
        progress: Called after every epoch.
        training: The strategy.
        shared: Shared weights of the space.
    """
    how = used_training(rung, training or DEFAULT_TRAINING)
    used = None if rung == "calibrated" else shared
    key = ""
    if cache is not None:
        trained = rung_epochs(rung, len(dataset.x_train), epochs)
        key = evaluation_key(imported, dataset, configuration, rung, seed, trained, how, used)
        found = cache.load(key)
        if found is not None:
            return found
    made = evaluate(
        imported, dataset, space, configuration, rung, seed, epochs, progress, how, used
    )
    if cache is not None:
        cache.store(key, made)
    return made


def _settings(how: Training) -> dict[str, Any]:
    """All settings; of the changes of samples only what is on, as before there were any."""
    off = augmentation_values(NO_AUGMENTATION).items()
    return {name: value for name, value in asdict(how).items() if (name, value) not in off}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
