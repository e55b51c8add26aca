import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hw_models.arithmetic import Rescale, requantise, xnor_limits

INT8 = st.integers(-128, 127)


@given(
    columns=st.integers(1, 200),
    channels=st.lists(
        st.tuples(
            st.integers(-(1 << 20), 1 << 20),
            st.integers(0, (1 << 15) - 1),
            st.integers(1, 20),
            INT8,
        ),
        min_size=1,
        max_size=6,
    ),
    pre_shift=st.integers(0, 12),
    zero_point=INT8,
    clamps=st.lists(st.tuples(INT8, INT8).map(sorted), min_size=1, max_size=3),
)
def test_bits_are_the_signs_of_the_bytes(columns, channels, pre_shift, zero_point, clamps):
    bias, multiplier, shift, thresholds = (np.array(each) for each in zip(*channels, strict=True))
    rescale = Rescale(pre_shift, multiplier.astype(np.int16), shift.astype(np.uint8))
    limits = xnor_limits(columns, bias, rescale, zero_point, clamps, thresholds)
    differing = np.arange(columns + 1)[:, None]
    values = requantise(columns - 2 * differing, bias, rescale, zero_point, *clamps[0])
    for low, high in clamps[1:]:
        values = np.clip(values, low, high)
    assert np.array_equal(differing < limits, values >= thresholds)
