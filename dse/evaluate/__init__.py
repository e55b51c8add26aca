"""Evaluation: the accuracy of integer programs, rung by rung."""

from dse.evaluate.accuracy import predicted_classes, program_accuracy
from dse.evaluate.final import FinalEvaluation, final_evaluation
from dse.evaluate.ladder import SHORT_EPOCHS, Evaluation, Rung, evaluate, make_program

__all__ = [
    "SHORT_EPOCHS",
    "Evaluation",
    "FinalEvaluation",
    "Rung",
    "evaluate",
    "final_evaluation",
    "make_program",
    "predicted_classes",
    "program_accuracy",
]
