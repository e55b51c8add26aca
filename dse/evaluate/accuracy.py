"""The accuracy of an integer program, and of the float network it comes from.

Where the samples are windows of longer clips (`Dataset.windows`), the accuracy is that of clips:
a clip's class is the one with the largest mean of its windows' softmax (2103.03483).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from dse.float_network import run_float
from dse.importers import Imported
from dse.program import Program
from dse.reference import run_program, trace_program
from hw_models.network import Network

__all__ = ["Score", "float_accuracy", "predicted_classes", "program_accuracy", "program_score"]

_CHUNK = 1024
_TRACED = 256
_READOUT = ("softmax", "argmax")
Numbers = NDArray[np.number[Any]]
Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """How well an integer program does on labelled inputs.

    Args:
        accuracy: Share of inputs, or of clips, whose class it gets right, 0 to 1.
        loss: Mean cross entropy of its logits, which tells apart what the accuracy does not.
    """

    accuracy: float
    loss: float


def program_score(
    program: Program, x: NDArray[np.float32], y: NDArray[np.integer], windows: int = 1
) -> Score:
    """Accuracy and loss of a program by the exact reference; arguments as `program_accuracy`.

    The logits are those before a closing softmax or argmax.
    """
    last = [one for one in program.network.layers if one.op not in _READOUT][-1].name
    end = program.network.output.name
    own = program.quantisation[last]
    outputs, losses = [], []
    for start in range(0, len(x), _TRACED):
        labels = y[start : start + _TRACED]
        traced = trace_program(program, program.quantise_input(x[start : start + _TRACED]))
        levels = traced[last].reshape(len(labels), -1)
        logits = (levels.astype(np.float64) - own.zero_point) * own.scale
        losses.append(logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels])
        outputs.append(traced[end])
    classes = _program_classes(program, np.concatenate(outputs), windows)
    accuracy = float(np.mean(classes == y[::windows]))
    return Score(accuracy, float(np.concatenate(losses).mean()))


def predicted_classes(
    program: Program, x: NDArray[np.float32], windows: int = 1
) -> NDArray[np.int64]:
    """The class that a program gives each input, or each clip of several; of equals the first.

    Clips are classified by the logits in real numbers; after an argmax by the most frequent class.

    Args:
        program: Ends in logits, a softmax or an argmax.
        x: (n, height, width, channels) real inputs.
        windows: Successive inputs that stem from one clip.

    Returns:
        (n / windows,).
    """
    parts = [
        run_program(program, program.quantise_input(x[start : start + _CHUNK]))
        for start in range(0, len(x), _CHUNK)
    ]
    return _program_classes(program, np.concatenate(parts), windows)


def program_accuracy(
    program: Program, x: NDArray[np.float32], y: NDArray[np.integer], windows: int = 1
) -> float:
    """Share of inputs, or of clips, whose class the program gets right, by the exact reference."""
    return float(np.mean(predicted_classes(program, x, windows) == y[::windows]))


def float_accuracy(
    imported: Imported, x: NDArray[np.float32], y: NDArray[np.integer], windows: int = 1
) -> float:
    """Share of inputs, or of clips, whose class the uncompressed float network gets right."""
    parts = [
        run_float(imported.network, imported.parameters, x[start : start + _CHUNK])
        for start in range(0, len(x), _CHUNK)
    ]
    return float(
        np.mean(_classes(imported.network, np.concatenate(parts), windows) == y[::windows])
    )


def _program_classes(program: Program, outputs: Numbers, windows: int) -> NDArray[np.int64]:
    own = program.quantisation.get(program.network.output.name)
    # One input keeps its integers: no rounding can make a class of two equal logits.
    if own is None or windows == 1:
        return _classes(program.network, outputs, windows)
    logits = own.scale * (outputs.astype(np.float64) - own.zero_point)
    return _classes(program.network, logits, windows)


def _classes(network: Network, outputs: Numbers, windows: int) -> NDArray[np.int64]:
    rows = outputs.reshape(len(outputs), -1)
    last = network.layers[-1].op
    if last == "argmax":
        clips = rows.reshape(-1, windows).astype(np.int64)
        counts = [np.bincount(clip) for clip in clips]
        return np.array([count.argmax() for count in counts], np.int64)
    if windows > 1:
        scores = rows if last == "softmax" else _softmax(rows.astype(np.float64))
        rows = scores.reshape(-1, windows, scores.shape[1]).mean(axis=1)
    winners: NDArray[np.int64] = rows.argmax(axis=1).astype(np.int64)
    return winners


def _softmax(logits: Reals) -> Reals:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Reals = powers / powers.sum(axis=1, keepdims=True)
    return shares
