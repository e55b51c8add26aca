"""The models that the project brings, by name."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from dse.models.recipe import Recipe
from hw_models.network import Shape

__all__ = ["ZOO", "Entry", "list_models", "register"]

Factory = Callable[[Shape, int], nn.Module]


@dataclass(frozen=True)
class Entry:
    """A model of the zoo.

    Args:
        factory: (height, width, channels) and number of classes to a module that returns logits.
        recipe: For training it.
        summary: One line.
    """

    factory: Factory
    recipe: Recipe
    summary: str


ZOO: dict[str, Entry] = {}


def register(name: str, recipe: Recipe) -> Callable[[Factory], Factory]:
    """Put a factory into the zoo.

    To add a model: write `def my_net(input_shape, classes) -> nn.Module` in a file of this folder,
    decorate it with its name and recipe, give it a docstring (its first line is shown in lists),
    and import the file in `dse/models/__init__.py`.
    """

    def keep(factory: Factory) -> Factory:
        if name in ZOO:
            raise ValueError(f"two models are called {name}")
        summary = (factory.__doc__ or name).strip().splitlines()[0]
        ZOO[name] = Entry(factory, recipe, summary)
        return factory

    return keep


def list_models() -> tuple[str, ...]:
    """Names of the zoo, sorted."""
    return tuple(sorted(ZOO))
