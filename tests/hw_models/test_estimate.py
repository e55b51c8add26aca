from dataclasses import replace

import numpy as np
import pytest

from hw_models.budget import Budget
from hw_models.device import load_device
from hw_models.errors import ConfigError, ModelError
from hw_models.estimate import estimate, estimate_batch, shortfalls
from hw_models.flash import flash_account
from hw_models.kernels import constant_bytes, core_class, counts, kernel_sources, weight_bytes
from hw_models.memory import plan_memory
from hw_models.network import Layer, Network, Tensor

DEVICE = load_device("stm32l4r5zi")


def test_cycles_are_counts_times_coefficients(profile_of, residual):
    cost = estimate(residual, DEVICE, profile_of(residual, cycles=2.0))
    for layer, own in zip(residual.layers, cost.layers, strict=True):
        amounts = counts(residual, layer, "dsp").values() if layer.op != "flatten" else ()
        assert own.cycles == round(2.0 * sum(amounts))
        assert (own.name, own.op, own.macs) == (layer.name, layer.op, residual.macs(layer))
        assert own.constant_bytes == constant_bytes(residual, layer, "dsp")
    assert cost.cycles == sum(layer.cycles for layer in cost.layers) > 0
    assert cost.latency_s == cost.cycles / DEVICE.clock_hz
    assert cost.error_pct == 4.0


def test_ram_is_the_arena(profile_of, residual):
    cost = estimate(residual, DEVICE, profile_of(residual))
    assert cost.ram_bytes == plan_memory(residual, "dsp").arena_bytes


def test_flash_counts_every_kernel_once(profile_of, residual):
    profile = profile_of(residual)
    doubled = Network(
        "doubled",
        residual.input,
        (
            residual.layers[0],
            Layer("c2", "conv", ("c",), (8, 8, 3), "s8", (3, 3), padding=(1, 1, 1, 1)),
        ),
    )
    account = estimate(doubled, DEVICE, profile).flash
    sources = {name for layer in doubled.layers for name in kernel_sources(doubled, layer, "dsp")}
    assert account.kernels_bytes == 100 * len(sources)
    assert account.code_bytes == 40 + 20 + 20
    constants = [constant_bytes(doubled, each, "dsp") for each in doubled.layers]
    assert account.constants_bytes == sum(constants)
    weights = [weight_bytes(doubled, each, "dsp") for each in doubled.layers]
    assert account.weights_bytes == sum(-(-size // 4) * 4 for size in weights)
    assert account == flash_account(doubled, "cortex-m4", profile)
    total = account.constants_bytes + account.kernels_bytes + account.code_bytes
    assert estimate(doubled, DEVICE, profile).flash_bytes == account.total_bytes == total


def test_energy_is_power_times_time_and_absent_without_power(profile_of, residual):
    profile = profile_of(residual)
    with_power = replace(DEVICE, currents=(), measured=_Power())
    cost = estimate(residual, with_power, profile)
    assert cost.energy_j == pytest.approx(0.05 * cost.latency_s)
    without = replace(DEVICE, measured=None, currents=())
    assert estimate(residual, without, profile).energy_j is None
    assert estimate_batch([residual], without, profile).energy_j is None


class _Power:
    low_mw = high_mw = 50.0


def test_a_profile_of_another_core_is_refused(profile_of, residual):
    profile = profile_of(residual)
    with pytest.raises(ConfigError, match=r"another core[\s\S]*cortex-m0"):
        estimate(residual, load_device("stm32f030r8"), profile)


def test_a_core_without_its_dsp_extension_is_refused(profile_of, residual):
    device = replace(DEVICE, core="cortex-m33", simd=False)
    with pytest.raises(ConfigError, match="DSP"):
        estimate(residual, device, profile_of(residual, core="cortex-m33"))


def test_an_unknown_kernel_is_an_error_and_never_zero(profile_of, residual):
    linear = Network("l", Tensor("x", (1, 1, 9)), (Layer("l", "linear", ("x",), (1, 1, 3), "s8"),))
    for broken in (profile_of(residual), profile_of()):
        with pytest.raises(ModelError, match="linear s8 s8"):
            estimate(linear, DEVICE, broken)
        with pytest.raises(ModelError, match="linear s8 s8"):
            estimate_batch([linear], DEVICE, broken)


def test_a_missing_count_or_code_size_is_an_error(profile_of, residual):
    profile = profile_of(residual)
    fewer = {key: dict(list(table.items())[1:]) for key, table in profile.coefficients.items()}
    with pytest.raises(ModelError, match="no coefficient"):
        estimate(residual, DEVICE, replace(profile, name="a", coefficients=fewer))
    for field, match in (("kernels", "kernel source"), ("call_bytes", "call of op")):
        code = replace(profile.code, **{field: {}})
        with pytest.raises(ModelError, match=match):
            estimate(residual, DEVICE, replace(profile, name=field, code=code))


def test_the_batch_is_identical_to_the_scalar(profile_of, residual):
    other = Network("head", residual.input, residual.layers[:4])
    networks = [residual, other, residual]
    profile = profile_of(residual)
    batch = estimate_batch(networks, DEVICE, profile)
    for index, network in enumerate(networks):
        cost = estimate(network, DEVICE, profile)
        for name in ("cycles", "latency_s", "ram_bytes", "flash_bytes", "energy_j"):
            column = getattr(batch, name)
            assert (None if column is None else column[index]) == getattr(cost, name)
        assert batch.error_pct == cost.error_pct
    assert batch.cycles.dtype == np.int64
    assert len(estimate_batch([], DEVICE, profile).cycles) == 0


def test_layers_of_equal_shapes_do_not_share_a_cost(profile_of):
    shape = (6, 6, 6)
    variants = [
        Layer("l", "conv", ("x",), shape, "s8"),
        Layer("l", "conv", ("x",), shape, "s4"),
        Layer("l", "conv", ("x",), shape, "s8", (3, 3), padding=(1, 1, 1, 1)),
        Layer("l", "conv", ("x",), shape, "s8", (3, 3), padding=(2, 0, 1, 1)),
        Layer("l", "conv", ("x",), shape, "s8", (2, 2), (1, 1), (0, 1, 1, 0)),
        Layer("l", "max_pool", ("x",), shape, kernel=(3, 3), padding=(1, 1, 1, 1)),
        Layer("l", "max_pool", ("x",), shape, kernel=(3, 1), padding=(1, 1, 0, 0)),
        Layer("l", "conv", ("x",), (3, 3, 6), "s8", (1, 1), (2, 2)),
        Layer("l", "conv", ("x",), (3, 3, 6), "s8", (2, 2), (2, 2)),
        Layer("l", "transpose", ("x",), shape, permutation=(1, 0, 2)),
        Layer("l", "conv", ("x",), shape, "sparse8", row_nonzeros=1),
        Layer("l", "conv", ("x",), shape, "sparse8", row_nonzeros=5),
    ]
    networks = [Network("one", Tensor("x", shape), (layer,)) for layer in variants]
    batch = estimate_batch(networks, DEVICE, profile_of(*networks))
    for index, network in enumerate(networks):
        alone = estimate(network, DEVICE, replace(profile_of(*networks), name=f"fresh{index}"))
        assert batch.cycles[index] == alone.cycles
        assert batch.ram_bytes[index] == alone.ram_bytes
        assert batch.flash_bytes[index] == alone.flash_bytes


def test_shortfalls_name_what_is_exceeded(profile_of, residual):
    cost = estimate(residual, DEVICE, profile_of(residual))
    roomy = Budget(cost.ram_bytes, cost.flash_bytes, cost.latency_s)
    assert shortfalls(cost, roomy) == ()
    tight = Budget(cost.ram_bytes - 1, cost.flash_bytes - 1, cost.latency_s / 2)
    found = shortfalls(cost, tight)
    assert [(each.resource, each.unit) for each in found] == [
        ("ram", "bytes"),
        ("flash", "bytes"),
        ("latency", "s"),
    ]
    assert found[0].demand - found[0].bound == 1


def test_the_stack_counts_against_the_budget(profile_of, residual):
    profile = profile_of(residual)
    plain = estimate(residual, DEVICE, profile)
    assert plain.stack_bytes is None
    code = replace(profile.code, stack_bytes=200)
    cost = estimate(residual, DEVICE, replace(profile, name="stacked", code=code))
    assert (cost.ram_bytes, cost.stack_bytes) == (plain.ram_bytes, 200)
    budget = Budget(plain.ram_bytes + 199, cost.flash_bytes)
    assert shortfalls(plain, budget) == ()
    (found,) = shortfalls(cost, budget)
    assert (found.resource, found.demand - found.bound) == ("ram", 1)


def test_an_energy_bound_needs_a_power_figure(profile_of, residual):
    profile = profile_of(residual)
    powered = estimate(residual, replace(DEVICE, measured=_Power()), profile)
    found = shortfalls(powered, Budget(10**9, 10**9, energy_j=powered.energy_j / 2))
    assert [each.resource for each in found] == ["energy"]
    without = estimate(residual, replace(DEVICE, measured=None, currents=()), profile)
    with pytest.raises(ConfigError, match="power figure"):
        shortfalls(without, Budget(10**9, 10**9, energy_j=1.0))


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m3", "cortex-m7"])
def test_every_core_class_has_a_cost(profile_of, residual, core):
    device = replace(DEVICE, core=core, simd=core_class(core) == "dsp")
    assert estimate(residual, device, profile_of(residual, core=core)).cycles > 0
