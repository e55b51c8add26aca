"""The accuracy of an integer program."""

import numpy as np
from numpy.typing import NDArray

from dse.float_network import run_float
from dse.importers import Imported
from dse.program import Program
from dse.reference import run_program

__all__ = ["float_accuracy", "predicted_classes", "program_accuracy"]

_CHUNK = 1024


def predicted_classes(program: Program, x: NDArray[np.float32]) -> NDArray[np.int64]:
    """The class that a program gives each input; of equal logits the first.

    Args:
        program: Ends in logits, a softmax or an argmax.
        x: (n, height, width, channels) real inputs.
    """
    parts = []
    for start in range(0, len(x), _CHUNK):
        outputs = run_program(program, program.quantise_input(x[start : start + _CHUNK]))
        rows = outputs.reshape(len(outputs), -1)
        is_class = program.network.layers[-1].op == "argmax"
        parts.append(rows[:, 0] if is_class else rows.argmax(axis=1))
    return np.concatenate(parts).astype(np.int64)


def program_accuracy(program: Program, x: NDArray[np.float32], y: NDArray[np.integer]) -> float:
    """Share of inputs whose class the program gets right, by the exact reference."""
    return float(np.mean(predicted_classes(program, x) == y))


def float_accuracy(imported: Imported, x: NDArray[np.float32], y: NDArray[np.integer]) -> float:
    """Share of inputs whose class the uncompressed float network gets right."""
    parts = [
        run_float(imported.network, imported.parameters, x[start : start + _CHUNK])
        for start in range(0, len(x), _CHUNK)
    ]
    outputs = np.concatenate(parts).reshape(len(x), -1)
    last = imported.network.layers[-1].op
    found = outputs[:, 0] if last == "argmax" else outputs.argmax(axis=1)
    return float(np.mean(found == y))
