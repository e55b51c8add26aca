import numpy as np
import pytest
import torch

from dse.compress import build_module, calibrate, fine_tune, lower
from dse.evaluate import program_accuracy
from dse.program import WeightedConstants
from hw_models.errors import DataError, ModelError

INNER = ("d1", "p1", "c2", "c3")


def program_bytes(program):
    """All integers of a program."""
    parts = []
    for name in sorted(program.constants):
        own = program.constants[name]
        if isinstance(own, WeightedConstants):
            parts += [own.levels, own.bias, own.rescale.multiplier, own.rescale.shift]
            parts += [] if own.thresholds is None else [own.thresholds]
    values = [(q.scale, q.zero_point) for _, q in sorted(program.quantisation.items())]
    return b"".join(part.tobytes() for part in parts) + repr(values).encode()


def tuned(trained, digits, network, epochs=2, seed=0, count=600):
    """(accuracy before, program after)."""
    module = build_module(network, trained[1])
    calibrate(module, digits[0][:128])
    before = program_accuracy(lower(module), digits[2], digits[3])
    fine_tune(module, digits[0][:count], digits[1][:count], epochs=epochs, seed=seed)
    return before, lower(module)


@pytest.mark.parametrize(
    ("weight_format", "layers", "gain"),
    [
        ("s4", INNER, -0.01),
        ("s2", INNER, 0.03),
        ("p4", ("p1", "c2", "c3"), -0.02),
        ("p3", ("p1", "c2", "c3"), -0.01),
        ("p2", INNER, 0.03),
        ("xnor", ("c2", "c3"), 0.05),
    ],
)
def test_a_short_fine_tuning_recovers(trained, digits, set_format, weight_format, layers, gain):
    network = set_format(trained[0], weight_format, layers)
    before, program = tuned(trained, digits, network, epochs=3, count=1200)
    after = program_accuracy(program, digits[2], digits[3])
    assert after > before + gain
    assert after > trained[2] - 0.15


def test_the_same_seed_gives_the_same_bytes(trained, digits, set_format):
    network = set_format(set_format(trained[0], "xnor", ("c3",)), "s2", ("c2",))
    runs = [program_bytes(tuned(trained, digits, network, 1, seed, 160)[1]) for seed in (3, 3, 4)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_progress_and_threads(trained, digits):
    module = build_module(*trained[:2])
    calibrate(module, digits[0][:64])
    seen = []
    before = torch.get_num_threads()
    fine_tune(
        module,
        digits[0][:100],
        digits[1][:100],
        epochs=2,
        seed=0,
        progress=lambda epoch, loss: seen.append((epoch, loss)),
    )
    assert [epoch for epoch, _ in seen] == [1, 2]
    assert all(np.isfinite(loss) for _, loss in seen)
    assert torch.get_num_threads() == before
    assert not module.training


@pytest.mark.parametrize("labels", [np.full(20, 10), np.full(20, -1), np.zeros(19, int)])
def test_labels_that_do_not_fit_are_refused(trained, digits, labels):
    module = build_module(*trained[:2])
    calibrate(module, digits[0][:64])
    with pytest.raises(DataError, match="labels do not fit"):
        fine_tune(module, digits[0][:20], labels, epochs=1, seed=0)


def test_divergence_is_an_error(trained, digits):
    module = build_module(*trained[:2])
    calibrate(module, digits[0][:64])
    with pytest.raises(ModelError, match="not finite"):
        fine_tune(module, digits[0][:64], digits[1][:64], epochs=3, seed=0, lr=1e30)


@pytest.mark.gpu
def test_training_on_a_gpu_takes_the_same_path(trained, digits, set_format):
    network = set_format(trained[0], "xnor", ("c2",))
    module = build_module(network, trained[1]).to("cuda")
    calibrate(module, digits[0][:128])
    fine_tune(module, digits[0], digits[1], epochs=2, seed=0)
    assert program_accuracy(lower(module), digits[2], digits[3]) > trained[2] - 0.2
