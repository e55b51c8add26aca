"""What cannot be imported is refused by name, with its place, all of it at once."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dse.importers import import_torch
from hw_models.errors import ModelError

COLUMN, FOUR = torch.ones(2, 1), torch.ones(1, 1, 1, 2)


def convolution():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    )


class Several(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(2, 4, 3, groups=2, dilation=2), nn.Mish())
        self.dilated = nn.Conv2d(4, 4, 3, dilation=2)
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        x = torch.cumsum(self.dilated(self.block(x)), 1)
        return self.fc(x.mean((2, 3)))


def test_every_unsupported_operation_is_listed_with_its_place():
    with pytest.raises(ModelError) as caught:
        import_torch(Several(), torch.randn(1, 2, 9, 9), "net")
    message = str(caught.value)
    assert "aten.conv2d.default at block.0" in message
    assert "aten.mish.default at block.1" in message
    assert "aten.cumsum.default at the top module, test_refusals.py:" in message


class Lambda(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 1)
        self.function = function

    def forward(self, x):
        return self.function(self.conv(x))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x.mean((2, 3)) if x.sum() > 0 else x.amax((2, 3)), "cannot be traced"),
        (lambda x: (x, x), "must return one tensor"),
        (lambda x: x, "one vector of class scores"),
        (lambda x: x @ torch.ones(4, 4), "aten.matmul.default"),
        (lambda x: x.mean(1).flatten(1), "over the channels"),
        (lambda x: F.avg_pool2d(x, 3, padding=1).mean((2, 3)), "average pooling with padding"),
        (lambda x: F.avg_pool2d(x, 3, 2, ceil_mode=True).mean((2, 3)), "ceil_mode"),
        (lambda x: F.adaptive_avg_pool2d(x, 3).mean((2, 3)), "equal windows"),
        (lambda x: F.pad(x, (1, 1)).mean((2, 3)), "zero padding"),
        (lambda x: F.relu(x.mean((2, 3)).softmax(1)), "activation behind the head"),
        (lambda x: x * x.mean((2, 3), keepdim=True).sigmoid(), "mul.Tensor at .*such as a gate"),
        (lambda x: x - x.relu(), "sub.Tensor at .*joins two activations"),
        (lambda x: 2 / x.mean((2, 3)), "reciprocal|first operand is a constant"),
        (lambda x: x.mean((2, 3)) + COLUMN, "channel to channel only"),
        (lambda x: x.mean((2, 3)) * FOUR, "numbers of dimensions"),
        (lambda x: F.elu(x, 0.5).mean((2, 3)), r"alpha and scale \(0.5, 1\); only 1"),
        (lambda x: F.mish(x).mean((2, 3)), "aten.mish.default"),
        (lambda x: x[:, :, 1:].mean((2, 3)), "cuts a part out"),
        (lambda x: x[:, 0].mean((1, 2)), "takes one of 2 entries"),
        (lambda x: F.pad(x, (0, 0, 0, 0, 0, 0, 1, 0)).mean((2, 3)), "padding of the batch"),
        (lambda x: F.log_softmax(x.mean((2, 3)), 1).relu(), "only as the last operation"),
        (lambda x: F.hardtanh(x).mean((2, 3)), r"clamp to \[-1"),
        (lambda x: x + x.mean((2, 3), keepdim=True), "broadcasting"),
        (lambda x: x.reshape(1, 4, 4, 2).mean((1, 2)), "splits a dimension"),
        (lambda x: x.relu().mean((2, 3)) + torch.rand(1), "aten.rand|not stored"),
    ],
)
def test_what_cannot_be_imported_is_refused_by_name(function, message):
    with pytest.raises(ModelError, match=message):
        import_torch(Lambda(function), torch.randn(1, 2, 4, 4), "net")


def test_weights_that_are_not_finite():
    module = convolution()
    module[4].weight.data[0] = math.nan
    with pytest.raises(ModelError, match="not finite"):
        import_torch(module, torch.randn(1, 1, 12, 7), "net")


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (3,), (1, 1, 1, 1, 1)])
def test_example_of_another_rank(shape):
    with pytest.raises(ModelError, match="one float input"):
        import_torch(convolution(), torch.randn(shape), "net")


def test_module_that_fails_on_its_example():
    with pytest.raises(ModelError, match="fails on its example"):
        import_torch(convolution(), torch.randn(1, 2, 12, 7), "net")


class Shuffles(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 6, 1, groups=2)
        self.second = nn.Conv2d(6, 4, 1, groups=2)

    def forward(self, x):
        x = self.first(x)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        return self.second(x).mean((2, 3))


def test_a_channel_shuffle_is_refused_by_name():
    where = r"aten.view.default at the top module, test_refusals.py:\d+: .* splits a dimension"
    with pytest.raises(ModelError, match=where):
        import_torch(Shuffles(), torch.randn(1, 2, 5, 4), "net")


class Joins(nn.Module):
    def __init__(self, axis):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3, padding=1)
        self.axis = axis

    def forward(self, x):
        return torch.cat([self.conv(x), self.conv(x)], self.axis).mean((2, 3))


@pytest.mark.parametrize("axis", [0, 2, -1])
def test_only_channels_are_concatenated(axis):
    where = rf"aten.cat.default at the top module, test_refusals.py:\d+: .* dimension {axis % 4};"
    with pytest.raises(ModelError, match=where):
        import_torch(Joins(axis), torch.randn(1, 2, 5, 4), "net")
