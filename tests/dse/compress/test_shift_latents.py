import numpy as np
import pytest
import torch

from dse.compress.shift_latents import ShiftLatents
from hw_models.weight_levels import nearest_levels, weight_values


@pytest.mark.parametrize("weight_format", ["p4", "p3", "p2"])
def test_latents_start_at_the_nearest_levels(weight_format):
    ratio = torch.linspace(-80, 80, 1281).reshape(1, -1, 1, 1) + 0.03
    levels = ShiftLatents(ratio, weight_format)().detach().flatten().numpy()
    np.testing.assert_array_equal(levels, nearest_levels(ratio.flatten().numpy(), weight_format))
    assert set(levels) == set(weight_values(weight_format))


def test_gradients_follow_the_formula():
    ratio = torch.tensor([3.2, -1.1, 0.3]).reshape(1, 3, 1, 1)
    latents = ShiftLatents(ratio, "p3")
    outer = torch.tensor([1.0, 10.0, 100.0]).reshape(1, 3, 1, 1)
    latents().backward(outer)
    # Levels 4 (S = 1(s1) (1(s2) + 1) = 2), -1 (S = 0) and 0 (S = 0).
    first, second = (one.grad.flatten().tolist() for one in latents.shifts)
    assert latents.sign.grad.flatten().tolist() == [4.0, 10.0, 0.0]
    assert latents.sparse.grad.flatten().tolist() == [4.0, -10.0, 100.0]
    log2 = np.log(2)
    assert first == pytest.approx([4 * log2 * 2, -10 * log2 * 1, 0.0])
    assert second == pytest.approx([4 * log2 * 1, 0.0, 0.0])


def test_the_penalty_counts_what_is_zero():
    latents = ShiftLatents(torch.tensor([0.1, -0.2, 2.0]).reshape(1, 3, 1, 1), "p2")
    assert latents.penalty().item() == pytest.approx(0.4 + 0.3)
    latents.penalty().backward()
    assert latents.sparse.grad.flatten().tolist() == [-1.0, -1.0, 0.0]
