"""Activations without a layer of their own, numbers, parts of tensors, written-out functions."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dse.float_network import run_float
from dse.importers import import_torch


class ReadsTwice(nn.Module):
    """Tensors that are read with and without an activation, which the input has no layer for."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        x = F.relu6(x)
        y = self.conv(x)
        z = self.norm(y) + F.relu(y)
        z = F.relu(F.max_pool2d(z, 2)) + z[:, :, ::2, ::2] + F.max_pool2d(z, 2)
        return self.fc(z.mean((2, 3)))


class Scales(nn.Module):
    """Numbers and stored tensors, by channel or for all, folded or not; parts of size 1 taken."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.4, 0.5]).view(1, 2, 1, 1))
        self.gain = nn.Parameter(torch.tensor([0.5, 2.0, -1.0])[:, None, None])
        self.conv = nn.Conv2d(2, 3, 3)
        self.fc = nn.Linear(6, 2)

    def forward(self, x):
        x = (x / 2 - self.mean) * 1.5
        x = F.pad(self.gain * self.conv(x) + 0.25, (0, 0, 0, 0, 1, 2))[:, :, ::3]
        x = F.leaky_relu(x, 0.2).mean(2)
        return self.fc(torch.tanh(x[:, :, None, :].amax(3, keepdim=True)[:, :, 0, :][:, :, 0]))


class WrittenOut(nn.Module):
    """Functions by hand: hard-swish in three spellings, hard-sigmoid, GELU, SiLU."""

    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(2, 2, 1) for _ in range(6))
        self.fc = nn.Linear(2, 3)

    def forward(self, x):
        one, two, three, four, five, six = self.convs
        x = F.relu(one(x))
        x = x * F.relu6(x + 3) / 6
        x = two(x)
        x = x * (F.hardtanh(3 + x, 0.0, 6.0) * (1 / 6))
        x = three(x)
        x = F.hardsigmoid(x) * x
        x = four(x).add(3.0).clamp(0, 6).div(6.0)
        x = five(x)
        x = 0.5 * x * (1 + torch.erf(x / 2**0.5))
        x = six(x)
        return self.fc((x / (1 + torch.exp(-x))).mean((2, 3)))


CASES = {
    "reads-twice": (ReadsTwice, (1, 2, 6, 8)),
    "scales": (Scales, (1, 2, 9, 8)),
    "written-out": (WrittenOut, (1, 2, 5, 4)),
}


@pytest.mark.parametrize("case", CASES)
def test_imported_network_computes_what_the_module_computes(case):
    kind, shape = CASES[case]
    torch.manual_seed(0)
    module = kind().eval()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.weight.data, part.bias.data = torch.rand(3) + 0.5, torch.randn(3)
            part.running_mean, part.running_var = torch.randn(3), torch.rand(3) + 0.5
    imported = import_torch(module, torch.randn(shape), case)
    for _ in range(3):
        x = torch.randn(shape)
        with torch.no_grad():
            expected = module(x).flatten()
        rows = x.permute(0, 2, 3, 1).numpy()
        got = run_float(imported.network, imported.parameters, rows).flatten()
        np.testing.assert_allclose(got, expected, atol=1e-4)


def test_written_out_functions_are_tables():
    network = import_torch(WrittenOut(), torch.randn(1, 2, 5, 4), "net").network
    found = [layer.function for layer in network.layers if layer.op == "lookup"]
    assert found == ["hard_swish"] * 3 + ["hard_sigmoid", "gelu", "silu"]
    assert len(network.layers) == 6 + 6 + 2


def test_activations_that_no_layer_may_absorb():
    network = import_torch(ReadsTwice(), torch.randn(1, 2, 6, 8), "net").network
    pools = [each for each in network.layers if each.kernel == (1, 1) and each.op == "max_pool"]
    assert [(each.activation, each.stride) for each in pools] == [
        ("relu6", (1, 1)), ("relu", (1, 1)), ("none", (2, 2)),
    ]  # fmt: skip
    assert network.layer("conv").activation == "none"


def test_scales_fold_where_they_can():
    network = import_torch(Scales(), torch.randn(1, 2, 9, 8), "net").network
    assert [each.op for each in network.weighted_layers] == ["depthwise", "conv", "conv", "linear"]
