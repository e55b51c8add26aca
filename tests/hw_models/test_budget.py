"""Sizes as users write them, bounds that make sense, and what is missing said plainly."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.budget import (
    FLASH_RESERVE_BYTES,
    RAM_RESERVE_BYTES,
    Budget,
    Shortfall,
    default_budget,
    parse_bytes,
)
from hw_models.device import list_devices, load_device
from hw_models.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64K", 65536),
        ("64k", 65536),
        ("256 KiB", 262144),
        ("256KB", 262144),
        ("1.5M", 1572864),
        ("1G", 1 << 30),
        ("8192", 8192),
        (" 8192 bytes ", 8192),
        ("8192B", 8192),
        (4096, 4096),
    ],
)
def test_sizes(text, size):
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    "text",
    ["", "K", "64Q", "-1", "0", "0K", "0.3", "1e3", "64 K B", "nan", "inf", "１２Kx", -4, True],
)
def test_nonsense_is_refused(text):
    with pytest.raises(ConfigError) as error:
        parse_bytes(text)
    assert "K = 1024" in str(error.value)
    assert repr(text) in str(error.value)


@given(st.integers(1, 1 << 40))
def test_whole_kibibytes(count):
    assert parse_bytes(f"{count}K") == 1024 * count
    assert parse_bytes(str(count)) == parse_bytes(count) == count


@given(st.text(max_size=8))
def test_any_text_is_a_size_or_an_error(text):
    try:
        size = parse_bytes(text)
    except ConfigError:
        size = 1
    assert size > 0


def test_the_default_is_the_part_less_the_reserve():
    budget = default_budget(load_device("STM32F030R8"))
    assert budget == Budget(8192 - RAM_RESERVE_BYTES, 65536 - FLASH_RESERVE_BYTES, None, None)


def test_every_part_has_a_default_budget():
    for device in list_devices():
        budget = default_budget(device)
        assert 0 < budget.ram_bytes < device.ram_bytes
        assert 0 < budget.flash_bytes < device.flash_bytes


def test_a_part_below_the_reserve(tmp_path):
    text = "\n".join(
        [
            'schema = 1\nname = "tiny"\nvendor = "x"',
            '[core]\nname = "cortex-m0"\nsimd = false\nsource = "x"',
            '[clock]\nhz = 1_000_000\nsource = "x"',
            f'[[ram]]\nname = "main"\nbytes = {RAM_RESERVE_BYTES}\nsource = "x"',
            '[flash]\nbytes = 65536\nsource = "x"',
        ]
    )
    (tmp_path / "tiny.toml").write_text(text)
    with pytest.raises(ConfigError, match="--ram and --flash"):
        default_budget(load_device(tmp_path / "tiny.toml"))


@pytest.mark.parametrize(
    ("bounds", "name"),
    [
        ((0, 1, None, None), "ram_bytes"),
        ((1, -1, None, None), "flash_bytes"),
        ((1, 1, 0.0, None), "latency_s"),
        ((1, 1, math.nan, None), "latency_s"),
        ((1, 1, None, math.inf), "energy_j"),
    ],
)
def test_a_bound_must_be_positive(bounds, name):
    with pytest.raises(ConfigError, match=name):
        Budget(*bounds)


def test_a_shortfall_says_what_is_missing():
    assert str(Shortfall("ram", 70000, 65536, "bytes")) == (
        "ram: needs 70,000 bytes, allowed 65,536 bytes"
    )
    shortfall = Shortfall("latency", 0.1, 0.05, "s")
    assert str(shortfall) == "latency: needs 0.1 s, allowed 0.05 s"
    assert shortfall.ratio == 2
