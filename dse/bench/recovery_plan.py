"""The strategies whose recovery is measured, each applied to all inner layers of a network."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dse.compress.training import Training
from hw_models.errors import ConfigError, ModelError
from hw_models.network import ActivationFormat, Network
from search_spaces.configuration import Configuration
from search_spaces.cuts import cut_points
from search_spaces.options import Activations, DepthCut, Format, FormatName, Option, Width
from search_spaces.rewrite import rewrite
from search_spaces.space import Space, build_space

__all__ = ["FEW_CLASSES", "STRATEGIES", "Strategy", "choose_strategies", "configure", "cuts_of"]

FEW_CLASSES = 4
"""The first classes of the data, where a strategy is judged on few classes."""

PRUNED_SHARE = 0.3
_TAUGHT = Training(distillation=0.9)
_WIDTH_STEPS = 100


@dataclass(frozen=True)
class Strategy:
    """One way to compress all inner layers alike; where it is not legal a layer stays as it is.

    Args:
        name: In tables and on the command line.
        kind: What it changes.
        weights: Weight format.
        activations: Activation format.
        cut: The layer behind which the auxiliary head stands.
        epochs: Of training.
        training: How it is trained.
        bar_points: How many points of test accuracy it may lose, if that is judged.
        few: Judged on the first `FEW_CLASSES` classes of the data.
    """

    name: str
    kind: Literal["format", "width", "cut"] = "format"
    weights: FormatName = "s8"
    activations: ActivationFormat = "s8"
    cut: str | None = None
    epochs: int = 8
    training: Training = _TAUGHT
    bar_points: float | None = None
    few: bool = False


STRATEGIES = (
    Strategy("s8", epochs=2, bar_points=0.5),
    Strategy("s4", weights="s4", epochs=5, bar_points=1.5),
    Strategy("s2", weights="s2", epochs=8, bar_points=4.0),
    Strategy("p4", weights="p4", epochs=4, bar_points=1.0),
    Strategy("p3", weights="p3", epochs=6, bar_points=1.5),
    Strategy("xnor", weights="xnor", epochs=12, bar_points=6.0, few=True),
    Strategy("width", kind="width", epochs=60, bar_points=1.5),
    Strategy("cut", kind="cut"),
    Strategy("p2", weights="p2", epochs=8),
    Strategy("sparse8@0.5", weights="sparse8@0.5"),
    Strategy("sparse8@0.25", weights="sparse8@0.25"),
    Strategy("s4 activations", activations="s4"),
)
"""All of them; `cut` stands for every cut that the network has."""


def choose_strategies(names: Sequence[str] = ()) -> tuple[Strategy, ...]:
    """The strategies of some names, or all.

    Raises:
        ConfigError: A name is not known.
    """
    known = [one.name for one in STRATEGIES]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ConfigError(
            "There is no such strategy.", where="--strategy", got=unknown, allowed=known
        )
    return tuple(one for one in STRATEGIES if not names or one.name in names)


def configure(network: Network, strategy: Strategy) -> tuple[Space, Configuration]:
    """A space in which a strategy is legal, and its configuration.

    Args:
        network: The uncompressed one.
        strategy: A cut names its layer.
    """
    if strategy.kind == "width":
        return _thinned(network)
    space = build_space(
        network,
        formats=(strategy.weights,),
        widths=(),
        activations=(strategy.activations,),
        depth=strategy.kind == "cut",
    )
    if strategy.cut is not None:
        return space, _all(space, DepthCut(strategy.cut))
    return space, _all(space, Format(strategy.weights), Activations(strategy.activations))


def cuts_of(network: Network, strategy: Strategy) -> tuple[Strategy, ...]:
    """A strategy for every depth cut of a network; other strategies as they are."""
    if strategy.kind != "cut" or strategy.cut is not None:
        return (strategy,)
    return tuple(
        replace(strategy, name=f"cut after {layer}", cut=layer) for layer in cut_points(network)
    )


def _thinned(network: Network) -> tuple[Space, Configuration]:
    """All groups at one width, the largest that leaves at most the share of parameters."""
    for step in range(_WIDTH_STEPS - 1, 0, -1):
        width = step / _WIDTH_STEPS
        space = build_space(network, formats=(), widths=(width,), depth=False)
        chosen = _all(space, Width(width))
        left = rewrite(network, space, chosen).parameter_count
        if left <= PRUNED_SHARE * network.parameter_count:
            return space, chosen
    raise ModelError(
        "The network cannot be pruned so far.",
        where=f"network {network.name!r}",
        got=f"{left} of {network.parameter_count} parameters are left",
        allowed=f"at most {PRUNED_SHARE:.0%}",
    )


def _all(space: Space, *wanted: Option) -> Configuration:
    """Every site takes the option that is wanted, where it has it."""
    return Configuration(
        tuple(
            (site.name, next((one for one in wanted if one in site.options), site.options[0]))
            for site in space.sites
        )
    )
