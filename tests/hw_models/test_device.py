"""The catalogue is sound, a user's file is read, and every mistake in one is shown at once."""

import shutil

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hw_models.device import CATALOGUE, check_devices, list_devices, load_device
from hw_models.errors import ConfigError

CORES = {"cortex-m0", "cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33"}
GOOD = """
schema = 1
name = "MYPART1"
vendor = "Me"
[core]
name = "cortex-m4"
simd = true
source = "datasheet, page 1"
[clock]
hz = 100_000_000
source = "datasheet, page 1"
[[ram]]
name = "main"
bytes = 65536
source = "datasheet, page 2"
[flash]
bytes = 262144
source = "datasheet, page 2"
"""


@pytest.fixture
def device_file(tmp_path):
    def write(text):
        path = tmp_path / "mypart1.toml"
        path.write_text(text)
        return path

    return write


def test_the_catalogue_has_no_problem():
    assert check_devices() == ()


def test_the_catalogue_covers_all_cores():
    devices = list_devices()
    assert len(devices) >= 24
    assert {device.core for device in devices} == CORES


def test_every_figure_has_a_source():
    for device in list_devices():
        keys = [key for key, source in device.sources if source]
        assert {"core", "clock", "ram[0]", "flash"} <= set(keys), device.name
        assert (device.flash_wait_states_at is not None) == ("flash.wait_states" in keys)
        assert len([key for key in keys if key.startswith("power")]) == len(device.currents) + (
            device.measured is not None
        )


def test_absent_is_none_and_never_zero():
    plain = load_device("STM32F030R8")
    assert plain.active_power_w is None
    assert plain.power_basis is None
    assert load_device("RP2040").flash_wait_states is None
    assert all(
        device.active_power_w is None or device.active_power_w > 0 for device in list_devices()
    )


@pytest.mark.parametrize(
    ("name", "core", "ram", "flash", "clock"),
    [
        ("STM32F030R8", "cortex-m0", 8192, 65536, 48_000_000),
        ("stm32l053r8", "cortex-m0plus", 8192, 65536, 32_000_000),
        ("RP2040", "cortex-m0plus", 262144, 2097152, 133_000_000),
        ("STM32F103RB", "cortex-m3", 20480, 131072, 72_000_000),
        ("STM32F407VG", "cortex-m4", 131072, 1048576, 168_000_000),
        ("STM32F746", "cortex-m7", 327680, 1048576, 216_000_000),
        ("stm32h743", "cortex-m7", 524288, 2097152, 400_000_000),
        ("STM32U575", "cortex-m33", 786432, 2097152, 160_000_000),
        ("nrf51822", "cortex-m0", 16384, 262144, 16_000_000),
    ],
)
def test_known_parts(name, core, ram, flash, clock):
    device = load_device(name)
    assert (device.core, device.ram_bytes, device.flash_bytes, device.clock_hz) == (
        core,
        ram,
        flash,
        clock,
    )


def test_the_arena_cannot_span_two_banks():
    device = load_device("STM32L476RG")
    assert [bank.bytes for bank in device.ram] == [98304, 32768]
    assert device.ram_bytes == 98304


def test_measured_power_comes_before_the_headline():
    device = load_device("STM32L4R5ZI")
    assert device.power_basis == "measured"
    assert device.active_power_range_w == pytest.approx((32.9e-3, 78.2e-3))
    assert device.active_power_w == pytest.approx(55.55e-3)


def test_power_is_current_times_voltage_times_clock():
    device = load_device("nRF52840")
    assert device.power_basis == "datasheet"
    assert device.active_power_w == pytest.approx(51.6e-6 * 3.0 * 64)


def test_a_current_range_gives_a_power_range():
    low, high = load_device("STM32G071RB").active_power_range_w
    assert (low, high) == pytest.approx((80e-6 * 3 * 64, 90e-6 * 3 * 64))


def test_a_current_without_a_voltage_gives_no_power():
    device = load_device("STM32L053R8")
    assert device.currents[0].ua_per_mhz == 140
    assert device.active_power_w is None


def test_the_first_current_with_a_voltage_counts(device_file):
    currents = "".join(
        f"[[power.current]]\nua_per_mhz = {current}\ncondition = 'x'\nsource = 'x'\n{volts}"
        for current, volts in ((50, ""), (100, "volts = 3.0\n"), (70, "volts = 1.8\n"))
    )
    device = load_device(device_file(GOOD + currents))
    assert len(device.currents) == 3
    assert device.active_power_w == pytest.approx(100e-6 * 100 * 3.0)


def test_an_unknown_device_names_its_neighbours():
    with pytest.raises(ConfigError) as error:
        load_device("stm32f031r8")
    assert "STM32F030R8" in str(error.value)
    assert "dse devices" in str(error.value)


@given(st.text(max_size=20))
def test_a_name_that_is_not_there_is_explained(name):
    taken = {
        each.casefold() for device in list_devices() for each in (device.name, *device.aliases)
    }
    assume(name.casefold() not in taken and not name.lower().endswith(".toml"))
    with pytest.raises(ConfigError, match="not in the catalogue"):
        load_device(name)


@pytest.mark.parametrize("device", list_devices(), ids=lambda device: device.name)
def test_every_name_and_alias_in_any_case(device):
    for name in (device.name, *device.aliases):
        assert load_device(name.upper()) is load_device(name.lower()) is device


def test_a_file_of_the_user(device_file):
    path = device_file(GOOD)
    assert load_device(path) == load_device(str(path))
    device = load_device(path)
    assert (device.name, device.ram_bytes, device.fpu, device.cache) == (
        "MYPART1",
        65536,
        None,
        None,
    )


def test_all_errors_of_a_file_at_once(device_file):
    bad = (
        GOOD.replace("schema = 1", "schema = 2")
        .replace('"cortex-m4"', '"cortex-m9"')
        .replace("bytes = 65536", 'bytes = "64K"')
        .replace("bytes = 262144", "bytes = 0")
        .replace("hz = 100_000_000\nsource", "hz = 100_000_000\nvolts = 3\nsauce")
    )
    with pytest.raises(ConfigError) as error:
        load_device(device_file(bad))
    message = str(error.value)
    for part in (
        "schema",
        "core.name",
        "ram.0.bytes",
        "flash.bytes",
        "clock.volts",
        "clock.source",
    ):
        assert f"- {part}: " in message
    assert "mypart1.toml" in message
    assert "'64K'" in message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("simd = true", "simd = false", "every cortex-m4 has the DSP extension"),
        ('"cortex-m4"', '"cortex-m3"', "a cortex-m3 has no DSP extension"),
        (
            "[flash]",
            "[power.measured]\nlow_mw = 2.0\nhigh_mw = 1.0\nsource = 'x'\n[flash]",
            "above",
        ),
        (
            "[flash]",
            "[[power.current]]\nua_per_mhz = 9\nua_per_mhz_range = [1, 2]\ncondition = 'x'\n"
            "source = 'x'\n[flash]",
            "outside",
        ),
        ("bytes = 65536", "bytes = nan", "valid integer"),
        ('name = "MYPART1"', 'name = "../x"', "pattern"),
    ],
)
def test_contradictions_are_found(device_file, old, new, message):
    with pytest.raises(ConfigError, match=message):
        load_device(device_file(GOOD.replace(old, new)))


@pytest.mark.parametrize("content", [b"schema = ", b"\xff\xfe\x00", b"a = 1\na = 2"])
def test_a_file_that_is_not_toml(tmp_path, content):
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_device(path)


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load_device(tmp_path / "none.toml")


def test_check_finds_wrong_names_and_doubles(tmp_path):
    (tmp_path / "a.toml").write_text(GOOD)
    (tmp_path / "mypart1.toml").write_text(GOOD)
    (tmp_path / "z.toml").write_text("schema = 1")
    (tmp_path / "zz.toml").write_text("schema =")
    found = "\n".join(check_devices(tmp_path))
    assert "a.toml: the file is not named mypart1.toml" in found
    assert "mypart1.toml: the name 'MYPART1' is taken by a.toml" in found
    assert "z.toml: clock: field required" in found
    assert "zz.toml: The device file cannot be read." in found


def test_check_reads_the_files_it_is_given(tmp_path):
    shutil.copy(CATALOGUE / "rp2040.toml", tmp_path)
    assert check_devices(tmp_path) == ()


def test_a_measured_efficiency_corrects_the_clock():
    plain, slow = load_device("STM32L4R5ZI"), load_device("PSoC62")
    assert plain.clock_efficiency is None
    assert plain.cycles_per_second == plain.clock_hz
    assert slow.cycles_per_second == pytest.approx(0.75 * slow.clock_hz)
    assert "clock.efficiency" in dict(slow.sources)
