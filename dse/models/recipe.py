"""Recipe: how a model is trained in float."""

from dataclasses import dataclass
from typing import Literal

from dse.data.augment import NO_AUGMENTATION, Augmentation

__all__ = ["DEFAULT_RECIPE", "Recipe"]


@dataclass(frozen=True)
class Recipe:
    """How a model is trained in float.

    Args:
        epochs: Passes over the training split.
        lr: Largest learning rate.
        batch: Samples per step.
        weight_decay: Of the optimiser.
        optimiser: AdamW, or SGD with Nesterov momentum 0.9.
        schedule: one-cycle: a linear rise over the first fifth, a cosine fall over the rest.
            steps: a tenth after 30, 60 and 90 % of the epochs, and a tenth for the first ten epochs
            or the first tenth, whichever is shorter (2103.03483). constant: as it says.
        loss: cross-entropy of the class; reconstruction: mean squared difference to the input, for
            an autoencoder, which has no classes.
        augmentation: Random changes of the training samples.
    """

    epochs: int
    lr: float
    batch: int = 32
    weight_decay: float = 1e-4
    optimiser: Literal["adamw", "sgd"] = "adamw"
    schedule: Literal["one-cycle", "steps", "constant"] = "one-cycle"
    loss: Literal["cross-entropy", "reconstruction"] = "cross-entropy"
    augmentation: Augmentation = NO_AUGMENTATION


DEFAULT_RECIPE = Recipe(epochs=30, lr=3e-3, batch=64)
