import numpy as np
import pytest
import torch
from torch import nn

from dse.data import Dataset
from dse.importers import import_torch, pick_example
from dse.models import (
    Recipe,
    accuracy,
    build_model,
    load_weights,
    recipe_for,
    train_float,
)
from hw_models.errors import ModelError


@pytest.fixture(scope="module")
def blobs():
    """Two classes of 4x4 images that differ in their left half."""
    rng = np.random.default_rng(0)
    y = np.arange(96) % 2
    x = rng.normal(0, 0.3, (96, 4, 4, 1)).astype(np.float32)
    x[:, :, :2, 0] += y[:, None, None]
    parts = [array[i::3] for i in range(3) for array in (x, y)]
    return Dataset("blobs", *parts, ("a", "b"))


def small():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2))


def test_transpose_of_micro_acdnet():
    module = build_model("zoo:micro-acdnet", (1, 8000, 1), 10)
    network = import_torch(module, pick_example(module, (1, 8000, 1), 10), "net").network
    assert network.layer("frames").shape == (1, 39, 20)
    assert network.layer("stack.conv3.conv.transpose").shape == (20, 39, 1)


def test_the_seed_decides_the_weights():
    first, again, other = (
        build_model("zoo:digits-ds", (16, 16, 1), 10, seed).stem.conv.weight for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_training_learns_repeats_and_spares_the_module(blobs):
    torch.manual_seed(0)
    module = small()
    before = module[0].weight.clone()
    reports = []
    recipe = Recipe(epochs=6, lr=0.02, batch=8)
    trained = train_float(module, blobs, 6, seed=1, recipe=recipe, progress=reports.append)
    assert torch.equal(module[0].weight, before)
    assert [report.epoch for report in reports] == [1, 2, 3, 4, 5, 6]
    assert reports[-1].accuracy == accuracy(trained, blobs) > 0.9
    again = train_float(module, blobs, 6, seed=1, recipe=recipe)
    assert torch.equal(again[0].weight, trained[0].weight)
    assert not torch.equal(
        train_float(module, blobs, 6, seed=2, recipe=recipe)[0].weight, trained[0].weight
    )


def test_divergence_is_reported(blobs):
    with pytest.raises(ModelError, match="diverges"):
        train_float(small(), blobs, 3, seed=0, recipe=Recipe(epochs=3, lr=1e30))


def test_class_count_that_does_not_match_the_head(blobs):
    head = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    with pytest.raises(ModelError, match="2 class scores"):
        train_float(head, blobs, 1, seed=0)


MODEL_FILE = """
from torch import nn
from sibling import WIDTH

def net(input_shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(WIDTH, classes))

def bare():
    return nn.Linear(WIDTH, 2)

def everything(**options):
    return nn.Linear(options["input_shape"][2], options["classes"])

class Own(nn.Linear):
    def __init__(self, classes=3):
        super().__init__(WIDTH, classes)

ready = nn.Linear(WIDTH, 4)
number = 3

def wrong():
    return 3

def failing(classes):
    raise ValueError("no luck")

def demanding(depth):
    return bare()
"""


@pytest.fixture
def model_file(tmp_path):
    (tmp_path / "sibling.py").write_text("WIDTH = 16\n")
    path = tmp_path / "own.py"
    path.write_text(MODEL_FILE)
    return path


@pytest.mark.parametrize(
    ("name", "outputs"), [("net", 5), ("bare", 2), ("everything", 5), ("Own", 5), ("ready", 4)]
)
def test_factories_get_the_arguments_they_accept(model_file, name, outputs):
    module = build_model(f"{model_file}:{name}", (4, 4, 16), 5)
    assert list(module.modules())[-1].out_features == outputs


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lacking", r"no such name(.|\n)*allowed.*net"),
        ("number", "neither a function"),
        ("wrong", r"must return a torch\.nn\.Module"),
        ("failing", r"factory fails(.|\n)*own\.py:2\d(.|\n)*ValueError: no luck"),
        ("demanding", r"factory fails(.|\n)*depth"),
    ],
)
def test_bad_factories(model_file, name, message):
    with pytest.raises(ModelError, match=message):
        build_model(f"{model_file}:{name}", (4, 4, 1), 5)


def test_bad_model_files(tmp_path):
    with pytest.raises(ModelError, match=r"missing(.|\n)*nowhere\.py"):
        build_model("nowhere.py:net", (4, 4, 1), 2)
    (tmp_path / "own.py").write_text("x = 1\ny = (\n")
    with pytest.raises(ModelError, match=r"own\.py:2(.|\n)*SyntaxError"):
        build_model(f"{tmp_path / 'own.py'}:net", (4, 4, 1), 2)
    (tmp_path / "own.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(ModelError, match=r"own\.py:1(.|\n)*nothing_of_that_name"):
        build_model(f"{tmp_path / 'own.py'}:net", (4, 4, 1), 2)


@pytest.mark.parametrize("spec", ["zoo", "ds-cnn", "net.onnx:x", ""])
def test_model_that_is_not_understood(spec):
    with pytest.raises(ModelError, match=r"not understood(.|\n)*ds-cnn"):
        build_model(spec, (4, 4, 1), 2)


def test_unknown_zoo_model_and_data_it_cannot_take():
    with pytest.raises(ModelError, match=r"no such model(.|\n)*resnet8"):
        build_model("zoo:resnet", (4, 4, 1), 2)
    with pytest.raises(ModelError, match="raw mono audio"):
        build_model("zoo:micro-acdnet", (49, 10, 1), 2)
    with pytest.raises(ModelError, match="too small for LeNet-5"):
        build_model("zoo:lenet5", (4, 4, 1), 2)


def test_recipes():
    assert recipe_for("zoo:digits-ds").epochs < recipe_for("own.py:net").epochs


def test_weights_from_a_state_dict(tmp_path):
    source, target = small(), small()
    torch.save(source.state_dict(), tmp_path / "a.pt")
    torch.save({"state_dict": source.state_dict(), "epoch": 3}, tmp_path / "b.pt")
    before = target[0].weight.clone()
    for name in ("a.pt", "b.pt"):
        assert torch.equal(load_weights(target, tmp_path / name)[0].weight, source[0].weight)
    assert torch.equal(target[0].weight, before)


def test_bad_weights(tmp_path):
    with pytest.raises(ModelError, match="missing"):
        load_weights(small(), tmp_path / "none.pt")
    (tmp_path / "junk.pt").write_bytes(b"junk")
    with pytest.raises(ModelError, match="cannot be read"):
        load_weights(small(), tmp_path / "junk.pt")
    torch.save(small(), tmp_path / "module.pt")
    with pytest.raises(ModelError, match="never unpickled"):
        load_weights(small(), tmp_path / "module.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(ModelError, match="no state dict"):
        load_weights(small(), tmp_path / "list.pt")
    torch.save(nn.Sequential(nn.Linear(2, 2)).state_dict(), tmp_path / "other.pt")
    with pytest.raises(ModelError, match=r"do not fit(.|\n)*Missing key"):
        load_weights(small(), tmp_path / "other.pt")
