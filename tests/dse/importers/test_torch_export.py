import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from dse.float_network import run_float
from dse.importers import example_for, import_torch, pick_example
from hw_models.errors import ModelError


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(6, 7, (3, 2))
        self.fc1 = nn.Linear(7 * 2 * 3, 9)
        self.fc2 = nn.Linear(9, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 3, 2, padding=1)
        x = F.relu(F.dropout(self.conv2(x), 0.3, self.training))
        x = x.view(x.size(0), -1)
        return self.fc2(F.relu(self.fc1(x)))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(2, 5, 3, padding="same", bias=False), nn.BatchNorm2d(5), nn.ReLU(inplace=True)
        )
        self.body = nn.Sequential(
            nn.Conv2d(5, 5, 3, padding=1, bias=False), nn.BatchNorm2d(5), nn.ReLU(inplace=True),
            nn.Conv2d(5, 5, 3, padding=1, bias=False), nn.BatchNorm2d(5),
        )  # fmt: skip
        self.short = nn.Conv2d(5, 6, 1, stride=2)
        self.down = nn.Conv2d(5, 6, 3, stride=2, padding=1)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = self.stem(x)
        y = self.body(x)
        y += x
        x = F.relu(y)
        x = F.relu6(self.down(x) + self.short(x))
        return self.head(x.mean(dim=(2, 3)))


class Separable(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 4, (4, 2), stride=(2, 1), bias=False), nn.BatchNorm2d(4), nn.ReLU6(),
            nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.BatchNorm2d(4), nn.Hardtanh(0, 6),
            nn.Conv2d(4, 8, 1), nn.BatchNorm2d(8), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(8, 3), nn.Softmax(1),
        )  # fmt: skip


class Signal(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(2, 4, 5, stride=2, padding=2, bias=False), nn.BatchNorm1d(4), nn.ReLU(),
            nn.MaxPool1d(3, ceil_mode=True), nn.Conv1d(4, 4, 3, groups=4), nn.Identity(),
            nn.AvgPool1d(2),
        )  # fmt: skip
        self.fc = nn.Linear(4 * 3, 3)

    def forward(self, x):
        return self.fc(self.layers(x).flatten(1)).argmax(1)


class SwapsAxes(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 5, (1, 9), stride=(1, 2), bias=False)
        self.bn1 = nn.BatchNorm2d(5)
        self.conv2 = nn.Conv2d(1, 6, 3, padding=1)
        self.fc = nn.Linear(6, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), (1, 4)).permute((0, 2, 1, 3))
        return self.fc(F.avg_pool2d(F.relu(self.conv2(x)), (5, 6)).squeeze())


class SwapsForLinear(nn.Module):
    """Height and width swapped before the flatten: only columns of the linear layer move."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, (3, 2))
        self.fc = nn.Linear(3 * 4 * 4, 4)

    def forward(self, x):
        return self.fc(self.conv(x).transpose(2, 3).reshape(1, -1))


class PreActivation(nn.Module):
    """Batch norm behind an addition has no convolution to fold into."""

    def __init__(self):
        super().__init__()
        self.pad = nn.ZeroPad2d((0, 1, 0, 1))
        self.conv = nn.Conv2d(2, 4, 3, stride=2)
        self.block = nn.Sequential(nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 1))
        self.norm = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        x = self.conv(self.pad(x))
        x = x + self.block(x)
        return self.fc(torch.amax(F.relu(self.norm(x)), (2, 3)))


class Perceptron(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Flatten(), nn.Linear(24, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3)
        )


CASES = {
    "functional": (Functional, (1, 3, 16, 13)),
    "residual": (Residual, (1, 2, 6, 5)),
    "separable": (Separable, (1, 1, 12, 7)),
    "signal": (Signal, (1, 2, 49)),
    "swaps": (SwapsAxes, (1, 1, 1, 57)),
    "swaps-for-linear": (SwapsForLinear, (1, 1, 6, 5)),
    "pre-activation": (PreActivation, (1, 2, 6, 8)),
    "perceptron": (Perceptron, (1, 2, 3, 4)),
}


def trained_looking(module):
    """Random batch norm statistics, so that a fold that is wrong shows."""
    generator = torch.Generator().manual_seed(3)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            size = part.weight.shape
            part.weight.data = torch.rand(size, generator=generator) + 0.5
            part.bias.data = torch.randn(size, generator=generator)
            part.running_mean = torch.randn(size, generator=generator)
            part.running_var = torch.rand(size, generator=generator) + 0.5
    return module


def nhwc(x):
    """A torch batch as the Network sees it."""
    if x.ndim == 2:
        return x[:, None, None, :].numpy()
    if x.ndim == 3:
        return x[:, :, None, :].permute(0, 2, 3, 1).numpy()
    return x.permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("case", CASES)
def test_imported_network_computes_what_the_module_computes(case):
    kind, shape = CASES[case]
    torch.manual_seed(0)
    module = trained_looking(kind())
    imported = import_torch(module, torch.randn(shape), case)
    reference = copy.deepcopy(module).eval()
    for _ in range(3):
        x = torch.randn(shape)
        with torch.no_grad():
            expected = reference(x).reshape(-1)
        got = run_float(imported.network, imported.parameters, nhwc(x)).reshape(-1)
        np.testing.assert_allclose(got, expected, atol=1e-4)


class LogScores(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.fc = nn.Linear(6, 4)
        self.last = last

    def forward(self, x):
        scores = F.log_softmax(self.fc(x), dim=1)
        return scores if self.last else F.relu(scores)


def test_log_softmax_is_left_out_at_the_end_and_refused_elsewhere():
    imported = import_torch(LogScores(last=True), torch.randn(1, 6), "net")
    assert [layer.op for layer in imported.network.layers] == ["linear"]
    with pytest.raises(ModelError, match="only as the last operation"):
        import_torch(LogScores(last=False), torch.randn(1, 6), "net")


def test_module_stays_as_it_was():
    module = Residual().train()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    import_torch(module, torch.randn(1, 2, 6, 5), "net")
    assert all(part.training for part in module.modules())
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())


def test_structure_of_a_residual_network():
    network = import_torch(Residual(), torch.randn(1, 2, 6, 5), "net").network
    assert [(layer.name, layer.op, layer.activation) for layer in network.layers] == [
        ("stem.0", "conv", "relu"),
        ("body.0", "conv", "relu"),
        ("body.3", "conv", "none"),
        ("add", "add", "relu"),
        ("down", "conv", "none"),
        ("short", "conv", "none"),
        ("add_2", "add", "relu6"),
        ("avg_pool", "avg_pool", "none"),
        ("head", "linear", "none"),
    ]
    assert network.layer("add").inputs == ("body.3", "stem.0")
    assert {layer.weight_format for layer in network.weighted_layers} == {"s8"}


def test_transpose_only_where_data_move():
    swaps = import_torch(SwapsAxes(), torch.randn(1, 1, 1, 57), "net").network
    moved = [layer for layer in swaps.layers if layer.op == "transpose"]
    assert [(layer.permutation, layer.shape) for layer in moved] == [((2, 1, 0), (5, 6, 1))]
    free = import_torch(SwapsForLinear(), torch.randn(1, 1, 6, 5), "net").network
    assert [layer.op for layer in free.layers] == ["conv", "flatten", "linear"]


def test_names_of_a_bare_sequential_are_no_numbers():
    network = import_torch(Separable(), torch.randn(1, 1, 12, 7), "net").network
    assert network.layers[0].name == "conv0"
    assert len({layer.name for layer in network.layers}) == len(network.layers)


def test_flat_example_with_an_image_behind_it():
    module = Perceptron()
    imported = import_torch(module, torch.randn(1, 24), "net", input_shape=(3, 4, 2))
    assert imported.network.input.shape == (3, 4, 2)
    x = torch.randn(1, 2, 3, 4)
    got = run_float(imported.network, imported.parameters, nhwc(x)).reshape(-1)
    np.testing.assert_allclose(got, module.eval()(x).detach().reshape(-1), atol=1e-5)


def test_pick_example_finds_the_shape_a_module_was_written_for():
    assert [tuple(e.shape) for e in example_for((1, 40, 2))] == [(1, 2, 1, 40), (1, 2, 40), (1, 80)]
    assert pick_example(Separable(), (12, 7, 1), 3).shape == (1, 1, 12, 7)
    assert pick_example(Signal(), (1, 47, 2), 3).shape == (1, 2, 47)
    assert pick_example(nn.Linear(80, 3), (1, 40, 2), 3).shape == (1, 80)
    with pytest.raises(ModelError, match=r"\(1, 2, 40\): "):
        pick_example(Separable(), (1, 40, 2), 3)


@settings(max_examples=8, deadline=None)
@given(st.data())
def test_random_windows_and_channels(data):
    size = st.integers(1, 3)
    kernel, stride = (data.draw(st.tuples(size, size)) for _ in range(2))
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel)
    channels, outputs = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    torch.manual_seed(data.draw(st.integers(0, 99)))
    module = nn.Sequential(
        nn.Conv2d(channels, channels, kernel, stride, padding, groups=channels, bias=False),
        nn.BatchNorm2d(channels), nn.ReLU(),
        nn.Conv2d(channels, outputs, 2, padding=1), nn.BatchNorm2d(outputs),
        nn.MaxPool2d(kernel, stride, padding, ceil_mode=data.draw(st.booleans())), nn.ReLU6(),
        nn.Flatten(), nn.LazyLinear(3),
    ).eval()  # fmt: skip
    x = torch.randn(1, channels, 9, 8)
    module(x)
    imported = import_torch(trained_looking(module), x, "net")
    got = run_float(imported.network, imported.parameters, nhwc(x)).reshape(-1)
    np.testing.assert_allclose(got, module(x).detach().reshape(-1), atol=1e-4)
