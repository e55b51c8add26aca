"""Every strategy trains, is exact, and repeats itself."""

import numpy as np
import pytest
import torch

from dse.compress import lower
from dse.compress.pipeline import compress
from dse.compress.training import Training
from dse.reference import trace_program
from search_spaces import build_space
from search_spaces.options import DepthCut, Format, Width

STRATEGIES = {
    "plain": Training(),
    "ranges": Training(weight_ranges="percentile", activation_ranges="mse", percentile=99.0),
    "calibrated scales": Training(scales="calibrated", weight_ranges="mse"),
    "s3": Training(powers="s3"),
    "taylor": Training(ranking="taylor"),
    "apoz": Training(ranking="apoz", distillation=0.5),
    "gradual": Training(ranking="l1", pruning="gradual"),
    "gradual, random, distilled": Training(ranking="random", pruning="gradual", distillation=0.9),
    "sparse, taylor": Training(element_ranking="taylor"),
    "sparse, gradual": Training(element_ranking="taylor", pruning="gradual"),
    "scratch": Training(start="scratch", powers="s3"),
    "frozen": Training(front="frozen", distillation=0.5, temperature=2.0),
}


def mixed(space, cut, sparse=False):
    """One of each: half widths, a power of two, s2, s4 and xnor, perhaps a cut."""
    choices = []
    formats = iter(["s4", "p3", "xnor", "s2"] if not sparse else ["sparse8@0.25"] * 4)
    for site in space.sites:
        option = site.options[0]
        if site.kind == "width":
            option = next(one for one in site.options if one in (Width(0.5), option))
            option = Width(0.5) if Width(0.5) in site.options else option
        if site.kind == "format":
            wanted = Format(next(formats))
            option = wanted if wanted in site.options else option
        if site.kind == "depth" and cut:
            option = next(one for one in site.options if one != DepthCut(None))
        choices.append((site.name, option))
    return space.canonical(type(space.baseline())(tuple(choices)))


def logits(module, x):
    program = lower(module)
    last = program.network.layers[-1].name
    own = program.quantisation[last]
    levels = trace_program(program, program.quantise_input(x))[last].reshape(len(x), -1)
    return (levels.astype(np.float32) - own.zero_point) * np.float32(own.scale)


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_trains_and_is_exact(trained, digits, all_formats, name):
    network, parameters, _ = trained
    space = build_space(network, formats=all_formats)
    chosen = mixed(space, cut=name == "frozen", sparse="sparse" in name)
    losses = []
    module = compress(
        parameters,
        space,
        chosen,
        digits[0][:448],
        digits[1][:448],
        seed=1,
        epochs=4,
        how=STRATEGIES[name],
        progress=lambda _, loss: losses.append(loss),
    )
    assert len(losses) == 4
    assert losses[-1] < losses[-2]
    with torch.no_grad():
        given = module(torch.from_numpy(digits[2])).numpy()
    np.testing.assert_array_equal(given, logits(module, digits[2]))
    assert (given.argmax(1) == digits[3]).mean() > 0.2


@pytest.mark.parametrize("name", ["s3", "gradual, random, distilled"])
def test_the_same_seed_gives_the_same_logits(trained, digits, all_formats, name):
    network, parameters, _ = trained
    space = build_space(network, formats=all_formats)
    chosen = mixed(space, cut=False)
    x, y = digits[0][:160], digits[1][:160]
    made = [
        logits(
            compress(parameters, space, chosen, x, y, seed=seed, epochs=2, how=STRATEGIES[name]),
            digits[2][:64],
        )
        for seed in (0, 0, 1)
    ]
    assert np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])
