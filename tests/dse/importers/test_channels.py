"""Concatenated and grouped channels: what is imported computes what the module computes."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dse.float_network import run_float
from dse.importers import import_torch


class Fire(nn.Module):
    def __init__(self, inputs, squeezed, outputs):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.one = nn.Conv2d(squeezed, outputs, 1)
        self.three = nn.Conv2d(squeezed, outputs, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.one(x)), F.relu(self.three(x))], 1)


class DenseLayer(nn.Module):
    def __init__(self, inputs, growth):
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, growth, 3, padding=1, bias=False)

    def forward(self, x):
        return torch.cat((x, self.conv(F.relu(self.norm(x)))), dim=-3)


class Concatenated(nn.Module):
    """Fire, dense layers, a clamp behind a concat, and vectors of different origin."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(Fire(2, 3, 5), DenseLayer(10, 3), DenseLayer(13, 4))
        self.left = nn.Conv2d(17, 4, 1)
        self.right = nn.Conv2d(17, 3, 3, padding=1)
        self.fc = nn.Linear(7 + 3 * 4 * 5, 3)

    def forward(self, x):
        x = F.max_pool2d(self.body(x), 2)
        y = F.relu6(F.max_pool2d(torch.cat([self.left(x), self.right(x)], 1), 2))
        z = torch.flatten(self.right(x), 1)
        return self.fc(torch.cat([F.adaptive_avg_pool2d(y, 1).flatten(1), z], -1))


class Grouped(nn.Module):
    """Groups, a depthwise multiplier, groups of one channel and a grouped signal layer."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(4, 6, 3, groups=2, bias=False), nn.BatchNorm2d(6), nn.ReLU(),
            nn.Conv2d(6, 12, 3, padding=1, groups=6), nn.ReLU6(),
            nn.Conv2d(12, 9, 1, groups=3),
        )  # fmt: skip
        self.last = nn.Conv1d(9, 4, 3, groups=1)
        self.line = nn.Conv1d(4, 4, 2, groups=2)
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = self.last(self.body(x).mean(2))
        return self.fc(self.line(F.relu(x)).mean(-1))


class ClampsBesideOthers(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(2, 3, 3)
        self.fc = nn.Linear(12, 2)

    def forward(self, x):
        x = self.conv(x)
        y = torch.cat([x, x], 1)
        return self.fc(torch.cat([F.relu(y).mean(-1), y.amax(-1)], 1))


@pytest.mark.parametrize(
    ("kind", "shape"),
    [(Concatenated, (1, 2, 8, 10)), (Grouped, (1, 4, 7, 9)), (ClampsBesideOthers, (1, 2, 11))],
)
def test_imported_network_computes_what_the_module_computes(kind, shape):
    torch.manual_seed(0)
    module = kind()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 1.5)
    imported = import_torch(module, torch.randn(shape), "net")
    x = torch.randn(shape)
    planes = x if x.ndim == 4 else x[:, :, None, :]
    got = run_float(imported.network, imported.parameters, planes.permute(0, 2, 3, 1).numpy())
    with torch.no_grad():
        expected = copy.deepcopy(module).eval()(x)
    np.testing.assert_allclose(got.reshape(-1), expected.reshape(-1), atol=1e-4)


def test_a_clamp_behind_a_concat_joins_the_layers_before_it_where_it_can():
    network = import_torch(Concatenated(), torch.randn(1, 2, 8, 10), "net").network
    assert {network.layer(name).activation for name in ("left", "right")} == {"relu6"}
    assert network.layer("right_2").activation == "none"
    other = import_torch(ClampsBesideOthers(), torch.randn(1, 2, 11), "net").network
    clamps = [layer for layer in other.layers if layer.activation != "none"]
    assert [(layer.op, layer.kernel) for layer in clamps] == [("max_pool", (1, 1))]


def test_groups_are_kept_and_depthwise_layers_told_apart():
    network = import_torch(Grouped(), torch.randn(1, 4, 7, 9), "net").network
    convs = [(layer.op, layer.groups) for layer in network.weighted_layers]
    assert convs == [*(("conv", count) for count in (2, 6, 3, 1, 2)), ("linear", 1)]
