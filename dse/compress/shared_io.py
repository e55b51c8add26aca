"""Shared weights as one file: a NumPy archive of arrays and a JSON text. Nothing is pickled."""

import hashlib
import json
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dse.compress.shared import SharedLayer, SharedWeights
from dse.files import replacing
from hw_models.errors import RunError

__all__ = ["load_shared", "save_shared", "shared_fingerprint"]

SCHEMA = 1
_META = "meta"
_FIELDS = ("weight", "mean", "spread")
_DAMAGE = (OSError, EOFError, LookupError, TypeError, ValueError, zipfile.BadZipFile, zlib.error)


def save_shared(shared: SharedWeights, path: Path) -> None:
    """Write shared weights, whole or not at all."""
    keys, names = list(shared.layers), list(shared.scores)
    meta = {
        "schema": SCHEMA,
        "layers": keys,
        "scores": names,
        "steps": shared.steps,
        "processor_s": shared.processor_s,
    }
    arrays: dict[str, NDArray[Any]] = {
        _META: np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    }
    for at, own in enumerate(shared.layers.values()):
        arrays |= {f"{at}.{field}": getattr(own, field) for field in _FIELDS}
    arrays |= {f"score.{at}": one for at, one in enumerate(shared.scores.values())}
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_shared(path: Path) -> SharedWeights:
    """Read what `save_shared` wrote.

    Raises:
        RunError: The file is missing, damaged or of another schema.
    """
    try:
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        meta = json.loads(arrays[_META].tobytes())
        if meta["schema"] != SCHEMA:
            raise ValueError(f"schema {meta['schema']}, this version reads {SCHEMA}")
        layers = {
            key: SharedLayer(*(arrays[f"{at}.{field}"] for field in _FIELDS))
            for at, key in enumerate(meta["layers"])
        }
        scores = {name: arrays[f"score.{at}"] for at, name in enumerate(meta["scores"])}
        return SharedWeights(layers, scores, int(meta["steps"]), float(meta["processor_s"]))
    except _DAMAGE as error:
        raise RunError(
            "The shared weights cannot be read.",
            where=path,
            got=f"{type(error).__name__}: {error}",
            cure="Delete the file; they are then trained again.",
        ) from None


def shared_fingerprint(shared: SharedWeights) -> str:
    """Hash of the weights."""
    digest = hashlib.sha256()
    for key, own in shared.layers.items():
        digest.update(key.encode())
        for field in _FIELDS:
            digest.update(np.ascontiguousarray(getattr(own, field)).tobytes())
    for name, score in shared.scores.items():
        digest.update(name.encode() + np.ascontiguousarray(score).tobytes())
    return digest.hexdigest()
