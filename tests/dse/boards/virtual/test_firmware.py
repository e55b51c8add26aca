import re

import pytest

from dse.boards.virtual import (
    VIRTUAL_CORES,
    available,
    compile_sources,
    missing_tools,
    section_sizes,
    virtual_core,
)
from hw_models.errors import ConfigError, ToolError

NETWORK = """
static const signed char weights[500] = {1};
static unsigned char arena[1000];
static int factor = 3;
int run(int i) { arena[i] = weights[i]; return arena[i + 1] * factor++; }
"""
MAIN = """
int run(int);
static int results[300];
int main(void) { for (int i = 0; i < 300; i++) results[i] = run(i); return results[7]; }
"""


@pytest.mark.toolchain
@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4", "cortex-m33"])
def test_only_the_network_is_weighed(firmware, core):
    sizes = section_sizes(firmware(core, MAIN, NETWORK))
    assert sizes.ram_bytes == 1000 + 4
    assert 500 + 4 < sizes.flash_bytes < 500 + 4 + 80


@pytest.mark.toolchain
def test_library_routines_are_the_network_s(firmware):
    network = NETWORK.replace("weights[i];", "weights[i] / factor;")
    plain = section_sizes(firmware("cortex-m0", MAIN, NETWORK))
    divides = section_sizes(firmware("cortex-m0", MAIN, network))
    assert divides.flash_bytes > plain.flash_bytes + 200


@pytest.mark.toolchain
def test_a_harness_that_draws_on_a_library_is_refused(firmware):
    main = "int main(void) { struct { char c[99]; } a = {{0}}; dse_write(a.c); return 0; }"
    with pytest.raises(ToolError, match="neither in it nor in the network") as error:
        firmware("cortex-m3", main)
    assert re.search("memcpy|memset", str(error.value))


@pytest.mark.toolchain
def test_initialised_variables_take_both_flash_and_ram(firmware):
    more = "int table[100] = {1};" + NETWORK.replace("factor++", "table[i]++")
    sizes = section_sizes(firmware("cortex-m4", MAIN, more))
    assert sizes.ram_bytes == 1000 + 400
    assert 500 + 400 < sizes.flash_bytes < 500 + 400 + 80


@pytest.mark.toolchain
def test_unused_functions_are_dropped(firmware):
    more = NETWORK + "int unused(int x) { return x * x * x; }"
    assert section_sizes(firmware("cortex-m4", MAIN, more)) == section_sizes(
        firmware("cortex-m4", MAIN, NETWORK)
    )


@pytest.mark.toolchain
def test_a_network_beyond_the_board_is_refused(firmware):
    with pytest.raises(ToolError, match="linking firmware for cortex-m4 failed") as error:
        firmware("cortex-m4", MAIN, NETWORK.replace("1000", "5000000"))
    assert "RAM" in str(error.value)


@pytest.mark.toolchain
def test_compiler_messages_are_passed_on(firmware):
    with pytest.raises(ToolError, match=r"compiling network\.c for cortex-m7 failed") as error:
        firmware("cortex-m7", MAIN, "int run(int i) { return undeclared(i); }")
    assert "undeclared" in str(error.value)


def test_two_sources_of_one_name_are_refused(tmp_path):
    sources = [tmp_path / "a" / "conv.c", tmp_path / "b" / "conv.c"]
    with pytest.raises(ToolError, match="share an object file"):
        compile_sources(VIRTUAL_CORES["cortex-m4"], sources, tmp_path, "net")


def test_a_missing_compiler_is_named_with_its_package(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not available()
    assert missing_tools() == ("gcc", "arm-none-eabi-gcc", "qemu-system-arm")
    with pytest.raises(ToolError, match="arm-none-eabi-gcc is not installed") as error:
        compile_sources(VIRTUAL_CORES["cortex-m4"], [tmp_path / "a.c"], tmp_path, "net")
    assert "gcc-arm-none-eabi libnewlib-arm-none-eabi" in str(error.value)


def test_an_unknown_core_lists_the_known():
    with pytest.raises(ConfigError, match="cortex-m33"):
        virtual_core("cortex-m85")
