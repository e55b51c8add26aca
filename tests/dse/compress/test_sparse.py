"""Sparse layers: what is pruned at the start stays pruned, in training and in the program."""

import numpy as np
import pytest
import torch

from dse.compress import build_module, calibrate, fine_tune, lower
from dse.compress.layers import largest_of_rows
from dse.evaluate import program_accuracy
from hw_models.network import Network
from search_spaces import Configuration, Format, build_space, rewrite


def test_the_largest_of_every_row_are_kept():
    weight = torch.tensor([[3.0, -5.0, 0.1, 1.0], [0.0, 0.0, 0.0, 0.0]]).reshape(2, 4, 1, 1)
    mask = largest_of_rows(weight, 2).reshape(2, 4)
    assert mask.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0]]


@pytest.mark.parametrize("density", [0.5, 0.25])
def test_fine_tuning_keeps_the_mask(trained, digits, density):
    base: Network = trained[0]
    space = build_space(base, formats=("s8", f"sparse8@{density}"))
    choices = dict(space.baseline().choices)
    for site in space.sites:
        if site.kind == "format":
            choices[site.name] = site.options[-1]
    network = rewrite(base, space, Configuration(tuple(choices.items())))
    sparse = [layer for layer in network.layers if layer.weight_format == "sparse8"]
    assert len(sparse) >= 2
    assert Format("s8") not in [choices[f"format:{layer.name}"] for layer in sparse]
    module = build_module(network, trained[1])
    calibrate(module, digits[0][:128])
    before = lower(module)
    fine_tune(module, digits[0][:600], digits[1][:600], epochs=2, seed=0)
    program = lower(module)
    for layer in sparse:
        levels = program.constants[layer.name].levels.reshape(layer.shape[2], -1)
        assert ((levels != 0).sum(axis=1) <= layer.row_nonzeros).all()
        old = before.constants[layer.name].levels.reshape(layer.shape[2], -1)
        mask = module.child(layer).mask.permute(0, 2, 3, 1).reshape(layer.shape[2], -1).numpy()
        assert (levels[mask == 0] == 0).all()
        assert (old[mask == 0] == 0).all()
        assert not np.array_equal(old, levels)
    assert program_accuracy(program, digits[2], digits[3]) > trained[2] - 0.15
