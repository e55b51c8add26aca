"""The fused front of ACDNet computes what its blocks compute one after the other."""

import copy

import pytest
import torch

from dse.models.acdnet import ACDNet

CHANNELS = (3, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4)


def network(samples):
    """With scales of either sign, as training may make them."""
    torch.manual_seed(samples)
    net = ACDNet(CHANNELS, samples, 3).double()
    with torch.no_grad():
        for block in (net.conv1, net.conv2):
            block.norm.weight.uniform_(-1, 1)
            block.norm.bias.uniform_(-0.5, 0.5)
    assert (net.conv2.norm.weight < 0).any()
    return net


def blocks(net, x):
    return net.stack(net.frames(net.conv2(net.conv1(x))).permute(0, 2, 1, 3))


@pytest.mark.parametrize("samples", [640, 4001, 8193])
def test_outputs_gradients_and_running_statistics_agree(samples):
    fused = network(samples)
    plain = copy.deepcopy(fused)
    plain.stack.drop.p = fused.stack.drop.p = 0.0
    x = torch.randn(4, 1, 1, samples, dtype=torch.float64) * 0.4 + 0.2
    target = torch.randn(4, 3, dtype=torch.float64)
    wanted = plain.fc(plain.conv12(blocks(plain, x)).mean((2, 3)))
    found = fused(x)
    torch.testing.assert_close(found, wanted)
    for outputs in (wanted, found):
        (outputs * target).sum().backward()
    for (name, one), other in zip(fused.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, msg=name)
    for (name, one), other in zip(fused.named_buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(one, other, msg=name)


def test_evaluation_uses_the_running_statistics():
    net = network(640).eval()
    x = torch.randn(2, 1, 1, 640, dtype=torch.float64)
    wanted = net.fc(net.conv12(blocks(net, x)).mean((2, 3)))
    assert torch.equal(net(x), wanted)
