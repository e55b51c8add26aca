"""Evaluation: the accuracy of integer programs, rung by rung."""

from dse.compress.training import PLAIN, Training, make_training
from dse.evaluate.accuracy import predicted_classes, program_accuracy
from dse.evaluate.final import FinalEvaluation, final_evaluation
from dse.evaluate.ladder import SHORT_EPOCHS, Evaluation, Rung, evaluate, make_program

__all__ = [
    "PLAIN",
    "SHORT_EPOCHS",
    "Evaluation",
    "FinalEvaluation",
    "Rung",
    "Training",
    "evaluate",
    "final_evaluation",
    "make_program",
    "make_training",
    "predicted_classes",
    "program_accuracy",
]
