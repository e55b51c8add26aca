"""Every kernel on virtual boards: bit-exact, in its buffers, constants as large as predicted."""

import subprocess
from collections import Counter

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile

from dse.boards.virtual import build_firmware, run_firmware, virtual_core
from dse.export.layer_code import KERNEL_FOLDER
from hw_models.kernels import (
    KERNEL_KEYS,
    constant_bytes,
    core_class,
    count_names,
    counts,
    kernel_key,
    kernel_sources,
    scratch_bytes,
)

LAYERS_PER_KEY = 6
BOARDS = (
    "cortex-m0",
    "cortex-m3",
    "cortex-m4",
    "cortex-m7",
    "cortex-m33",
    "cortex-m0.small-multiply",
)
MAIN = """\
#include "dse_board.h"
int run_case(int i);
int main(void)
{
    for (int i = 0; i < CASES; i++) {
        int result = run_case(i);
        if (result) {
            dse_write_int(i);
            dse_write(result == 1 ? " wrong, " : " stray write, ");
        }
    }
    dse_write("end");
    return 0;
}
"""


def own_layer(network):
    """The layer that is compared; others make its second input, read its bits or pool it."""
    return next(layer for layer in network.layers if layer.name.startswith("y"))


def keys_of(networks):
    return Counter(kernel_key(network, own_layer(network)) for network in networks)


@pytest.mark.emulator
@pytest.mark.parametrize("core", BOARDS)
def test_bit_exact_on_the_board(core, some_layers, write_batch, tmp_path):
    number = 1 + BOARDS.index(core)
    batch = write_batch(some_layers(LAYERS_PER_KEY, number), core_class(core), number)
    assert run_on_board(batch, core, tmp_path) == "end"


@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m4", "cortex-m7", "cortex-m33"])
def test_uncommon_scales_on_the_board(core, scaled_layers, write_batch, tmp_path):
    batch = write_batch(scaled_layers(2 * LAYERS_PER_KEY, 20), "dsp", 20, extreme=True)
    assert run_on_board(batch, core, tmp_path) == "end"


@pytest.mark.emulator
@pytest.mark.parametrize("extreme", [False, True])
def test_small_images_and_stems_on_the_board(extreme, small_images, stems, write_batch, tmp_path):
    batch = write_batch(small_images + stems, "dsp", extreme=extreme)
    assert run_on_board(batch, "cortex-m4", tmp_path) == "end"


@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
@pytest.mark.parametrize("extreme", [False, True])
def test_counts_of_binary_layers_on_the_board(core, extreme, binary_layers, write_batch, tmp_path):
    batch = write_batch(binary_layers, core_class(core), extreme=extreme)
    assert run_on_board(batch, core, tmp_path) == "end"


def run_on_board(batch, core, tmp_path):
    """What the board writes; anything but "end" names failing cases."""
    source, main = tmp_path / "cases.c", tmp_path / "main.c"
    source.write_text(batch.text)
    main.write_text(MAIN.replace("CASES", str(len(batch.programs))))
    kernels = [KERNEL_FOLDER / f"{stem}.c" for stem in sorted(batch.sources)]
    board = virtual_core(core)
    elf = build_firmware(board, [source, *kernels], [main], tmp_path / "build", [KERNEL_FOLDER])
    return run_firmware(elf, board).text


@pytest.mark.toolchain
@pytest.mark.parametrize("group", ["base", "dsp"])
def test_constants_are_as_large_as_predicted(group, some_layers, write_batch, tmp_path):
    batch = write_batch(some_layers(LAYERS_PER_KEY), group)
    source, object_file = tmp_path / "cases.c", tmp_path / "cases.o"
    source.write_text(batch.text)
    flags = ["-mcpu=cortex-m0", "-mthumb", "-O2", "-fdata-sections", f"-I{KERNEL_FOLDER}"]
    subprocess.run(["arm-none-eabi-gcc", *flags, "-c", source, "-o", object_file], check=True)
    sizes = dict.fromkeys(range(len(batch.programs)), 0)
    with object_file.open("rb") as file:
        for section in ELFFile(file).iter_sections():
            name = section.name.removeprefix(".rodata.")
            if name.startswith("l") and name != section.name:
                index = int(name.split("_")[2 if name.split("_")[1] == "y" else 3])
                assert section["sh_addralign"] >= 4
                sizes[index] += -(-section.data_size // 4) * 4
    for index, program in enumerate(batch.programs):
        network = program.network
        layer = own_layer(network)
        key = kernel_key(network, layer)
        assert sizes[index] == constant_bytes(network, layer, group), (key, layer)


@pytest.mark.toolchain
@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_kernels_need_no_library(core, tmp_path):
    stems = {path.stem for path in KERNEL_FOLDER.glob("*.c")}
    twins = {stem for stem in stems if f"{stem}_dsp" in stems}
    fast = {f"{stem}_dsp" for stem in twins}
    stems -= twins if core_class(core) == "dsp" else fast
    flags = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-mthumb"]
    sources = [KERNEL_FOLDER / f"{stem}.c" for stem in sorted(stems)]
    subprocess.run(
        ["arm-none-eabi-gcc", f"-mcpu={core}", *flags, "-c", *sources], cwd=tmp_path, check=True
    )
    for path in tmp_path.glob("*.o"):
        with path.open("rb") as file:
            symbols = ELFFile(file).get_section_by_name(".symtab").iter_symbols()
            needed = [s.name for s in symbols if s["st_shndx"] == "SHN_UNDEF" and s.name]
        assert [name for name in needed if not name.startswith("dse_")] == [], path.stem


def test_the_random_layers_hold_every_kernel(some_layers):
    networks = some_layers(2)
    assert keys_of(networks) == {key: 2 for key in KERNEL_KEYS if key.op != "flatten"}
    assert np.unique([network.input.elements for network in networks]).size > 5


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_no_holes(core, some_layers):
    for network in some_layers(3):
        layer, group = own_layer(network), core_class(core)
        found = counts(network, layer, group)
        assert tuple(found) == count_names(kernel_key(network, layer), group)
        assert min(found.values()) >= 0
        assert sum(found.values()) > 1
        assert scratch_bytes(network, layer, group) % 4 == 0
        for stem in kernel_sources(network, layer, group):
            assert (KERNEL_FOLDER / f"{stem}.c").exists()
