from typing import get_args

import numpy as np
import pytest
import torch

from dse.functions import torch_function
from hw_models.functions import apply_function, lookup_quantised, lookup_table
from hw_models.network import Function


@pytest.mark.parametrize("function", get_args(Function))
def test_functions_are_those_of_torch(function):
    values = np.linspace(-9, 9, 721)
    slope = 0.1 if function == "leaky_relu" else 0.0
    expected = torch_function(function, slope, torch.from_numpy(values)).numpy()
    np.testing.assert_allclose(apply_function(function, slope, values), expected, atol=1e-12)


def test_a_table_by_hand():
    table = lookup_table("hard_swish", 0.0, (0.5, 10), (0.25, -100), (-128, 127))
    assert table.dtype == np.int8
    assert table.shape == (256,)
    # 0.5 * (13 - 10) = 1.5 gives 1.125, 4.5 steps, half up to 5; -0.5 gives -0.2083.
    values = np.array([13, 9, -128, 127, 10], np.int8)
    assert lookup_quantised(values, table).tolist() == [-95, -101, -100, 127, -100]


def test_a_table_clamps_to_the_bounds():
    table = lookup_table("leaky_relu", 0.5, (1.0, 0), (1.0, 0), (-3, 24))
    values = np.array([-128, -4, 4, 25], np.int8)
    assert lookup_quantised(values, table).tolist() == [-3, -2, 4, 24]
