"""Every model of the zoo: counts against published figures, and the import against the module."""

import functools

import numpy as np
import pytest
import torch
from torch import nn

from dse.boards.choice import parse_board
from dse.compress import build_module, calibrate, lower
from dse.export.project import export_project
from dse.float_network import run_float
from dse.importers import import_torch, pick_example
from dse.models import build_model, list_models, recipe_for
from dse.models.resnet18 import resnet18
from dse.random_program import random_inputs
from dse.verify import verify
from hw_models.device import load_device
from hw_models.errors import ModelError

# SEEDS.md: ACDNet (2103.03483), MobileNetV1 0.25 and DS-CNN S (2204.10546), the MNIST LeNet
# (2205.10369); MLPerf Tiny: ResNet-8, autoencoder. Others by hand from the layers.
COUNTS = {
    "acdnet": ((1, 30225, 1), 50, 541_869_356, 4_735_378),
    "digits-ds": ((16, 16, 1), 10, 761_792, 16_394),
    "digits-resnet": ((16, 16, 1), 10, 2_134_336, 19_674),
    "ds-cnn": ((49, 10, 1), 12, 2_656_768, 23_180),
    "ds-cnn-m": ((49, 10, 1), 12, 9_816_384, 136_580),
    "fc-autoencoder": ((1, 1, 640), 640, 264_192, 267_928),
    "imu-cnn": ((1, 100, 6), 5, 440_000, 24_613),
    "lenet-mnist": ((28, 28, 1), 10, 11_992_448, 1_199_882),
    "lenet5": ((28, 28, 1), 10, 416_520, 61_706),
    "micro-acdnet": ((1, 30225, 1), 50, 14_286_134, 131_474),
    "mobilenet-v1-025": ((96, 96, 3), 2, 7_489_664, 213_586),
    "mobilenet-v1-050": ((96, 96, 3), 2, 27_365_632, 819_618),
    "mobilenet-v2-035": ((96, 96, 3), 1000, 11_934_128, 1_677_128),
    "nano-acdnet": ((1, 30225, 1), 50, 10_050_334, 65_941),
    "resnet18-slim": ((32, 32, 3), 10, 35_046_656, 701_466),
    "resnet8": ((32, 32, 3), 10, 12_501_632, 77_946),
}


def parameters_of(module):
    return sum(parameter.numel() for parameter in module.parameters())


def shake(module):
    """Batch norms as after a training: none is the identity."""
    generator = torch.Generator().manual_seed(3)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            for tensor in (layer.weight.data, layer.running_var):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
            for tensor in (layer.bias.data, layer.running_mean):
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.3)
    return module.eval()


def test_every_model_is_counted():
    assert tuple(COUNTS) == list_models()


@functools.cache
def imported(name):
    shape, classes = COUNTS[name][:2]
    module = shake(build_model(f"zoo:{name}", shape, classes))
    example = pick_example(module, shape, classes)
    return module, example, import_torch(module, example, name, shape)


@pytest.mark.parametrize("name", list_models())
def test_counts_are_the_published_ones(name):
    shape, classes, macs, parameters = COUNTS[name]
    module, _, found = imported(name)
    assert parameters_of(module) == parameters
    assert found.network.total_macs == macs
    assert found.network.input.shape == shape
    assert found.network.output.shape == (1, 1, classes)


@pytest.mark.parametrize("name", list_models())
def test_the_import_computes_what_the_module_computes(name):
    module, example, found = imported(name)
    x = np.random.default_rng(5).normal(size=(1, *COUNTS[name][0])).astype(np.float32)
    with torch.no_grad():
        wanted = module(torch.from_numpy(x).permute(0, 3, 1, 2).reshape(example.shape)).numpy()
    got = run_float(found.network, found.parameters, x).reshape(1, -1)
    np.testing.assert_allclose(got, wanted, atol=2e-4 * max(1.0, np.abs(wanted).max()))


def test_whole_resnet18_and_mobilenet_have_the_sizes_of_their_papers():
    # Kuang's ResNet-18 for CIFAR-10: 11.17 M; MobileNetV1 0.5 at 128x128: 49 M MACs, 1.3 M.
    assert parameters_of(resnet18((32, 32, 3), 10, 64)) == 11_173_962
    module = build_model("zoo:mobilenet-v1-050", (128, 128, 3), 1000)
    assert round(parameters_of(module) / 1e6, 1) == 1.3
    convolutions = imported("mobilenet-v1-050")[2].network.total_macs - 512 * 2
    assert round((convolutions * (128 / 96) ** 2 + 512 * 1000) / 1e6) == 49


def test_inverted_residuals_add_and_clip():
    network = imported("mobilenet-v2-035")[2].network
    # Table 2 of 1801.04381: 17 blocks, of which 10 keep their shape.
    assert sum(layer.op == "add" for layer in network.layers) == 10
    assert sum(layer.op == "depthwise" for layer in network.layers) == 17
    assert network.layer("block2.body.dw.conv").activation == "relu6"
    assert network.layer("block2.body.project").activation == "none"


@pytest.mark.compiler
def test_the_autoencoder_is_quantised_exported_and_verified_like_any_network(tmp_path):
    found = imported("fc-autoencoder")[2]
    trainable = build_module(found.network, found.parameters)
    calibrate(trainable, np.random.default_rng(0).normal(size=(8, 1, 1, 640)).astype(np.float32))
    program = lower(trainable)
    assert program.network.output.shape == (1, 1, 640)
    inputs = random_inputs(program.network, 4, np.random.default_rng(1))
    export_project(program, None, load_device("STM32L4R5ZI"), None, tmp_path / "net", inputs)
    assert verify(tmp_path / "net", parse_board("host")).bit_exact


def test_the_autoencoder_is_no_classifier():
    with pytest.raises(ModelError, match=r"cannot be trained as a classifier(.|\n)*here 640"):
        build_model("zoo:fc-autoencoder", (1, 1, 640), 2)


@pytest.mark.parametrize("name", list_models())
def test_every_model_has_a_recipe(name):
    recipe = recipe_for(f"zoo:{name}")
    assert recipe.epochs >= 8
    assert (recipe.loss == "reconstruction") == (name == "fc-autoencoder")
    assert recipe.augmentation.mixing == name.endswith("acdnet")


@pytest.mark.parametrize(
    ("name", "shape", "message"),
    [
        ("acdnet", (49, 10, 1), "raw mono audio"),
        ("nano-acdnet", (1, 100, 1), "128 samples"),
        ("imu-cnn", (8, 8, 1), "windows of signals"),
        ("lenet-mnist", (5, 28, 1), "too small for the MNIST LeNet"),
    ],
)
def test_data_that_a_model_cannot_take(name, shape, message):
    with pytest.raises(ModelError, match=message):
        build_model(f"zoo:{name}", shape, 2)


def test_acdnet_starts_as_published():
    model = build_model("zoo:acdnet", (1, 30225, 1), 50)
    wide = model.stack.conv11.conv.weight
    assert wide.std().item() == pytest.approx((2 / (9 * 512)) ** 0.5, rel=0.01)
    assert model.fc.weight.std().item() == pytest.approx(50**-0.5, rel=0.1)
