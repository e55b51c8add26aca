"""ONNX files compute what the torch modules with their weights compute, or are refused by name."""

import copy
import sys

import numpy as np
import onnx
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dse.boards.choice import parse_board
from dse.compress import compress, lower
from dse.export.project import export_project
from dse.float_network import run_float
from dse.importers import import_torch, list_operations, load_onnx, pick_example
from dse.models import build_model, load_weights
from dse.study.check import check_study, read_subject
from dse.study.config import make_study
from dse.verify import verify
from hw_models.device import generic_device
from hw_models.errors import ModelError, ToolError
from search_spaces.choices import depth_cut
from search_spaces.space import whole_space


def norm(channels):
    layer = nn.BatchNorm2d(channels).eval()
    layer.running_mean, layer.running_var = torch.randn(channels), 0.5 + torch.rand(channels)
    layer.weight.data, layer.bias.data = 0.5 + torch.rand(channels), torch.randn(channels)
    return layer


def separable(writer):
    """Conv, batch norm, depthwise, ReLU6 as Clip, pools, Gemm: what torch exports."""
    torch.manual_seed(0)
    stem, wise, point = (
        nn.Conv2d(2, 4, 3, 2, 1),
        nn.Conv2d(4, 4, 3, 1, 1, groups=4),
        nn.Conv2d(4, 6, 1),
    )
    bn, fc = norm(4), nn.Linear(6, 3)
    g = writer("batch", 2, 12, 9)
    t = g.conv("x", stem, strides=[2, 2], pads=[1, 1, 1, 1], kernel_shape=[3, 3])
    t = g.put("Relu", g.norm(t, bn))
    t = g.put("MaxPool", t, kernel_shape=[2, 2], strides=[1, 1])
    t = g.conv(t, wise, group=4, pads=[1, 1, 1, 1])
    t = g.put("Clip", t, g.store(np.float32(0)), g.store(np.float32(6)))
    t = g.put("Dropout", g.put("HardSwish", g.conv(t, point)))
    t = g.put("Flatten", g.put("GlobalAveragePool", t))
    weight, bias = (g.store(one.detach().numpy()) for one in (fc.weight, fc.bias))
    t = g.put("Softmax", g.put("Gemm", t, weight, bias, transB=1), axis=1)

    def module(x):
        x = F.max_pool2d(F.relu(bn(stem(x))), 2, 1)
        x = F.hardswish(point(F.relu6(wise(x))))
        return fc(x.mean((2, 3))).softmax(1)

    return g, t, module, (12, 9, 2)


def residual(writer):
    """A hard-swish by hand, an addition, a Pad, shapes computed from the input, MatMul and Add."""
    torch.manual_seed(1)
    one, two = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 5, 3, 2)
    weight, bias = torch.randn(5 * 3 * 4, 3), torch.randn(3)
    g = writer(1, 3, 6, 8)
    y = g.conv("x", one, pads=[1, 1, 1, 1])
    gate = g.put("HardSigmoid", y, alpha=1 / 6, beta=0.5)
    t = g.put("Add", g.put("Mul", y, gate), "x")
    t = g.put("Pad", t, g.constant(np.array([0, 0, 0, 0, 0, 0, 1, 1])))
    t = g.put("LeakyRelu", g.conv(t, two, strides=[2, 2], name=""), alpha=0.1)
    first = g.put("Gather", g.put("Shape", t), g.constant(np.array(0)), axis=0)
    sizes = [g.put("Unsqueeze", first, g.constant(np.array([0]))), g.constant(np.array([-1]))]
    t = g.put("Reshape", t, g.put("Concat", *sizes, axis=0))
    t = g.put("Add", g.store(bias.numpy()), g.put("MatMul", t, g.store(weight.numpy())))

    def module(x):
        x = F.pad(F.hardswish(one(x)) + x, (0, 1, 0, 1))
        return F.leaky_relu(two(x), 0.1).flatten(1) @ weight + bias

    return g, t, module, (6, 8, 3)


def channels_last(writer):
    """Channels last outside, SAME padding, numbers, ReduceMean: what other frameworks export."""
    torch.manual_seed(2)
    conv, wise, fc = nn.Conv2d(1, 4, 4, 2), nn.Conv2d(4, 4, 3, groups=4), nn.Linear(4, 3)
    g = writer("n", 11, 14, 1)
    t = g.put("Sub", g.put("Mul", "x", g.store(np.float32(2))), g.store(np.float32([1])))
    t = g.put("Transpose", t, perm=[0, 3, 1, 2])
    t = g.conv(t, conv, strides=[2, 2], auto_pad="SAME_UPPER")
    t = g.put(
        "MaxPool", g.put("Relu", t), kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"
    )
    t = g.conv(t, wise, group=4, auto_pad="SAME_LOWER")
    t = g.put("Clip", t, g.store(np.float32(0)))
    t = g.put(
        "ReduceMean",
        g.put("Transpose", t, perm=[0, 2, 3, 1]),
        g.constant(np.array([1, 2])),
        keepdims=0,
    )
    weight = g.store(2 * fc.weight.detach().numpy().T)
    t = g.put("Gemm", g.put("Tanh", t), weight, g.store(fc.bias.detach().numpy()), alpha=0.5)

    def module(x):
        x = conv(F.pad(x * 2 - 1, (1, 1, 1, 2)))
        x = F.max_pool2d(F.pad(F.relu(x), (1, 1, 0, 1), value=-9.0), 3, 2)
        x = F.relu(wise(F.pad(x, (1, 1, 1, 1))))
        return fc(torch.tanh(x.mean((2, 3))))

    return g, t, module, (11, 14, 1)


def signal(writer):
    """A signal in one dimension, its mean by a pool, a written-out SiLU and GELU, every third."""
    torch.manual_seed(3)
    conv, two, fc = nn.Conv1d(1, 4, 8, 4), nn.Conv1d(4, 5, 3), nn.Conv1d(5, 3, 1)
    g = writer("N", 1, 90)
    t = g.conv("x", conv, strides=[4])
    t = g.put("Mul", t, g.put("Sigmoid", t))
    t = g.put("MaxPool", t, kernel_shape=[2], strides=[2])
    t = g.conv(t, two, pads=[0, 1])
    erf = g.put("Erf", g.put("Div", t, g.store(np.float32(2**0.5))))
    t = g.put(
        "Mul", g.put("Mul", t, g.store(np.float32(0.5))), g.put("Add", erf, g.store(np.float32(1)))
    )
    numbers = [g.constant(np.array([value])) for value in (0, 9999, 2, 3)]
    t = g.put("Slice", t, *numbers)
    t = g.conv(g.put("AveragePool", t, kernel_shape=[3]), fc)
    t = g.put("Reshape", t, g.constant(np.array([1, 3])))
    t = g.put("LogSoftmax", g.put("Identity", t), axis=-1)

    def module(x):
        x = F.gelu(two(F.pad(F.max_pool1d(F.silu(conv(x)), 2), (0, 1))))[:, :, ::3]
        return fc(F.avg_pool1d(x, 3)).squeeze(2).log_softmax(1)

    return g, t, module, (1, 90, 1)


CLASSES = 3
GRAPHS = {one.__name__: one for one in (separable, residual, channels_last, signal)}


@pytest.fixture(params=GRAPHS)
def case(request, writer, tmp_path):
    g, output, module, shape = GRAPHS[request.param](writer)
    return g.save(tmp_path / "net.onnx", output), module, shape


def test_a_file_computes_what_torch_computes(case):
    path, reference, shape = case
    module = build_model(str(path), shape, CLASSES)
    example = pick_example(module, shape, CLASSES)
    imported = import_torch(module, example, "net", shape)
    for _ in range(3):
        x = torch.rand_like(example)
        with torch.no_grad():
            expected = reference(x).flatten()
            torch.testing.assert_close(module.eval()(x).flatten(), expected, atol=1e-5, rtol=1e-4)
        rows = x.reshape(1, shape[2], *shape[:2]).permute(0, 2, 3, 1).numpy()
        got = torch.from_numpy(run_float(imported.network, imported.parameters, rows)).flatten()
        if path.read_bytes().count(b"LogSoftmax"):
            got = got.log_softmax(0)
        torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-4)


def test_operations_are_listed_by_their_nodes(case):
    path, _, shape = case
    module = load_onnx(path, shape)
    listed = list_operations(module, pick_example(module, shape, CLASSES), shape)
    assert {one.verdict for one in listed} == {"supported"}
    names = {one.place.partition(".")[0] for one in listed} - {"the top module"}
    assert len(names) > 4
    assert names <= {name for name, _ in module.named_children()}
    assert not any(".py:" in one.place for one in listed)


def test_a_larger_batch_runs_and_trains(case):
    path, reference, shape = case
    module = load_onnx(path, shape)
    example = pick_example(module, shape, CLASSES)
    x = torch.rand(4, *example.shape[1:])
    with torch.no_grad():
        torch.testing.assert_close(module.eval()(x), reference(x), atol=1e-5, rtol=1e-4)
    module.train()(x).square().sum().backward()
    assert all(one.grad is not None for one in module.parameters())


def test_weights_of_a_trained_file_load_again(case, tmp_path):
    path, _, shape = case
    module = load_onnx(path, shape)
    state = {key: value + 1 for key, value in module.state_dict().items()}
    torch.save(state, tmp_path / "net.pt")
    again = load_weights(module, tmp_path / "net.pt")
    assert all(torch.equal(value, state[key]) for key, value in again.state_dict().items())


@pytest.mark.compiler
def test_a_compressed_file_is_bit_exact_on_the_host(writer, tmp_path):
    g, output, _, shape = separable(writer)
    module = load_onnx(g.save(tmp_path / "net.onnx", output), shape)
    imported = import_torch(module, pick_example(module, shape, CLASSES), "net", shape)
    space, rng = whole_space(imported.network), np.random.default_rng(4)
    drawn = (space.sample(rng) for _ in range(100))
    configuration = next(each for each in drawn if depth_cut(each) is None)
    x = rng.random((20, *shape), dtype=np.float32)
    y = rng.integers(CLASSES, size=20)
    program = lower(compress(imported.parameters, space, configuration, x, y, seed=0, epochs=0))
    device, folder = generic_device("cortex-m4"), tmp_path / "project"
    export_project(program, None, device, None, folder, program.quantise_input(x))
    assert verify(folder, parse_board("host")).bit_exact


def test_a_study_of_a_file(writer, tmp_path):
    g = writer("batch", 1, 16, 16)
    torch.manual_seed(0)
    conv, fc = nn.Conv2d(1, 6, 3), nn.Linear(6, 10)
    t = g.put("Flatten", g.put("GlobalAveragePool", g.put("Relu", g.conv("x", conv))))
    weight, bias = (g.store(one.detach().numpy()) for one in (fc.weight, fc.bias))
    path = g.save(tmp_path / "small.onnx", g.put("Gemm", t, weight, bias, transB=1))
    values = {"model": str(path), "data": "digits", "device": "STM32L476RG"}
    config = make_study(values, "test")
    subject = read_subject(config)
    assert subject.operations()["layer"][0] == "Conv_0"
    report = check_study(config, subject)
    assert report.space.network.name == "small"
    assert [layer.op for layer in report.space.network.layers] == ["conv", "avg_pool", "linear"]


def test_operations_in_their_older_forms(writer, tmp_path):
    torch.manual_seed(4)
    conv = nn.Conv2d(2, 3, 3)
    g = writer(1, 2, 7, 7)
    t = g.put("Clip", g.conv("x", conv), min=0.0, max=6.0)
    t = g.put("Pad", g.put("Transpose", t, perm=[0, 1, 3, 2]), pads=[0, 0, 0, 0, 0, 0, 0, 0])
    t = g.put("Squeeze", g.put("ReduceMean", t, axes=[2, 3]), axes=[2, 3])
    path = g.save(tmp_path / "old.onnx", g.put("Softmax", t), opset=9)
    x = torch.rand(1, 2, 7, 7)
    got = load_onnx(path, (7, 7, 2))(x)
    expected = F.relu6(conv(x)).mean((2, 3)).softmax(1)
    torch.testing.assert_close(got, expected, atol=1e-6, rtol=1e-5)


def test_refused_nodes_are_listed_by_op_and_name(writer, tmp_path):
    g = writer("n", 2, 8, 8)
    t = g.put("LSTM", "x", "x", "x", name="memory")
    t = g.put("Clip", t, g.store(np.float32(-1)), g.store(np.float32(1)), name="clip")
    weight = g.put("Exp", g.store(np.ones((3, 2, 1, 1))))
    t = g.put("Conv", t, weight, name="late")
    t = g.put("MaxPool", t, kernel_shape=[2, 2], dilations=[2, 2], name="wide")
    t = g.put("Pad", t, g.constant(np.ones(8, dtype=np.int64)), mode="reflect", name="mirror")
    t = g.put("BatchNormalization", t, *[g.store(np.ones(3))] * 4, training_mode=1, name="trains")
    path = g.save(tmp_path / "net.onnx", t)
    with pytest.raises(ModelError) as caught:
        load_onnx(path)
    message = str(caught.value)
    for line in (
        "LSTM 'memory': there is no such operation here",
        "Clip 'clip': a clip to [-1, 1]; only [0, 6] and [0, inf)",
        "Conv 'late': its weight is computed, not stored",
        "MaxPool 'wide': dilation is not supported",
        "Pad 'mirror': padding with anything but zeros",
        "BatchNormalization 'trains': only with running statistics",
    ):
        assert line in message


def test_what_torch_can_and_the_network_cannot_is_refused_with_the_node(writer, tmp_path):
    g = writer("n", 2, 8, 8)
    gate = g.put("Sigmoid", g.put("GlobalAveragePool", "x"))
    t = g.put("Flatten", g.put("GlobalMaxPool", g.put("Mul", "x", gate, name="gate")))
    module = load_onnx(g.save(tmp_path / "net.onnx", t), (8, 8, 2))
    with pytest.raises(ModelError, match=r"aten.mul.Tensor at gate: it joins two activations"):
        import_torch(module, torch.rand(1, 2, 8, 8), "net")


def test_files_that_cannot_be_read(writer, tmp_path, monkeypatch):
    with pytest.raises(ModelError, match="file is missing"):
        build_model(str(tmp_path / "none.onnx"), (4, 4, 1), 2)
    (tmp_path / "bad.onnx").write_bytes(b"no protobuf at all")
    with pytest.raises(ModelError, match="cannot be read"):
        load_onnx(tmp_path / "bad.onnx")
    g = writer("n", 2)
    path = g.save(tmp_path / "two.onnx", g.put("Add", "x", "x"))
    data = onnx.load_model(path)
    data.graph.input.append(copy.deepcopy(data.graph.input[0]))
    data.graph.input[1].name = "z"
    onnx.save_model(data, path)
    with pytest.raises(ModelError, match=r"one input and one output.*\n.*\n.*\['x', 'z'\]"):
        load_onnx(path)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ToolError, match=r"pip install 'dse\[onnx\]'"):
        load_onnx(path)
