"""Networks as their authors write them: imported, compressed at random, exported, verified."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dse.boards.choice import parse_board
from dse.compress import compress, lower
from dse.export.manifest import load_project
from dse.export.project import export_project
from dse.float_network import run_float
from dse.importers import import_torch, pick_example
from dse.models import build_model
from dse.verify import stored_inputs, verify
from hw_models.device import generic_device
from search_spaces.choices import depth_cut
from search_spaces.space import whole_space

FOLDER = Path(__file__).parent / "networks"
NETWORKS = {
    "lenet5.py:LeNet5": ((32, 32, 1), 10),
    "lenet_tanh.py:lenet_tanh": ((28, 28, 1), 10),
    "alexnet_cifar.py:AlexNet": ((32, 32, 3), 10),
    "vgg.py:VGG11": ((32, 32, 3), 10),
    "resnet20.py:resnet20": ((16, 16, 3), 10),
    "resnet20.py:resnet20_b": ((16, 16, 3), 10),
    "resnet8.py:Resnet8": ((16, 16, 3), 10),
    "mobilenet_v1.py:mobilenet": ((32, 32, 1), 6),
    "mobilenet_v2.py:MobileNetV2": ((32, 32, 3), 10),
    "mobilenet_v3.py:MobileNetV3": ((32, 32, 3), 10),
    "preact_resnet.py:PreActResNet": ((32, 32, 3), 10),
    "m5.py:M5": ((1, 8000, 1), 35),
    "ds_cnn.py:DSCNN": ((49, 10, 1), 12),
    "tc_resnet.py:TCResNet8": ((40, 51, 1), 12),
    "keras_style.py:build": ((28, 28, 1), 10),
    "mlp.py:MLP": ((28, 28, 1), 10),
    "module_list.py:Net": ((12, 12, 2), 5),
    "har_cnn.py:HARNet": ((64, 3, 1), 6),
    "squeezenet.py:SqueezeNet": ((32, 32, 3), 10),
    "densenet.py:DenseNet": ((16, 16, 3), 10),
    "resnext.py:ResNeXt": ((12, 12, 3), 10),
    "inception.py:GoogLeNet": ((32, 32, 3), 10),
}
LEAVE_OUT_LOG_SOFTMAX = ("lenet5.py:LeNet5", "m5.py:M5")


def of(spec):
    """The module with random batch norm statistics, its example and its import."""
    shape, classes = NETWORKS[spec]
    module = build_model(str(FOLDER / spec), shape, classes).eval()
    generator = torch.Generator().manual_seed(0)
    for part in module.modules():
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
            size = part.weight.shape
            part.weight.data = 0.5 + torch.rand(size, generator=generator)
            part.bias.data = 0.3 * torch.randn(size, generator=generator)
            part.running_mean = 0.3 * torch.randn(size, generator=generator)
            part.running_var = 0.5 + torch.rand(size, generator=generator)
    example = pick_example(module, shape, classes)
    return module, example, import_torch(module, example, "net", shape)


@pytest.mark.parametrize("spec", NETWORKS)
def test_imports_compute_what_their_modules_compute(spec):
    module, example, imported = of(spec)
    for _ in range(2):
        x = torch.rand_like(example)
        got = run_float(imported.network, imported.parameters, in_place(imported.network, x))
        got = torch.from_numpy(got).flatten()
        with torch.no_grad():
            expected = module(x).flatten()
        if spec in LEAVE_OUT_LOG_SOFTMAX:
            got = got.log_softmax(0)
        torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)


def in_place(network, x):
    """A torch example as the network reads it."""
    channels = network.input.shape[2]
    return x.reshape(1, channels, *network.input.shape[:2]).permute(0, 2, 3, 1).numpy()


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """The project of a network, compressed by a random configuration of the whole space."""
    made = {}

    def export(spec):
        if spec not in made:
            number = list(NETWORKS).index(spec)
            _, _, imported = of(spec)
            space, rng = whole_space(imported.network), np.random.default_rng(number)
            # A cut in depth would leave most of the network untested.
            drawn = (space.sample(rng) for _ in range(1000))
            configuration = next(each for each in drawn if depth_cut(each) is None)
            x = rng.random((32, *imported.network.input.shape), dtype=np.float32)
            y = rng.integers(NETWORKS[spec][1], size=32)
            module = compress(imported.parameters, space, configuration, x, y, seed=0, epochs=0)
            program = lower(module)
            device = generic_device("cortex-m4")
            folder = tmp_path_factory.mktemp("exported") / "project"
            vectors = program.quantise_input(x)
            made[spec] = export_project(program, None, device, None, folder, vectors).folder
        return made[spec]

    return export


@pytest.mark.compiler
@pytest.mark.slow
@pytest.mark.parametrize("spec", NETWORKS)
def test_compressed_networks_are_bit_exact_on_the_host(spec, exported):
    found = verify(exported(spec), parse_board("host"))
    assert found.bit_exact
    assert found.inputs >= 256


@pytest.mark.toolchain
@pytest.mark.emulator
@pytest.mark.slow
@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
@pytest.mark.parametrize("spec", NETWORKS)
def test_compressed_networks_are_bit_exact_on_boards(spec, core, exported):
    board = parse_board(f"virtual:{core}")
    inputs = stored_inputs(load_project(exported(spec)))[:4]
    found = verify(exported(spec), board, inputs)
    assert found.bit_exact
