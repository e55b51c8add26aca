import numpy as np
import pytest
import torch

from dse.compress.rankings import channel_scores
from dse.parameters import LayerParameters


@pytest.fixture
def tiny(make_builder):
    """1x2 inputs of one channel, a 1x1 convolution to two channels with ReLU, a linear layer."""
    net = make_builder((1, 2, 1))
    net.add("c", "conv", "x", channels=2, activation="relu")
    net.add("flat", "flatten", "c")
    net.add("fc", "linear", "flat", channels=2)
    network = net.build()
    c = np.array([[2.0], [-3.0]], dtype=np.float32).reshape(2, 1, 1, 1)
    fc = np.array([[1.0, 0.5, 0.0, 1.0], [0.0, 0.0, 2.0, 1.0]], dtype=np.float32)
    zero = np.zeros(2, dtype=np.float32)
    return network, {
        "c": LayerParameters(c, zero),
        "fc": LayerParameters(fc.reshape(2, 1, 1, 4), zero),
    }


X = np.array([[1.0, 2.0], [3.0, -1.0]], dtype=np.float32).reshape(2, 1, 2, 1)
Y = np.array([0, 1])


def test_norms(tiny):
    assert channel_scores(*tiny, "l1", X, Y, 0)["c"].tolist() == [2.0, 3.0]
    assert channel_scores(*tiny, "l2", X, Y, 0)["fc"] == pytest.approx([1.5, 5**0.5])


def test_apoz_counts_what_is_above_zero(tiny):
    # Channel 0 is 2 x, positive at three of four places; channel 1 is -3 x, at one.
    assert channel_scores(*tiny, "apoz", X, Y, 0)["c"].tolist() == [0.75, 0.25]


def test_taylor_is_the_mean_of_activation_times_gradient(tiny):
    weight = tiny[1]["fc"].weight.reshape(2, 4)
    hidden = np.maximum(X.reshape(2, 2, 1) * np.array([2.0, -3.0]), 0.0)
    logits = hidden.reshape(2, 4) @ weight.T
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    outer = (shares - np.eye(2)[Y]) / 2
    gradient = (outer @ weight).reshape(2, 2, 2)
    expected = np.abs((hidden * gradient).mean((0, 1)))
    got = channel_scores(*tiny, "taylor", X, Y, 0)
    np.testing.assert_allclose(got["c"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(got["fc"], np.abs((logits * outer).mean(0)), rtol=1e-5)


def test_random_depends_on_the_seed_alone(tiny):
    first, again = (channel_scores(*tiny, "random", X, Y, 5)["c"] for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, channel_scores(*tiny, "random", X, Y, 6)["c"])
    assert torch.is_grad_enabled()
