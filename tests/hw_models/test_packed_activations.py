import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hw_models.network import Tensor
from hw_models.packed_activations import bit_places, pack_b1, pack_s4, unpack_b1, unpack_s4


@given(st.integers(1, 13), st.integers(0, 2**32))
def test_packed_values_come_back_and_have_the_size_of_their_tensor(channels, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(-8, 8, (2, 3, 4, channels)).astype(np.int8)
    packed = pack_s4(values)
    assert packed.nbytes == 2 * Tensor("x", (3, 4, channels), "s4").size_bytes
    assert np.array_equal(unpack_s4(packed, channels), values)


def test_the_layout():
    values = np.arange(1, 8, dtype=np.int8)
    assert pack_s4(values).tolist() == [0x31, 0x42, 0x75, 0x06]


@given(st.integers(1, 100), st.integers(0, 2**32))
def test_bits_come_back_and_have_the_size_of_their_tensor(channels, seed):
    values = np.random.default_rng(seed).choice([-1, 1], (2, 3, 4, channels)).astype(np.int8)
    packed = pack_b1(values)
    assert packed.nbytes == 2 * Tensor("x", (3, 4, channels), "b1").size_bytes
    assert np.array_equal(unpack_b1(packed, channels), values)
    assert np.unpackbits(packed).sum() == (values > 0).sum()
    assert len(set(bit_places(channels))) == channels


def test_the_layout_of_bits():
    values = np.full(34, -1, dtype=np.int8)
    values[[0, 1, 4, 31, 32]] = 1
    assert pack_b1(values).tolist() == [0b11, 1, 0, 0x80, 1, 0, 0, 0]
