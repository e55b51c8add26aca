"""Random legal configurations keep the promises: exact outputs, RAM to the byte, flash, cycles."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from dse.boards.choice import parse_board
from dse.export.project import export_project
from dse.importers import import_torch
from dse.models import build_model
from dse.random_program import random_inputs, random_program
from dse.verify import verify
from hw_models.device import load_device
from hw_models.estimate import estimate
from hw_models.profile import profile_for
from search_spaces.configuration import Configuration
from search_spaces.options import DepthCut, Width
from search_spaces.rewrite import rewrite
from search_spaces.space import Space, build_space

MODELS = ("digits-ds", "digits-resnet")
CONFIGURATIONS = 5
NARROW_MODELS = ("lenet5", "digits-resnet")
NARROW_CONFIGURATIONS = 2
SEED = 50
FORMATS = ("s8", "s4", "s2", "xnor", "p4", "p3", "p2", "sparse8@0.5", "sparse8@0.25")
FLASH_TOLERANCE = 0.01
CYCLES_TOLERANCE = 0.08
DEVICE = load_device("STM32F030R8")


@dataclass(frozen=True)
class Drawn:
    space: Space
    configurations: tuple[Configuration, ...]


@pytest.fixture(scope="module")
def drawn():
    """Five configurations of each network."""
    return {model: draw(model, ("s8",), CONFIGURATIONS) for model in MODELS}


@pytest.fixture(scope="module")
def narrow():
    """A few configurations with activations of 4 bits, LeNet's with fused pools."""
    return {model: draw(model, ("s8", "s4"), NARROW_CONFIGURATIONS) for model in NARROW_MODELS}


def draw(model, activations, count):
    module = build_model(f"zoo:{model}", (16, 16, 1), 10).eval()
    network = import_torch(module, torch.zeros(1, 1, 16, 16), model).network
    space = build_space(network, formats=FORMATS, activations=activations)
    rng = np.random.default_rng(SEED)
    drawn = []
    while len(drawn) < count:
        configuration = space.sample(rng)
        tensors = rewrite(network, space, configuration).tensors
        if {tensor.format for tensor in tensors} >= set(activations):
            drawn.append(configuration)
    return Drawn(space, tuple(drawn))


def test_a_pool_of_the_narrow_ones_is_fused(narrow):
    own = narrow["lenet5"]
    networks = [rewrite(own.space.network, own.space, each) for each in own.configurations]
    assert any(layer.fused for network in networks for layer in network.layers)


@pytest.mark.parametrize("model", MODELS)
def test_the_configurations_mix_everything(drawn, model):
    space, configurations = drawn[model].space, drawn[model].configurations
    assert all(space.canonical(each) == each for each in configurations)
    networks = {rewrite(space.network, space, each) for each in configurations}
    assert len(networks) == CONFIGURATIONS
    formats = {layer.weight_format for network in networks for layer in network.weighted_layers}
    assert formats == {"s8", "s4", "s2", "xnor", "p4", "p3", "p2", "sparse8"}
    options = {option for each in configurations for _, option in each.choices}
    assert any(option.keep < 1 for option in options if isinstance(option, Width))
    cuts = {option.after for option in options if isinstance(option, DepthCut)}
    assert None in cuts
    assert len(cuts) > 1


@pytest.mark.slow
@pytest.mark.emulator
@pytest.mark.parametrize("number", range(CONFIGURATIONS))
@pytest.mark.parametrize("model", MODELS)
def test_promises(drawn, tmp_path, model, number):
    keep(drawn[model], number, tmp_path)


@pytest.mark.slow
@pytest.mark.emulator
@pytest.mark.parametrize("number", range(NARROW_CONFIGURATIONS))
@pytest.mark.parametrize("model", NARROW_MODELS)
def test_promises_in_strips(narrow, tmp_path, model, number):
    keep(narrow[model], number, tmp_path)


def keep(own, number, tmp_path):
    configuration = own.configurations[number]
    network = rewrite(own.space.network, own.space, configuration)
    rng = np.random.default_rng(number)
    program = random_program(network, rng)
    cost = estimate(network, DEVICE, profile_for(DEVICE.core))
    inputs = random_inputs(network, 256, rng)
    export_project(program, configuration.to_json(), DEVICE, cost, tmp_path, inputs)
    for board in ("virtual:cortex-m0", "virtual:cortex-m4"):
        found = verify(tmp_path, parse_board(board))
        assert (found.bit_exact, found.mismatches, found.inputs) == (True, 0, 256), board
        assert found.ram_measured == found.ram_predicted, board
        for kind, tolerance in (("flash", FLASH_TOLERANCE), ("cycles", CYCLES_TOLERANCE)):
            predicted = getattr(found, f"{kind}_predicted")
            measured = getattr(found, f"{kind}_measured")
            assert predicted == pytest.approx(measured, rel=tolerance), (board, kind)
