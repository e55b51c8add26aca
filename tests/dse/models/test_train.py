"""Float training by recipe."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from dse.data import Dataset
from dse.data.augment import Augmentation
from dse.data.dataset import Clips
from dse.models import Checkpoint, Recipe, accuracy, build_model, train_float
from dse.models.batches import Samples, draw_batch, training_samples
from dse.models.optimise import learning_rate, make_optimiser
from hw_models.errors import ConfigError, RunError


def tones(clips=False):
    """Two classes of raw audio, a low and a high tone, in windows of 64 samples."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    time = np.arange(192 if clips else 64)
    phase = rng.uniform(0, 6.28, (60, 1))
    x = np.sin(time * np.where(y[:, None], 1.6, 0.4) + phase).astype(np.float32)
    x = x[:, None, :, None]
    if clips:
        whole = Clips(x[:20], y[:20], 3)
        x, y = x.reshape(180, 1, 64, 1), np.repeat(y, 3)
    step = len(x) // 3
    parts = [a[i * step : (i + 1) * step] for i in range(3) for a in (x, y)]
    return Dataset("tones", *parts, ("low", "high"), rate_hz=8000, clips=whole if clips else None)


def small():
    torch.manual_seed(0)
    conv = nn.Conv2d(1, 4, (1, 9))
    return nn.Sequential(
        conv, nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)
    )


EVERYTHING = Augmentation(time_shift=0.2, gain_db=6.0, equaliser_db=3.0, noise=0.05, mixing=True)
ACDNET_LIKE = Recipe(
    20, 0.1, batch=8, weight_decay=5e-4, optimiser="sgd", schedule="steps", augmentation=EVERYTHING
)


@pytest.mark.parametrize("clips", [False, True])
def test_mixing_learns_and_repeats(clips):
    data = tones(clips)
    first, again, other = (train_float(small(), data, 20, seed, ACDNET_LIKE) for seed in (1, 1, 2))
    assert accuracy(first, data) > 0.9
    assert torch.equal(first[0].weight, again[0].weight)
    assert not torch.equal(first[0].weight, other[0].weight)


def test_the_accuracy_of_clips_is_the_mean_over_their_windows():
    data = tones(clips=True)

    class Hears(nn.Module):
        """Right about two windows of three, and surer about the third."""

        def forward(self, x):
            low = x[:, 0, 0].diff(dim=1).abs().mean(1) < 0.5
            sign = torch.where(low, 1.0, -1.0)
            sure = torch.where(torch.arange(len(x)) % 3 == 2, -9.0, 1.0)
            return torch.stack([sign * sure, -sign * sure], 1)

    data_alone = Dataset(
        "x", *(a for part in ("train", "val", "test") for a in data.part(part)), ("a", "b")
    )
    assert accuracy(Hears(), data) == 1.0
    assert accuracy(Hears(), data_alone) == pytest.approx(2 / 3)


class Interruption(Exception):
    """Stops a training from within."""


def interrupted(data, checkpoint, epoch, recipe=ACDNET_LIKE):
    def stop(report):
        if report.epoch == epoch:
            raise Interruption

    with pytest.raises(Interruption):
        train_float(dropping(), data, 20, 1, recipe, stop, checkpoint=checkpoint)


def dropping():
    return nn.Sequential(*small(), nn.Dropout(0.3))


@pytest.mark.parametrize("optimiser", ["sgd", "adamw"])
def test_an_interrupted_training_goes_on_to_the_same_weights(tmp_path, optimiser):
    recipe = replace(ACDNET_LIKE, optimiser=optimiser, lr=0.01)
    data, checkpoint = tones(clips=True), Checkpoint(tmp_path / "state", every=3)
    interrupted(data, checkpoint, 8, recipe)
    reports = []
    resumed = train_float(dropping(), data, 20, 1, recipe, reports.append, checkpoint=checkpoint)
    assert [report.epoch for report in reports] == list(range(7, 21))
    whole = train_float(dropping(), data, 20, 1, recipe)
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    finished = train_float(dropping(), data, 20, 1, recipe, pytest.fail, checkpoint=checkpoint)
    assert torch.equal(finished[0].weight, whole[0].weight)


def test_the_state_of_another_training_is_refused(tmp_path):
    data, checkpoint = tones(), Checkpoint(tmp_path / "state", every=1)
    interrupted(data, checkpoint, 2)
    cases = [(19, 1, ACDNET_LIKE), (20, 2, ACDNET_LIKE), (20, 1, replace(ACDNET_LIKE, lr=0.2))]
    for epochs, seed, recipe in cases:
        with pytest.raises(RunError, match="another training"):
            train_float(dropping(), data, epochs, seed, recipe, checkpoint=checkpoint)


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "schema"])
def test_a_damaged_state_is_refused(tmp_path, damage):
    data, checkpoint = tones(), Checkpoint(tmp_path / "state", every=1)
    interrupted(data, checkpoint, 2)
    whole = checkpoint.path.read_bytes()
    spoilt = {"cut": whole[: len(whole) // 2], "empty": b"", "text": b"state", "schema": whole}
    checkpoint.path.write_bytes(spoilt[damage])
    if damage == "schema":
        torch.save({"schema": 99}, checkpoint.path)
    with pytest.raises(RunError, match="cannot be read"):
        train_float(dropping(), data, 20, 1, ACDNET_LIKE, checkpoint=checkpoint)


def test_validation_is_as_rare_as_asked():
    reports = []
    train_float(small(), tones(), 8, 0, ACDNET_LIKE, reports.append, validate_every=3)
    assert [report.epoch for report in reports if report.accuracy is not None] == [3, 6, 8]


def test_mixing_needs_raw_audio():
    x = np.zeros((4, 3, 3, 1), np.float32)
    y = np.arange(4) % 2
    data = Dataset("images", x, y, x, y, x, y, ("a", "b"))
    net = nn.Sequential(nn.Flatten(), nn.Linear(9, 2))
    with pytest.raises(ConfigError, match="raw mono audio"):
        train_float(net, data, 1, 0, Recipe(1, 0.1, augmentation=Augmentation(mixing=True)))


def test_an_autoencoder_learns_its_inputs():
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(256, 1, 1, 2)) @ rng.normal(size=(2, 12))).astype(np.float32)
    data = Dataset("x", *(x, np.arange(256) % 2) * 3, ("a", "b"))
    losses = []
    recipe = Recipe(8, 3e-3, batch=16, schedule="constant", loss="reconstruction")
    module = build_model("zoo:fc-autoencoder", (1, 1, 12), 12)
    train_float(module, data, 8, 0, recipe, losses.append)
    assert losses[0].accuracy is None
    assert losses[-1].loss < losses[0].loss / 2


def test_the_recipe_reaches_the_training():
    data = tones()
    plain = Recipe(2, 1e-2, batch=8)
    changed = [
        Recipe(2, 1e-2, batch=8, weight_decay=1.0),
        Recipe(2, 1e-2, batch=8, optimiser="sgd"),
        Recipe(2, 1e-2, batch=8, schedule="constant"),
        Recipe(2, 1e-2, batch=8, augmentation=Augmentation(noise=0.5)),
    ]
    weights = [train_float(small(), data, 2, 0, r)[0].weight for r in (plain, *changed)]
    assert all(not torch.equal(weights[0], other) for other in weights[1:])


def test_mixed_sounds_are_equalised_each_by_itself_and_weighed_after():
    """However an equaliser changes two tones, the mixture has them in the shares of the label."""
    time, tone = torch.arange(2048), torch.tensor([0.1, 1.9])
    x = (time * tone[:, None]).sin()[:, None, :, None]
    samples = Samples(x, torch.arange(2), window=None, classes=2, rate_hz=None, lengths=None)
    how = Augmentation(equaliser_db=20.0, mixing=True)
    chosen = torch.arange(2).repeat(50)
    mixed, y = draw_batch(samples, chosen, how, torch.Generator().manual_seed(1))
    waves = torch.stack([f(time * w) for w in tone for f in (torch.sin, torch.cos)], 1)
    found = torch.linalg.lstsq(waves, mixed.flatten(1).T).solution.reshape(2, 2, -1).norm(dim=1).T
    torch.testing.assert_close(found / found.sum(1, keepdim=True), y, atol=0.1, rtol=0)
    assert found.sum(1).max() > 4 * found.sum(1).min()


def test_the_one_cycle_rises_and_falls_to_zero():
    recipe = Recipe(10, 0.1)
    shares = [learning_rate(recipe, step, 10, 10) for step in range(101)]
    assert max(shares) == shares[19] == 1.0
    assert shares[100] < 1e-9
    assert shares[:20] == sorted(shares[:20])
    assert shares[20:] == sorted(shares[20:], reverse=True)


def test_the_optimiser_of_the_published_recipe():
    options = make_optimiser(small(), ACDNET_LIKE).defaults
    wanted = {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}
    assert {name: options[name] for name in wanted} == wanted


@pytest.mark.gpu
def test_batches_on_a_gpu_are_those_of_the_processor():
    data = tones(clips=True)
    batches = []
    for device in ("cpu", "cuda"):
        samples = training_samples(data, torch.device(device))
        chosen = torch.arange(12, device=device)
        generator = torch.Generator().manual_seed(3)
        batches.append(draw_batch(samples, chosen, EVERYTHING, generator))
    for here, there in zip(*batches, strict=True):
        torch.testing.assert_close(here, there.cpu(), atol=1e-4, rtol=1e-4)
