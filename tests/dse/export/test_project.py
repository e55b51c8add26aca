"""The exported folder: its files, that they build without a warning, and that they say no lie."""

import re
import subprocess

import numpy as np
import pytest

from dse.export.manifest import changed_files, load_project
from dse.export.project import VECTORS, export_project
from dse.program_io import load_program
from dse.random_program import random_inputs, random_program
from dse.reference import run_program
from hw_models.device import load_device
from hw_models.errors import ConfigError, DataError
from hw_models.network import Layer, Network, Tensor

DEVICE = load_device("STM32F030R8")
DSP_DEVICE = load_device("STM32L4R5ZI")


@pytest.fixture(scope="module")
def project(every_op_program, every_op_inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "out"
    names = ("zero", "one", "two", "three", "four")
    return export_project(
        every_op_program, {"schema": 1}, DEVICE, None, folder, every_op_inputs, class_names=names
    )


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_files(project):
    found = set(contents(project.folder))
    assert {
        "network.c",
        "network.h",
        "weights.h",
        "main.c",
        "Makefile",
        "manifest.json",
        "program.npz",
        "vectors/inputs.bin",
        "vectors/expected.bin",
        "kernels/dse_kernels.h",
        "kernels/dse_conv_xnor.c",
    } <= found
    assert found - {"manifest.json"} == set(project.manifest.files)


def test_only_used_kernels(project, tmp_path):
    network = Network("one", Tensor("x", (1, 1, 8)), (Layer("y", "softmax", ("x",), (1, 1, 8)),))
    program = random_program(network, np.random.default_rng(0))
    x = random_inputs(network, 3, np.random.default_rng(0))
    small = export_project(program, None, DEVICE, None, tmp_path / "small", x)
    assert small.manifest.sources == ("kernels/dse_softmax.c", "network.c")
    assert not any("_dsp" in name for name in project.manifest.sources)


def test_the_manifest_reads_back(project, every_op_program, every_op_inputs):
    loaded = load_project(project.folder)
    assert loaded.manifest == project.manifest
    manifest = loaded.manifest
    assert manifest.device.core == "cortex-m0"
    assert manifest.class_names == ("zero", "one", "two", "three", "four")
    assert manifest.configuration == {"schema": 1}
    assert [layer.name for layer in manifest.layers] == [
        layer.name for layer in every_op_program.network.layers
    ]
    assert manifest.vectors.count == manifest.vectors.from_validation == len(every_op_inputs)
    own = every_op_program.quantisation["input"]
    assert (manifest.input.scale, manifest.input.zero_point) == (own.scale, own.zero_point)


def test_every_tensor_lies_inside_the_arena(project):
    manifest = project.manifest
    for tensor in (manifest.input, manifest.output, *manifest.layers):
        assert tensor.offset % 4 == 0
        assert 0 <= tensor.offset <= manifest.arena_bytes - tensor.size_bytes


def test_same_arguments_same_bytes(project, every_op_program, every_op_inputs, tmp_path):
    again = export_project(
        load_program(project.folder / "program.npz"),
        {"schema": 1},
        DEVICE,
        None,
        tmp_path / "again",
        every_op_inputs,
        class_names=project.manifest.class_names,
    )
    assert contents(again.folder) == contents(project.folder)


def test_few_vectors_are_topped_up(every_op_program, every_op_inputs, tmp_path):
    made = export_project(every_op_program, None, DEVICE, None, tmp_path / "x", every_op_inputs[:9])
    assert (made.manifest.vectors.count, made.manifest.vectors.from_validation) == (VECTORS, 9)
    stored = np.fromfile(made.folder / "vectors/inputs.bin", dtype=np.int8)
    stored = stored.reshape(VECTORS, *every_op_inputs.shape[1:])
    np.testing.assert_array_equal(stored[:9], every_op_inputs[:9])
    again = export_project(
        every_op_program, None, DEVICE, None, tmp_path / "y", every_op_inputs[:9]
    )
    assert contents(again.folder) == contents(made.folder)
    expected = np.fromfile(made.folder / "vectors/expected.bin", dtype=np.int8)
    np.testing.assert_array_equal(expected, run_program(every_op_program, stored).ravel())


def test_wrong_vectors_are_refused_before_anything_is_written(every_op_program, tmp_path):
    x = np.zeros((1, 3, 3, 3), dtype=np.int8)
    with pytest.raises(DataError):
        export_project(every_op_program, None, DEVICE, None, tmp_path / "x", x)
    assert not (tmp_path / "x").exists()


def test_a_folder_with_other_files_is_refused(every_op_program, every_op_inputs, tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ConfigError, match="not of an export") as caught:
        export_project(every_op_program, None, DEVICE, None, tmp_path, every_op_inputs)
    assert "thesis.tex" in str(caught.value)
    assert contents(tmp_path) == {"thesis.tex": b"precious"}


def test_a_file_in_the_way_is_refused(every_op_program, every_op_inputs, tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(ConfigError, match="needs a folder"):
        export_project(every_op_program, None, DEVICE, None, tmp_path / "x", every_op_inputs)


def test_an_earlier_export_is_replaced_and_the_users_files_stay(
    every_op_program, argmax_program, every_op_inputs, tmp_path
):
    folder = tmp_path / "x"
    export_project(argmax_program, None, DSP_DEVICE, None, folder, every_op_inputs)
    (folder / "port.c").write_text("mine")
    export_project(every_op_program, None, DEVICE, None, folder, every_op_inputs)
    found = set(contents(folder))
    assert "port.c" in found
    assert not any("argmax" in name or "_dsp" in name for name in found)
    assert changed_files(load_project(folder)) == ()


@pytest.mark.compiler
def test_make_test(project, tmp_path):
    result = make(project.folder, "test", f"OUT={tmp_path}")
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("0 outputs differ") == 4


@pytest.mark.slow
@pytest.mark.compiler
@pytest.mark.parametrize("device", [DEVICE, DSP_DEVICE])
def test_no_undefined_behaviour(every_op_program, every_op_inputs, tmp_path, device):
    folder = tmp_path / "x"
    export_project(every_op_program, None, device, None, folder, every_op_inputs)
    checks = "-g -fsanitize=address,undefined -fno-sanitize-recover=all -Wno-error"
    result = make(folder, "test", f"CFLAGS={checks}", "OPTIMISE=-O1")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.compiler
def test_make_test_fails_on_a_wrong_vector(argmax_program, every_op_inputs, tmp_path):
    folder = tmp_path / "x"
    export_project(argmax_program, None, DSP_DEVICE, None, folder, every_op_inputs)
    assert make(folder, "test").returncode == 0
    main = folder / "main.c"
    text = main.read_text()
    start = text.index("expected[")
    main.write_text(text[:start] + re.sub(r"\{\d", "{7", text[start:], count=1))
    result = make(folder, "test")
    assert result.returncode != 0
    assert "1 outputs differ" in result.stdout


@pytest.mark.compiler
@pytest.mark.parametrize("name", ['a*/; system("x"); /*', "int", "../../x", "\\\n#error"])
def test_no_name_gets_into_the_c(name, tmp_path):
    layers = (Layer(name + "1", "softmax", ("x",), (1, 1, 8)),)
    program = random_program(
        Network(name, Tensor("x", (1, 1, 8)), layers), np.random.default_rng(0)
    )
    x = random_inputs(program.network, 3, np.random.default_rng(0))
    made = export_project(program, None, DEVICE, None, tmp_path / "x", x)
    assert made.manifest.name == name
    assert make(made.folder, "test").returncode == 0
    generated = contents(made.folder)
    assert not any(b"system(" in generated[key] for key in ("network.c", "network.h", "weights.h"))


@pytest.mark.toolchain
@pytest.mark.parametrize(
    ("cpu", "device"),
    [("cortex-m0", DEVICE), ("cortex-m4", DSP_DEVICE), ("cortex-m33", DSP_DEVICE)],
)
def test_make_lib_for_a_core(every_op_program, every_op_inputs, tmp_path, cpu, device):
    folder = tmp_path / "x"
    export_project(every_op_program, None, device, None, folder, every_op_inputs)
    result = make(folder, "lib", "size", "CROSS=arm-none-eabi-", f"CPU={cpu}")
    assert result.returncode == 0, result.stderr
    library = folder / "build" / cpu / "libevery_op.a"
    names = subprocess.run(
        ["arm-none-eabi-nm", str(library)], capture_output=True, text=True, check=True
    ).stdout
    variables = re.findall(r" [bBdDC] (\w+)", names)
    assert variables == ["arena_words"]
    undefined = set(re.findall(r" U (\w+)", names))
    assert not {"malloc", "free", "printf"} & undefined


def make(folder, *arguments):
    return subprocess.run(
        ["make", "-C", str(folder), *arguments], capture_output=True, text=True, check=False
    )
