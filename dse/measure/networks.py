"""The designed networks on which a runtime is measured: random chains that cover every kernel.

Each kernel runs in several networks with sizes drawn independently (odd ones among them), so that
its cost per count can be told apart, and so that every network can be left out in turn.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from dse.measure.binary_networks import binary_networks
from dse.measure.chain import Chain, Limits
from dse.measure.depthwise_networks import depthwise_network, small_network
from dse.measure.drawn_sizes import (
    FEWEST_CHANNELS,
    drawn_channels,
    drawn_kernel,
    drawn_padding,
)
from dse.measure.few_pixel_networks import few_pixel_network
from dse.measure.front_end_networks import front_end_networks
from dse.measure.strip_networks import deepest_network, in_strips
from dse.measure.wide_networks import wide_network
from hw_models.kernels import KernelKey
from hw_models.network import (
    Activation,
    Layer,
    Network,
    Op,
    Shape,
    Tensor,
    WeightFormat,
)
from hw_models.parts import STRIPS_KEY

__all__ = ["Limits", "drawn_networks", "measurement_networks"]

NETWORKS = 32
BODY_LAYERS = 12
REPEATS = 4
STRIP_SHARE = 3
LINEAR_OUTPUTS = 180
WIDE_NETWORKS = 9

_Op = Op | Literal["grouped"]
_Kind = tuple[_Op, WeightFormat | None]
_BODY: tuple[_Kind, ...] = (
    ("conv", "s8"),
    ("conv", "s8"),
    ("conv", "s4"),
    ("conv", "s2"),
    ("conv", "p4"),
    ("conv", "p3"),
    ("conv", "xnor"),
    ("conv", "xnor"),
    ("depthwise", "s8"),
    ("depthwise", "s8"),
    ("conv", "sparse8"),
    ("depthwise", "s4"),
    ("depthwise", "s4"),
    ("depthwise", "s2"),
    ("depthwise", "s2"),
    ("max_pool", None),
    ("avg_pool", None),
    ("add", None),
    ("concat", None),
    ("grouped", None),
    ("concat", None),
    ("grouped", None),
    ("transpose", None),
)
_STRIPPED: tuple[_Kind, ...] = (
    ("max_pool", None),
    ("depthwise", "s8"),
    ("conv", "s4"),
    ("avg_pool", None),
    ("add", None),
    ("conv", "s8"),
    ("depthwise", "s2"),
    ("conv", "xnor"),
)
_FORMATS: tuple[WeightFormat, ...] = ("s8", "s4", "s2", "p4", "p3", "sparse8", "xnor")
_GROUPED: tuple[WeightFormat, ...] = ("s8", "s8", "s8", "s4", "s2", "p4", "sparse8")
_DENSE: tuple[WeightFormat, ...] = ("s8", "s4", "s2", "p4", "p3", "sparse8")
_DEPTHWISE: tuple[WeightFormat, ...] = ("s8", "s4", "s2")
_HEADS: tuple[Op, ...] = ("softmax", "argmax")
_MOST_PARTS = 3
"""Of a concat. Their number differs, or a part's cost could not be told from a call's."""

_PERMUTATIONS = ((2, 0, 1), (1, 2, 0), (1, 0, 2), (0, 2, 1), (2, 1, 0))


def measurement_networks(count: int = NETWORKS, seed: int = 0) -> tuple[Network, ...]:
    """Networks m00 ...; wide w0; depthwise d0, small e0; of few pixels g0; strips s00; bits b00.

    Of the last two there are a third as many as of the first.

    Those with a front end are f00, f01 ..., and t0 takes the most stack. The same for the same
    count and seed.

    Args:
        count: How many m; a kernel appears in about half of them.
        seed: Of the random sizes.
    """
    rng = np.random.default_rng(seed)
    found = []
    for index in range(count):
        head: Op = "softmax" if index % 2 else "argmax"
        wheel, looks_up = _wheel(index, _BODY), index % 3 != 0
        chain = _chain(rng, wheel, _FORMATS, head, Limits(), looks_up=looks_up)
        found.append(Network(f"m{index:02d}", chain.input, tuple(chain.layers)))
    found += [wide_network(index, rng) for index in range(WIDE_NETWORKS)]
    # Each format of the first convolution twice, so that one of them can be left out.
    stems = range(2 * len(_DENSE))
    found += [depthwise_network(index, seed, _DENSE, _DEPTHWISE) for index in stems]
    found += [small_network(index, seed, _DENSE, _DEPTHWISE) for index in stems]
    found += [few_pixel_network(index, seed, _DENSE) for index in stems]
    third = -(-count // STRIP_SHARE)
    found += _strip_networks(third, seed, Limits())
    return (
        *found,
        *binary_networks(third, seed),
        *front_end_networks(seed),
        deepest_network(),
    )


def drawn_networks(
    count: int, seed: int, keys: frozenset[KernelKey], limits: Limits
) -> tuple[Network, ...]:
    """Random networks made of some kernels alone; empty ones left out.

    Args:
        count: How many to draw.
        seed: Of the random sizes.
        keys: Of the kernels.
        limits: Of the layers.
    """
    rng = np.random.default_rng(seed)
    kinds = {(key.op, key.weight_format) for key in keys}
    body = tuple(each for each in _BODY if each in kinds)
    formats = tuple(each for each in _FORMATS if ("linear", each) in kinds)
    heads = [op for op in _HEADS if (op, None) in kinds]
    found = []
    for index in range(count):
        wheel = _wheel(index, body) if body else ()
        head = heads[index % len(heads)] if heads else None
        looks_up = ("lookup", None) in kinds
        chain = _chain(rng, wheel, formats, head, limits, looks_up=looks_up)
        if chain.layers:
            found.append(Network(f"{index}", chain.input, tuple(chain.layers)))
    if ("conv", "xnor") in kinds:
        has_linear = ("linear", "xnor") in kinds
        found += [wide_network(each, rng, has_linear=has_linear) for each in range(WIDE_NETWORKS)]
    dense = [each for each in _DENSE if ("conv", each) in kinds]
    depthwise = tuple(each for each in _DEPTHWISE if ("depthwise", each) in kinds)
    found += [depthwise_network(n, seed, dense, depthwise) for n in range(2 * len(dense))]
    for each in range(len(dense)):
        found.append(small_network(each, seed, dense, depthwise))
        found.append(few_pixel_network(each, seed, dense))
    if STRIPS_KEY in keys:
        found += _strip_networks(-(-count // STRIP_SHARE), seed, limits)
    if KernelKey("conv", "b1", "xnor") in keys:
        found += binary_networks(-(-count // STRIP_SHARE), seed)
    return tuple(found)


def _strip_networks(count: int, seed: int, limits: Limits) -> list[Network]:
    """Networks named s00, s01 ..., most of whose layers run in strips."""
    rng = np.random.default_rng([seed, 1])
    found = []
    for index in range(count):
        chain = _chain(rng, _wheel(index, _STRIPPED), ("s8", "s4"), None, limits)
        if chain.layers:
            whole = Network(f"s{index:02d}", chain.input, tuple(chain.layers))
            found.append(in_strips(whole, rng))
    return found


def _wheel(index: int, body: Sequence[_Kind]) -> tuple[_Kind, ...]:
    """Kinds in turn, each network beginning where the one before it ended.

    A kernel runs a few times in a network at most, so that it occurs in several.
    """
    length = min(BODY_LAYERS, REPEATS * len(set(body)))
    return tuple(body[(index * length + each) % len(body)] for each in range(length))


def _chain(
    rng: np.random.Generator,
    kinds: Sequence[_Kind],
    formats: Sequence[WeightFormat],
    head: Op | None,
    limits: Limits,
    *,
    looks_up: bool = False,
) -> Chain:
    chain = Chain(rng, Tensor("input", _input_shape(rng)), limits)
    if looks_up:
        _try(chain, "lookup", None)
    for op, weight_format in (kinds[each] for each in rng.permutation(len(kinds))):
        _try(chain, op, weight_format)
    for each in rng.permutation(len(formats)):
        _try(chain, "linear", formats[each])
    if head is not None:
        _try(chain, head, None)
    return chain


def _input_shape(rng: np.random.Generator) -> Shape:
    if rng.random() < 0.25:
        return (1, int(rng.integers(60, 400)), int(rng.integers(1, 12)))
    return (int(rng.integers(9, 25)), int(rng.integers(9, 25)), int(rng.integers(1, 20)))


def _try(chain: Chain, op: _Op, weight_format: WeightFormat | None) -> None:
    """Append a layer of this kind with the first random sizes that are legal, if any are."""
    for _ in range(chain.limits.tries):
        layer = _grouped(chain) if op == "grouped" else _candidate(chain, op, weight_format)
        if layer is not None and chain.append(layer):
            return


def _grouped(chain: Chain) -> Layer | None:
    """A convolution of two groups or more, in any format; None if the channels do not divide.

    A group has as many channels as plain convolutions are measured with.
    """
    rng, channels = chain.rng, chain.last.shape[2]
    weights = _GROUPED[int(rng.integers(len(_GROUPED)))]
    most = channels // FEWEST_CHANNELS
    counts = [count for count in range(2, most + 1) if channels % count == 0]
    if not counts:
        return None
    # Every other time the fewest groups, which have the channels for whole quads of words.
    groups = counts[0 if rng.random() < 0.5 else int(rng.integers(len(counts)))]
    layer = _candidate(chain, "conv", weights)
    each = max(FEWEST_CHANNELS, layer.shape[2] // groups)
    return replace(layer, shape=(*layer.shape[:2], each * groups), groups=groups)


def _copies(rng: np.random.Generator, op: Op) -> int:
    """How often a layer reads the tensor before it."""
    if op == "concat":
        return int(rng.integers(2, _MOST_PARTS + 1))
    return 2 if op == "add" else 1


def _candidate(chain: Chain, op: Op, weight_format: WeightFormat | None) -> Layer:
    rng, source = chain.rng, chain.last
    inputs = (source.name,) * _copies(rng, op)
    layer = Layer("trial", op, inputs, source.shape, weight_format)
    if op == "transpose":
        return replace(layer, permutation=_PERMUTATIONS[int(rng.integers(len(_PERMUTATIONS)))])
    if op == "argmax":
        return replace(layer, format="s16")
    if op == "lookup":
        return replace(layer, function="hard_swish")
    if op in ("add", "concat", "softmax"):
        return layer
    activation: Activation = "relu" if layer.is_weighted and rng.random() < 0.5 else "none"
    layer = replace(layer, activation=activation)
    if op == "linear":
        return replace(layer, shape=(1, 1, int(rng.integers(2, LINEAR_OUTPUTS))))
    channels = drawn_channels(rng, 96) if op == "conv" else source.shape[2]
    kernel = drawn_kernel(rng, source.shape, is_pool=op in ("max_pool", "avg_pool"))
    stride = (1, 1) if rng.random() < 0.8 else (min(2, kernel[0]), min(2, kernel[1]))
    return replace(
        layer,
        shape=(*source.shape[:2], channels),
        kernel=kernel,
        stride=stride,
        padding=drawn_padding(rng, kernel, op),
    )
