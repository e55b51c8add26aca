"""The accuracy of an integer program."""

import numpy as np
from numpy.typing import NDArray

from dse.program import Program
from dse.reference import run_program

__all__ = ["predicted_classes", "program_accuracy"]

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
