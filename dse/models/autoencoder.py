"""The fully connected autoencoder of MLPerf Tiny's anomaly detection. It is no classifier."""

from collections import OrderedDict

from torch import nn

from dse.models.recipe import Recipe
from dse.models.registry import register
from hw_models.errors import ModelError
from hw_models.network import Shape

__all__ = ["fc_autoencoder"]

_WIDTHS = (128, 128, 128, 128, 8, 128, 128, 128, 128)


@register("fc-autoencoder", Recipe(epochs=100, lr=1e-3, batch=512, loss="reconstruction"))
def fc_autoencoder(input_shape: Shape, classes: int) -> nn.Module:
    """FC autoencoder of MLPerf Tiny: 0.264 M MACs at 640 features; reconstructs, no classifier.

    Its outputs are its inputs, so `classes` must be the number of features. Built so, it can be
    imported, trained on inputs alone, quantised, exported, verified and measured; a search, which
    scores classes, refuses it.
    """
    features = input_shape[0] * input_shape[1] * input_shape[2]
    if classes != features:
        raise ModelError(
            "The autoencoder reconstructs its input and cannot be trained as a classifier.",
            where="zoo:fc-autoencoder",
            got=f"data with {classes} classes",
            allowed=f"as many outputs as features, here {features}",
            cure="Choose a classifier for these data; from Python, build_model with classes = "
            "features gives the autoencoder, to import, train, export and measure.",
        )
    layers: dict[str, nn.Module] = {"flatten": nn.Flatten()}
    inputs = features
    for index, outputs in enumerate(_WIDTHS, start=1):
        layers[f"fc{index}"] = nn.Linear(inputs, outputs)
        layers[f"norm{index}"] = nn.BatchNorm1d(outputs)
        layers[f"relu{index}"] = nn.ReLU()
        inputs = outputs
    return nn.Sequential(OrderedDict(layers | {"fc10": nn.Linear(inputs, features)}))
