"""The zoo, the users' own models, and float training."""

from dse.models import (
    acdnet,
    autoencoder,
    classic,
    digit_models,
    ds_cnn,
    imu,
    mobilenet,
    mobilenet_v2,
    resnet,
    resnet18,
)
from dse.models.build import build_model, model_name, recipe_for
from dse.models.checkpoint import Checkpoint
from dse.models.recipe import Recipe
from dse.models.registry import list_models
from dse.models.train import EpochReport, accuracy, train_float
from dse.models.weights import load_weights

__all__ = [
    "Checkpoint",
    "EpochReport",
    "Recipe",
    "accuracy",
    "acdnet",
    "autoencoder",
    "build_model",
    "classic",
    "digit_models",
    "ds_cnn",
    "imu",
    "list_models",
    "load_weights",
    "mobilenet",
    "mobilenet_v2",
    "model_name",
    "recipe_for",
    "resnet",
    "resnet18",
    "train_float",
]
