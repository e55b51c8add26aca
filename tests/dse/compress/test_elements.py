import numpy as np
import pytest
import torch

from dse.compress import build_module
from dse.compress.elements import element_scores, prune_elements
from dse.compress.gradual import prune_gradually
from dse.compress.importance import filter_norms
from dse.compress.training import DEFAULT_TRAINING
from search_spaces import Configuration, Format, build_space, rewrite


@pytest.fixture(scope="module")
def sparse(trained):
    """The trained network with a quarter of the weights of its convolutions."""
    space = build_space(trained[0], formats=("s8", "sparse8@0.25"))
    wanted = Format("sparse8@0.25")
    choices = [
        (site.name, wanted if wanted in site.options else site.options[0]) for site in space.sites
    ]
    return rewrite(trained[0], space, Configuration(tuple(choices)))


def test_taylor_is_weight_times_gradient(trained, digits):
    module = build_module(*trained[:2])
    x, y = digits[0][:16], digits[1][:16]
    got = element_scores(module, ["c2"], "taylor", x, y, 0)["c2"]
    weight = module.child(trained[0].layer("c2")).weight
    loss = torch.nn.functional.cross_entropy(module(torch.from_numpy(x)), torch.from_numpy(y))
    loss.backward()
    torch.testing.assert_close(got, (weight * weight.grad).abs().detach())


@pytest.mark.parametrize("ranking", ["l1", "l2", "taylor", "random"])
def test_every_output_keeps_the_best_of_a_ranking(trained, digits, sparse, ranking):
    x, y = digits[0][:32], digits[1][:32]
    module = build_module(sparse, trained[1])
    prune_elements(module, ranking, x, y, 3)
    scores = element_scores(build_module(*trained[:2]), ["c3"], ranking, x, y, 3)["c3"]
    mask = module.child(sparse.layer("c3")).mask
    for row, kept in zip(scores.flatten(1), mask.flatten(1), strict=True):
        assert int(kept.sum()) == sparse.layer("c3").row_nonzeros
        assert row[kept == 1].min() >= row[kept == 0].max()


def test_weights_go_gradually(trained, digits, sparse):
    network, parameters, _ = trained
    left = []

    def judge_elements(module):
        weight = module.child(module.network.layer("c3")).weight.detach()
        left.append(int((weight != 0).flatten(1).sum(1).max()))
        return {"c3": weight.abs()}

    made = prune_gradually(
        sparse,
        parameters,
        sparse,
        digits[0][:384],
        digits[1][:384],
        lambda own: filter_norms(network, own, "l2"),
        judge_elements,
        how=DEFAULT_TRAINING,
        epochs=2,
        seed=0,
    )
    assert left == sorted(left, reverse=True)
    assert len(set(left)) > 3
    stored = (np.abs(made["c3"].weight).reshape(16, -1) > 0).sum(1)
    assert (stored == sparse.layer("c3").row_nonzeros).all()
