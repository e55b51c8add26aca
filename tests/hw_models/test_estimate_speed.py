from time import perf_counter

import pytest

from hw_models.device import load_device
from hw_models.estimate import estimate_batch
from hw_models.network import Network

CONFIGURATIONS = 2000


@pytest.mark.benchmark
def test_configurations_a_second(profile_of, residual, record_property):
    device = load_device("stm32l4r5zi")
    profile = profile_of(residual)
    networks = [Network(str(index), residual.input, residual.layers) for index in range(2)]
    estimate_batch(networks, device, profile)
    start = perf_counter()
    estimate_batch(networks * (CONFIGURATIONS // 2), device, profile)
    rate = CONFIGURATIONS / (perf_counter() - start)
    record_property("configurations_a_second", round(rate))
    assert rate > 0
