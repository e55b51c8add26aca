"""A Program as one file: a NumPy archive of its integers and a JSON text. Nothing is pickled."""

import json
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dse.network_io import network_from_json, network_to_json
from dse.program import (
    AddConstants,
    BinaryConstants,
    Constants,
    LookupConstants,
    PoolConstants,
    Program,
    Quantisation,
    SoftmaxConstants,
    WeightedConstants,
)
from hw_models.arithmetic import ARITHMETIC_VERSION, Rescale
from hw_models.errors import ModelError, RunError

__all__ = ["PROGRAM_SCHEMA", "load_program", "save_program"]

PROGRAM_SCHEMA = 2
"""Schema 1 had no front end."""

_META = "meta"
_DAMAGE = (
    AttributeError,
    EOFError,
    LookupError,
    ModelError,
    NotImplementedError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
_Arrays = Mapping[str, NDArray[Any]]


def save_program(program: Program, path: Path) -> None:
    """Write a Program; the same Program gives the same bytes.

    Args:
        program: What to write.
        path: The file, by custom `program.npz`.
    """
    arrays: dict[str, NDArray[Any]] = {}
    scalars: dict[str, Any] = {}
    for name, constants in program.constants.items():
        scalars[name], own = _split(constants)
        index = program.network.layers.index(program.network.layer(name))
        arrays.update({f"{index}.{key}": value for key, value in own.items()})
    meta = {
        "schema": PROGRAM_SCHEMA,
        "arithmetic": ARITHMETIC_VERSION,
        "network": network_to_json(program.network),
        "quantisation": {
            name: [float(own.scale), int(own.zero_point)]
            for name, own in program.quantisation.items()
        },
        "constants": scalars,
    }
    arrays[_META] = np.frombuffer(json.dumps(meta, sort_keys=True).encode(), dtype=np.uint8)
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **dict(sorted(arrays.items())))


def load_program(path: Path) -> Program:
    """Read what `save_program` wrote.

    Raises:
        RunError: The file is missing, damaged, of another schema or of another arithmetic.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunError("There is no program here.", where=path, got=error.strerror) from error
    try:
        with np.load(BytesIO(data), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        meta = json.loads(arrays.pop(_META).tobytes())
        _check_versions(meta, path)
        return _program(meta, arrays)
    except _DAMAGE as error:
        raise RunError(
            "A program file is damaged.",
            where=path,
            got=f"{type(error).__name__}: {error}",
            cure="Export the configuration again.",
        ) from error


def _check_versions(meta: Mapping[str, Any], path: Path) -> None:
    known = {"schema": range(1, PROGRAM_SCHEMA + 1), "arithmetic": (ARITHMETIC_VERSION,)}
    for key, versions in known.items():
        if meta[key] not in versions:
            raise RunError(
                f"A program file has another {key} version.",
                where=path,
                got=meta[key],
                allowed=" or ".join(map(str, versions)),
                cure="Export the configuration again with this version of dse.",
            )


def _split(constants: Constants) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """JSON values and arrays of one layer's constants."""
    match constants:
        case WeightedConstants(levels, bias, rescale, thresholds):
            arrays: dict[str, NDArray[Any]] = {"levels": levels, "bias": bias}
            if thresholds is not None:
                arrays["thresholds"] = thresholds
            scalars: dict[str, Any] = {"kind": "weighted", "pre_shift": rescale.pre_shift}
            return scalars, {**arrays, **_rescale_arrays(rescale)}
        case BinaryConstants(levels, limits, thresholds):
            arrays = {"levels": levels, "limits": limits}
            if thresholds is not None:
                arrays["thresholds"] = thresholds
            return {"kind": "binary"}, arrays
        case PoolConstants(pool_bias, rescale):
            scalars = {"kind": "pool", "bias": int(pool_bias), "pre_shift": rescale.pre_shift}
            return scalars, _rescale_arrays(rescale)
        case AddConstants(parameters):
            return {"kind": "add", "parameters": [int(value) for value in parameters]}, {}
        case LookupConstants(outputs):
            return {"kind": "lookup"}, {"table": outputs}
        case SoftmaxConstants(table):
            return {"kind": "softmax"}, {"table": table}


def _rescale_arrays(rescale: Rescale) -> dict[str, NDArray[Any]]:
    return {"multiplier": rescale.multiplier, "shift": rescale.shift}


def _program(meta: Mapping[str, Any], arrays: _Arrays) -> Program:
    network = network_from_json(meta["network"])
    own: dict[str, dict[str, NDArray[Any]]] = {layer.name: {} for layer in network.layers}
    for key, value in arrays.items():
        index, field = key.split(".")
        own[network.layers[int(index)].name][field] = value
    return Program(
        network,
        {name: Quantisation(*pair) for name, pair in meta["quantisation"].items()},
        {name: _join(scalars, own[name]) for name, scalars in meta["constants"].items()},
    )


def _join(scalars: Mapping[str, Any], arrays: _Arrays) -> Constants:
    kind = scalars["kind"]
    if kind == "add":
        first, second, shift = scalars["parameters"]
        return AddConstants((first, second, shift))
    if kind == "lookup":
        return LookupConstants(arrays["table"])
    if kind == "softmax":
        return SoftmaxConstants(arrays["table"])
    if kind == "binary":
        return BinaryConstants(arrays["levels"], arrays["limits"], arrays.get("thresholds"))
    rescale = Rescale(scalars["pre_shift"], arrays["multiplier"], arrays["shift"])
    if kind == "pool":
        return PoolConstants(scalars["bias"], rescale)
    return WeightedConstants(arrays["levels"], arrays["bias"], rescale, arrays.get("thresholds"))
