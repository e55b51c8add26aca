"""From `zoo:NAME` or `file.py:factory` to a module."""

import copy
import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

from dse.importers import load_onnx
from dse.models.recipe import DEFAULT_RECIPE, Recipe
from dse.models.registry import ZOO, list_models
from hw_models.errors import ModelError
from hw_models.network import Shape

__all__ = ["build_model", "model_name", "recipe_for"]


def build_model(spec: str, input_shape: Shape, classes: int, seed: int = 0) -> nn.Module:
    """Build a model with fresh weights.

    Args:
        spec: `zoo:NAME`, or `path/file.py:NAME` where NAME is a function or class that takes
            `input_shape` and `classes` or neither, or a module; or `path/file.onnx`, which
            comes with the weights that it holds.
        input_shape: (height, width, channels) of one sample.
        classes: Number of classes.
        seed: Of the initial weights.

    Raises:
        ModelError: The name or file is unknown, or the factory fails or returns no module.
    """
    if spec.endswith(".onnx"):
        return load_onnx(Path(spec).expanduser(), input_shape)
    kind, _, name = spec.rpartition(":")
    if kind != "zoo" and not kind.endswith(".py"):
        raise ModelError(
            "The model is not understood.",
            where="--model",
            got=spec,
            allowed="path/file.py:factory, path/file.onnx, or zoo: with one of "
            + ", ".join(list_models()),
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if kind == "zoo":
            return _from_zoo(name, input_shape, classes)
        return _from_file(Path(kind).expanduser(), name, input_shape, classes)


def model_name(spec: str) -> str:
    """The name of a model's network.

    >>> model_name("zoo:ds-cnn"), model_name("nets/kws.py:Net"), model_name("nets/kws.onnx")
    ('ds-cnn', 'Net', 'kws')
    """
    return Path(spec).stem if spec.endswith(".onnx") else spec.rpartition(":")[2]


def recipe_for(spec: str) -> Recipe:
    """The training recipe of a zoo model; a general one for a user's own."""
    kind, _, name = spec.rpartition(":")
    return ZOO[name].recipe if kind == "zoo" and name in ZOO else DEFAULT_RECIPE


def _from_zoo(name: str, input_shape: Shape, classes: int) -> nn.Module:
    if name not in ZOO:
        raise ModelError(
            "The zoo has no such model.", where="--model", got=name, allowed=list(list_models())
        )
    return ZOO[name].factory(input_shape, classes)


def _from_file(path: Path, name: str, input_shape: Shape, classes: int) -> nn.Module:
    if not path.is_file():
        raise ModelError("The model's file is missing.", where="--model", got=path)
    source = _execute(path)
    if not hasattr(source, name):
        raise ModelError(
            "The model's file has no such name.",
            where=path,
            got=name,
            allowed=[n for n, v in vars(source).items() if callable(v) and not n.startswith("_")],
        )
    made = _call(
        getattr(source, name), path, name, {"input_shape": input_shape, "classes": classes}
    )
    if not isinstance(made, nn.Module):
        raise ModelError(
            "The factory must return a torch.nn.Module.",
            where=f"{path}:{name}",
            got=type(made).__name__,
        )
    return made


def _execute(path: Path) -> ModuleType:
    """Run the user's file with its folder on the search path, as `python file.py` would."""
    spec = importlib.util.spec_from_file_location(f"dse_user_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ModelError("The model's file cannot be loaded.", where=path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ModelError(
            "The model's file fails when it is read.",
            where=_line(error, path),
            got=_short(error),
        ) from error
    finally:
        sys.path.remove(str(path.resolve().parent))
    return module


def _call(target: object, path: Path, name: str, offered: dict[str, object]) -> object:
    if isinstance(target, nn.Module):
        return copy.deepcopy(target)
    if not callable(target):
        raise ModelError(
            "The model's name is neither a function, a class nor a module.",
            where=f"{path}:{name}",
            got=type(target).__name__,
        )
    try:
        taken = inspect.signature(target).parameters.values()
        takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken)
        names = {p.name for p in taken if p.kind not in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL)}
        return target(**{key: v for key, v in offered.items() if takes_all or key in names})
    except Exception as error:
        raise ModelError(
            "The factory fails.",
            where=_line(error, path),
            got=_short(error),
            allowed="a factory that needs no arguments but input_shape and classes",
        ) from error


def _line(error: Exception, path: Path) -> str:
    """Where in the user's file an exception came from."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f"{path}:{error.lineno}"
    trace, line = error.__traceback__, 0
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename) == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{path}:{line}" if line else str(path)


def _short(error: Exception) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:240]
