"""Every kernel on the host: bit-exact with the reference, and inside its buffers."""

import ctypes
import subprocess

import pytest

from dse.export.layer_code import KERNEL_FOLDER

pytestmark = pytest.mark.compiler

FLAGS = ["-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", f"-I{KERNEL_FOLDER}"]
LAYERS_PER_KEY = 12
MAIN = """\
#include <stdio.h>
int main(void)
{
    for (int i = 0; i < CASES; i++) {
        int result = run_case(i);
        if (result) printf("%d: %d\\n", i, result);
    }
    return 0;
}
"""
CORE_CLASSES = pytest.mark.parametrize("core_class", ["base", "adding", "dsp"])


CHECKS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DCHECK_BOUNDS", "-O1"]


def objects(folder, flags):
    """All kernels, compiled once."""
    sources = sorted(KERNEL_FOLDER.glob("*.c"))
    subprocess.run(["gcc", *FLAGS, *flags, "-c", *sources], cwd=folder, check=True)
    return sorted(folder.glob("*.o"))


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return objects(tmp_path_factory.mktemp("kernels"), ["-fPIC"])


@pytest.fixture(scope="module")
def checked_library(tmp_path_factory):
    return objects(tmp_path_factory.mktemp("checked"), CHECKS)


def failures(batch, path, library):
    """Cases whose result is not 0, in words."""
    source = path / "batch.c"
    source.write_text(batch.text)
    shared = path / "batch.so"
    subprocess.run(
        ["gcc", *FLAGS, "-O0", "-fPIC", "-shared", source, *library, "-o", shared], check=True
    )
    run_case = ctypes.CDLL(str(shared)).run_case
    results = [(run_case(index), program) for index, program in enumerate(batch.programs)]
    return [(result, program.network) for result, program in results if result]


@CORE_CLASSES
def test_bit_exact(core_class, some_layers, write_batch, library, tmp_path):
    batch = write_batch(some_layers(LAYERS_PER_KEY, 10), core_class, 10)
    assert failures(batch, tmp_path, library) == []


@pytest.mark.parametrize("extreme", [False, True])
def test_counts_of_binary_layers(extreme, binary_layers, write_batch, library, tmp_path):
    batch = write_batch(binary_layers, "base", extreme=extreme)
    assert failures(batch, tmp_path, library) == []


@pytest.mark.parametrize("core_class", ["base", "dsp"])
def test_uncommon_scales(core_class, scaled_layers, write_batch, library, tmp_path):
    batch = write_batch(scaled_layers(LAYERS_PER_KEY, 12), core_class, 12, extreme=True)
    assert failures(batch, tmp_path, library) == []


@pytest.mark.parametrize("extreme", [False, True])
def test_small_images_and_stems(extreme, small_images, stems, write_batch, library, tmp_path):
    batch = write_batch(small_images + stems, "dsp", extreme=extreme)
    assert failures(batch, tmp_path, library) == []


@CORE_CLASSES
def test_inside_its_buffers(core_class, some_layers, write_batch, checked_library, tmp_path):
    batch = write_batch(some_layers(LAYERS_PER_KEY, 11), core_class, 11)
    source = tmp_path / "batch.c"
    source.write_text(batch.text + MAIN)
    program = tmp_path / "batch"
    flags = [*FLAGS, *CHECKS, "-O0"]
    subprocess.run(["gcc", *flags, source, *checked_library, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
