"""Evaluation: the accuracy of integer programs, rung by rung."""

from dse.compress.share import SHARED_STEPS, train_shared
from dse.compress.shared import SharedWeights
from dse.compress.shared_io import load_shared, save_shared
from dse.compress.training import (
    DEFAULT_TRAINING,
    Training,
    augmentation_values,
    augmented,
    make_training,
)
from dse.evaluate.accuracy import predicted_classes, program_accuracy
from dse.evaluate.cache import EvaluationCache, cached_evaluation
from dse.evaluate.final import FinalEvaluation, final_evaluation
from dse.evaluate.ladder import (
    BRIEF_EPOCHS,
    FULL_EPOCHS,
    SHORT_EPOCHS,
    Evaluation,
    Rung,
    evaluate,
    make_program,
    rung_epochs,
)

__all__ = [
    "BRIEF_EPOCHS",
    "DEFAULT_TRAINING",
    "FULL_EPOCHS",
    "SHARED_STEPS",
    "SHORT_EPOCHS",
    "Evaluation",
    "EvaluationCache",
    "FinalEvaluation",
    "Rung",
    "SharedWeights",
    "Training",
    "augmentation_values",
    "augmented",
    "cached_evaluation",
    "evaluate",
    "final_evaluation",
    "load_shared",
    "make_program",
    "make_training",
    "predicted_classes",
    "program_accuracy",
    "rung_epochs",
    "save_shared",
    "train_shared",
]
