from hw_models.arithmetic import quantisation_owners
from hw_models.network import Layer, Network, Tensor


def test_a_concat_and_what_only_moves_values_share_one_quantisation():
    conv = {"shape": (4, 4, 8), "weight_format": "s8"}
    layers = (
        Layer("a", "conv", ("x",), **conv),
        Layer("b", "conv", ("x",), **conv),
        Layer("pool", "max_pool", ("b",), (4, 4, 8)),
        Layer("c", "conv", ("x",), **conv),
        Layer("first", "concat", ("c", "pool"), (4, 4, 16)),
        Layer("second", "concat", ("first", "a"), (4, 4, 24)),
        Layer("mean", "avg_pool", ("second",), (1, 1, 24), kernel=(4, 4)),
    )
    owners = quantisation_owners(Network("n", Tensor("x", (4, 4, 2)), layers))
    joined = dict.fromkeys(("a", "b", "pool", "c", "first", "second"), "a")
    assert owners == {"x": "x", **joined, "mean": "mean"}
