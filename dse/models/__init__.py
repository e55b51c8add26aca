"""The zoo, the users' own models, and float training."""

from dse.models import acdnet, classic, digit_models, ds_cnn, mobilenet, resnet
from dse.models.build import build_model, recipe_for
from dse.models.registry import Recipe, list_models
from dse.models.train import EpochReport, accuracy, train_float
from dse.models.weights import load_weights

__all__ = [
    "EpochReport",
    "Recipe",
    "accuracy",
    "acdnet",
    "build_model",
    "classic",
    "digit_models",
    "ds_cnn",
    "list_models",
    "load_weights",
    "mobilenet",
    "recipe_for",
    "resnet",
    "train_float",
]
