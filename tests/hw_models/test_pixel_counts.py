from hw_models.kernels import constant_bytes, counts, kernel_sources, scratch_bytes
from hw_models.network import Layer, Network, Tensor


def test_a_concat_by_hand():
    source, (height, width) = Tensor("x", (4, 3, 20)), (4, 3)
    wide = Layer("w", "conv", ("x",), (height, width, 16), "s8")
    odd = Layer("o", "conv", ("x",), (height, width, 7), "s8")
    even = Layer("even", "concat", ("x", "w"), (height, width, 36))
    loose = Layer("loose", "concat", ("even", "o"), (height, width, 43))
    network = Network("n", source, (wide, odd, even, loose))
    none = {"loose_pixels": 0, "bytes": 0}
    runs = {"quad_runs": 24, "word_runs": 12}
    whole = {"call": 1, "parts": 2, "pixels": 24, "quads": 24, "words": 12, **runs, **none}
    assert counts(network, even, "base") == whole
    assert counts(network, even, "dsp") == {**whole, "loose_words": 0, "loose_runs": 0}
    loosely = {**dict.fromkeys(whole, 0), "call": 1, "parts": 2, "loose_pixels": 24}
    assert counts(network, loose, "base") == {**loosely, "bytes": 12 * 43}
    split = {"loose_words": 12 * (9 + 1), "bytes": 12 * 3, "loose_runs": 12 * (1 + 2)}
    assert counts(network, loose, "dsp") == {**loosely, **split}
    assert constant_bytes(network, even, "base") == 12 + 2 * 8
    assert scratch_bytes(network, even, "dsp") == 0
    assert kernel_sources(network, even, "dsp") == ("dse_concat_dsp",)


def test_a_concat_of_packed_tensors_copies_their_bytes():
    made = [
        Layer(name, "conv", ("x",), (3, 3, channels), "s8", format="s4")
        for name, channels in (("a", 8), ("b", 5))
    ]
    cat = Layer("c", "concat", ("a", "b"), (3, 3, 13), format="s4")
    back = Layer("d", "conv", ("c",), (3, 3, 2), "s8")
    network = Network("n", Tensor("x", (3, 3, 2)), (*made, cat, back))
    assert counts(network, cat, "base")["bytes"] == 9 * (4 + 3)
    assert kernel_sources(network, cat, "base") == ("dse_concat",)
