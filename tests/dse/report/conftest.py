"""A run that was never searched: real prices of a small network, accuracies by a formula."""

from math import exp
from pathlib import Path

import numpy as np
import pytest

from dse.importers import Imported
from dse.search import Outcome, Trial
from dse.study.base import Base
from dse.study.config import StudyConfig
from dse.study.folder import RunFolder
from dse.study.pricing import Pricer
from dse.study.view import Run
from hw_models.budget import Budget
from hw_models.device import load_device
from hw_models.kernels import KERNEL_KEYS, count_names, kernel_sources
from hw_models.network import Layer, Network, Tensor
from hw_models.profile import CodeSize, ErrorCard, Profile
from search_spaces import build_space, rewrite


def small_network(evil=""):
    """Separable blocks; `evil` is put into the names of the network and of a layer."""
    layers = [
        Layer("stem", "conv", ("input",), (8, 8, 16), "s8", (3, 3), (2, 2), (1, 1, 1, 1), "relu"),
        Layer("dw1", "depthwise", ("stem",), (8, 8, 16), "s8", (3, 3), (1, 1), (1, 1, 1, 1)),
        Layer(f"pw1{evil}", "conv", ("dw1",), (8, 8, 32), "s8", activation="relu"),
        Layer("dw2", "depthwise", (f"pw1{evil}",), (8, 8, 32), "s8", (3, 3), (1, 1), (1, 1, 1, 1)),
        Layer("pw2", "conv", ("dw2",), (8, 8, 32), "s8", activation="relu"),
        Layer("pool", "avg_pool", ("pw2",), (1, 1, 32), kernel=(8, 8), stride=(8, 8)),
        Layer("dense", "linear", ("pool",), (1, 1, 10), "s8"),
    ]
    return Network(f"small{evil}", Tensor("input", (16, 16, 1)), tuple(layers))


def made_up_profile(core, networks):
    """Every count of every kernel costs two cycles; every kernel source 100 bytes."""
    kind = "dsp" if core == "cortex-m4" else "base"
    stems = {
        stem: 100 for net in networks for layer in net.layers
        for stem in kernel_sources(net, layer, kind)
    }  # fmt: skip
    keys = [key for key in KERNEL_KEYS if key.op != "flatten"]
    return Profile(
        name="made-up",
        runtime="dse",
        core=core,
        compiler="gcc 12",
        flags="-O2",
        arithmetic_version=1,
        source="a test",
        coefficients={key: dict.fromkeys(count_names(key, kind), 2.0) for key in keys},
        code=CodeSize(40, {key.op: 20 for key in KERNEL_KEYS}, stems),
        errors=ErrorCard(1.5, 4.0, 6.0, {"one": 1.5, "two": -4.0}),
    )


def price_trials(pricer, count, rungs):
    rng = np.random.default_rng(0)
    baseline = pricer(pricer.space.baseline())
    drawn = dict.fromkeys(pricer.space.sample(rng) for _ in range(count))
    trials = []
    for number, configuration in enumerate(drawn):
        price = pricer(configuration)
        outcome = None
        if not price.shortfalls:
            share = price.macs / baseline.macs + price.flash_bytes / baseline.flash_bytes
            first = not any(trial.outcome for trial in trials)
            accuracy = None if first else round(0.97 - 0.4 * exp(-4 * share), 4)
            error = "" if accuracy else "the loss is not finite"
            outcome = Outcome(accuracy, rungs[number % len(rungs)], 0, 3, 1.0, error)
        trials.append(Trial(number, configuration, price, outcome))
    return tuple(trials)


@pytest.fixture(scope="session")
def make_run():
    """Build a run: its device, budget, number of draws, rungs and an unkind text in names."""

    def make(device="STM32F030R8", count=160, ram=3000, rungs=("short",), evil="", folder="runs/x"):
        part = load_device(device)
        space = build_space(small_network(evil))
        rng = np.random.default_rng(1)
        samples = [rewrite(space.network, space, space.sample(rng)) for _ in range(200)]
        profile = made_up_profile(part.core, samples)
        pricer = Pricer(space, part, profile, Budget(ram, 40_000, 0.1))
        trials = price_trials(pricer, count, rungs)
        base = Base(Imported(space.network, {}), 0.981, tuple("0123456789"))
        config = StudyConfig(model=f"zoo:small{evil}", data="digits", device=device)
        run = Run(RunFolder(Path(folder)), config, base, pricer, trials, {})
        run.test_accuracy.update({t.number: t.accuracy - 0.01 for t in run.front})
        return run

    return make


@pytest.fixture(scope="session")
def run(make_run):
    return make_run()
