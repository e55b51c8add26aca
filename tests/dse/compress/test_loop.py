import numpy as np
import pytest
import torch

from dse.compress import build_module, calibrate, fine_tune, loop
from dse.compress.loop import LEARNING_RATES, distillation_loss, first_learning_rate
from dse.compress.teacher import base_loss, teacher_logits
from dse.compress.train import to_samples
from dse.compress.training import Training
from dse.parameters import LayerParameters


def test_the_distillation_loss_and_its_gradient_follow_the_formula():
    rng = np.random.default_rng(0)
    logits, teacher = rng.normal(0, 2, (3, 4)), rng.normal(0, 2, (3, 4))
    labels = np.array([0, 3, 1])
    weight, temperature = 0.3, 2.5

    def shares(values):
        return np.exp(values) / np.exp(values).sum(1, keepdims=True)

    soft, wanted = shares(logits / temperature), shares(teacher / temperature)
    hard = -np.log(shares(logits)[np.arange(3), labels])
    kl = (wanted * np.log(wanted / soft)).sum(1)
    leaf = torch.from_numpy(logits).requires_grad_()
    loss = distillation_loss(
        leaf, torch.from_numpy(labels), torch.from_numpy(teacher), weight, temperature
    )
    share = weight * shares(teacher)[np.arange(3), labels]
    assert loss.item() == pytest.approx(((1 - share) * hard + share * temperature**2 * kl).mean())
    loss.backward()
    share = share[:, None]
    expected = (1 - share) * (shares(logits) - np.eye(4)[labels])
    expected += share * temperature * (soft - wanted)
    np.testing.assert_allclose(leaf.grad.numpy(), expected / 3, rtol=1e-6, atol=1e-9)


def test_distillation_pulls_towards_the_teacher(trained, digits, set_format):
    network, parameters, _ = trained
    small = set_format(network, "s2", ("c2", "c3"))
    x, y = digits[0][:320], digits[1][:320]
    teacher = teacher_logits(network, parameters, x, torch.device("cpu"))
    distances = []
    for weight in (0.0, 1.0):
        module = build_module(small, parameters, Training(distillation=weight))
        calibrate(module, x[:64])
        fine_tune(module, x, y, epochs=2, seed=0, teacher=teacher if weight else None)
        given = module(torch.from_numpy(x)).log_softmax(1)
        wanted = torch.from_numpy(teacher).log_softmax(1)
        distances.append(float((wanted.exp() * (wanted - given)).sum(1).mean()))
    assert distances[1] < distances[0]


def test_changed_samples_are_seen_and_the_seed_decides_the_changes(trained, digits):
    network, parameters, _ = trained
    states = []
    for shift, seed in ((0.0, 0), (0.25, 0), (0.25, 0), (0.25, 1)):
        module = build_module(network, parameters, Training(time_shift=shift))
        calibrate(module, digits[0][:64])
        fine_tune(module, digits[0][:64], digits[1][:64], epochs=1, seed=seed, batch=64)
        states.append(module.child(network.layer("c1")).weight.detach().clone())
    plain, first, again, other = states
    # One step over all samples: their order changes nothing but rounding, so it is the shift.
    assert not torch.allclose(plain, first, atol=1e-4)
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=1e-4)


def test_the_teacher_says_what_it_says_of_the_unchanged_sample(trained, digits, monkeypatch):
    network, parameters, _ = trained
    x, y = digits[0][:64], digits[1][:64]
    teacher = teacher_logits(network, parameters, x, torch.device("cpu"))
    seen = []

    real = loop.task_loss

    def spy(logits, labels, taught, how):
        seen.append(taught)
        return real(logits, labels, taught, how)

    monkeypatch.setattr(loop, "task_loss", spy)
    module = build_module(network, parameters, Training(time_shift=0.25))
    calibrate(module, x)
    fine_tune(module, x, y, epochs=1, seed=0, batch=64, teacher=teacher)
    (taught,) = seen
    order = torch.randperm(64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(taught, torch.from_numpy(teacher)[order])


def test_frozen_layers_keep_their_parameters(trained, digits, set_format):
    network = set_format(trained[0], "xnor", ("c2",))
    module = build_module(network, trained[1])
    calibrate(module, digits[0][:64])
    before = {name: value.detach().clone() for name, value in module.named_parameters()}
    frozen = [layer.name for layer in network.weighted_layers if layer.name != "fc"]
    fine_tune(module, digits[0][:128], digits[1][:128], epochs=2, seed=0, frozen=frozen)
    after = dict(module.named_parameters())
    moved = {name.split(".")[1] for name, value in before.items() if not value.equal(after[name])}
    index = [layer.name for layer in network.weighted_layers].index("fc")
    assert moved == {str(index)}


def test_steps_grow_with_what_a_network_lost_and_not_with_the_loss_it_had(
    trained, digits, set_format
):
    """Logits a tenth as large, as of a network trained on mixtures, are no damage."""
    network, parameters, _ = trained
    head = network.layers[-1].name
    faint = LayerParameters(parameters[head].weight / 10, parameters[head].bias / 10)
    unsure = {**parameters, head: faint}
    x, y = digits[0][:320], digits[1][:320]
    loss = base_loss(network, unsure, x, y, torch.device("cpu"))
    assert loss > 1
    gentle, strong = LEARNING_RATES
    rates = []
    for weights, formats in ((unsure, ()), (unsure, ("c2", "c3"))):
        module = build_module(set_format(network, "xnor", formats), weights)
        calibrate(module, x[:64])
        rates.append(first_learning_rate(module, to_samples(module, x, y, None, loss)))
    assert gentle <= rates[0] < 1.05 * gentle < rates[1] <= strong
    blind = first_learning_rate(module, to_samples(module, x, y))
    assert blind > 2 * rates[0]
