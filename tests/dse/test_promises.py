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
SEED = 24
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
    found = {}
    for model in MODELS:
        module = build_model(f"zoo:{model}", (16, 16, 1), 10).eval()
        space = build_space(import_torch(module, torch.zeros(1, 1, 16, 16), model).network)
        rng = np.random.default_rng(SEED)
        found[model] = Drawn(space, tuple(space.sample(rng) for _ in range(CONFIGURATIONS)))
    return found


@pytest.mark.parametrize("model", MODELS)
def test_the_configurations_mix_everything(drawn, model):
    space, configurations = drawn[model].space, drawn[model].configurations
    assert all(space.canonical(each) == each for each in configurations)
    networks = {rewrite(space.network, space, each) for each in configurations}
    assert len(networks) == CONFIGURATIONS
    formats = {layer.weight_format for network in networks for layer in network.weighted_layers}
    assert formats == {"s8", "s4", "s2", "xnor"}
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
    own = drawn[model]
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
