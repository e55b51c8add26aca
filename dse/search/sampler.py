"""The ask/tell protocol of samplers, and their registry.

Adding a sampler: write a class with `ask` and `tell` and a factory (space, seed, starts) ->
sampler, mark the factory with `@register("name")`, and import its module in
`dse/search/__init__.py`. A sampler must be deterministic: the same seed, starts and told trials
give the same next configurations.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from dse.search.trial import Trial
from hw_models.errors import ConfigError
from search_spaces import Configuration, Space

__all__ = ["Sampler", "make_sampler", "register", "sampler_names"]


class Sampler(Protocol):
    """Proposes configurations and learns from trials."""

    def ask(self, count: int) -> list[Configuration]:
        """At most `count` configurations to try next; none when the sampler has no more."""
        ...

    def tell(self, trials: Sequence[Trial]) -> None:
        """Take the results, one for each configuration of the last `ask`, in that order."""
        ...


SamplerFactory = Callable[[Space, int, Sequence[Configuration]], Sampler]
_FACTORIES: dict[str, SamplerFactory] = {}


def register(name: str) -> Callable[[SamplerFactory], SamplerFactory]:
    """Make a factory selectable by name."""

    def add(factory: SamplerFactory) -> SamplerFactory:
        if name in _FACTORIES:
            raise ValueError(f"Two samplers are called {name!r}.")
        _FACTORIES[name] = factory
        return factory

    return add


def sampler_names() -> tuple[str, ...]:
    """The names that `make_sampler` takes, sorted."""
    return tuple(sorted(_FACTORIES))


def make_sampler(
    name: str, space: Space, seed: int, starts: Sequence[Configuration] = ()
) -> Sampler:
    """Make a sampler by name.

    Args:
        name: One of `sampler_names`.
        space: To draw from.
        seed: Of everything random in it.
        starts: Configurations that it should try first, where its method allows that.

    Raises:
        ConfigError: No sampler has that name.
    """
    if name not in _FACTORIES:
        raise ConfigError(
            "No such sampler.", where="sampler", got=name, allowed=", ".join(sampler_names())
        )
    return _FACTORIES[name](space, seed, starts)
