"""Every kernel on virtual boards: bit-exact, in its buffers, constants as large as predicted."""

import subprocess

import numpy as np
import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

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

LAYERS = 100
FLATTEN = "flatten/s8"
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


def some_layers(layers, count):
    """Random layers, every kernel key among them."""
    found = []

    @settings(max_examples=2, phases=(Phase.generate,))
    @given(
        st.lists(layers(), min_size=count, max_size=count),
        st.tuples(*(layers([key]) for key in sorted(map(str, KERNEL_KEYS)) if key != FLATTEN)),
    )
    def draw(networks, others):
        found[:] = [*networks, *others]

    draw()
    return found


@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_bit_exact_on_the_board(core, layers, write_batch, tmp_path):
    batch = write_batch(some_layers(layers, LAYERS), core_class(core), 1)
    source, main = tmp_path / "cases.c", tmp_path / "main.c"
    source.write_text(batch.text)
    main.write_text(MAIN.replace("CASES", str(len(batch.programs))))
    kernels = [KERNEL_FOLDER / f"{stem}.c" for stem in sorted(batch.sources)]
    board = virtual_core(core)
    elf = build_firmware(board, [source, *kernels], [main], tmp_path / "build", [KERNEL_FOLDER])
    assert run_firmware(elf, board).text == "end"


@pytest.mark.toolchain
@pytest.mark.parametrize("group", ["base", "dsp"])
def test_constants_are_as_large_as_predicted(group, layers, write_batch, tmp_path):
    batch = write_batch(some_layers(layers, LAYERS), group)
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
        layer = network.layers[-1]
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


def test_the_random_layers_hold_every_kernel(layers):
    networks = some_layers(layers, 1)
    keys = {kernel_key(network, network.layers[-1]) for network in networks}
    assert keys == {key for key in KERNEL_KEYS if key.op != "flatten"}
    assert np.unique([network.input.elements for network in networks]).size > 5


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_no_holes(core, layers):
    for network in some_layers(layers, 50):
        layer, group = network.layers[-1], core_class(core)
        found = counts(network, layer, group)
        assert tuple(found) == count_names(kernel_key(network, layer), group)
        assert min(found.values()) >= 0
        assert sum(found.values()) > 1
        assert scratch_bytes(network, layer, group) % 4 == 0
        for stem in kernel_sources(network, layer, group):
            assert (KERNEL_FOLDER / f"{stem}.c").exists()
