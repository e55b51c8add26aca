"""The exported C gives the reference's outputs everywhere, and a wrong one is found."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from dse.boards.board import BoardRun
from dse.boards.choice import parse_board
from dse.boards.virtual import VIRTUAL_CORES
from dse.export.manifest import Project, file_sums, load_project, write_manifest
from dse.program_io import load_program
from dse.verify import stored_inputs, verify
from hw_models.device import load_device
from hw_models.errors import DataError, RunError, ToolError
from hw_models.estimate import estimate
from hw_models.profile import profile_for

HOST = parse_board("host")


def spoil(project, layer, index):
    """Make one layer's C flip the lowest bit of one of its outputs."""
    number = [each.name for each in project.manifest.layers].index(layer)
    path = project.folder / "network.c"
    text = path.read_text()
    head = f"static void layer_{number}(uint8_t *arena)"
    start = text.index("}", text.index(head))
    offset = project.manifest.layers[number].offset + index
    path.write_text(f"{text[:start]}    arena[{offset}] ^= 1;\n{text[start:]}")


@pytest.mark.compiler
@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_host_is_bit_exact_with_either_kernels(export, core):
    found = verify(export(core).folder, HOST)
    assert found.bit_exact
    assert (found.mismatches, found.inputs, found.first_difference) == (0, 300, None)
    assert (found.board, found.core) == ("host", core)
    assert (found.cycles_measured, found.ram_measured, found.flash_measured) == (None, None, None)


@pytest.mark.emulator
@pytest.mark.parametrize(
    "core",
    [
        core if core in ("cortex-m0", "cortex-m4") else pytest.param(core, marks=pytest.mark.slow)
        for core in VIRTUAL_CORES
    ],
)
def test_virtual_board_is_bit_exact(export, core):
    project = export(core)
    found = verify(project.folder, parse_board(f"virtual:{core}"))
    assert found.bit_exact
    assert found.first_difference is None
    assert found.ram_measured == project.manifest.arena_bytes
    assert found.flash_measured > sum(
        constants.levels.size // 8 for constants in load_weights(project)
    )
    assert found.cycles_measured == pytest.approx(
        sum(layer.cycles_measured for layer in found.layers)
    )
    assert 0 < found.stack_measured < 2048


def load_weights(project):
    program = load_program(project.folder / project.manifest.program)
    return [program.constants[layer.name] for layer in program.network.weighted_layers]


@pytest.mark.compiler
def test_sixteen_bit_outputs(export, argmax_program):
    assert verify(export(program=argmax_program).folder, HOST).bit_exact


@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_predictions_hold(export, every_op_program, core):
    """Exported for an M0; another core gets its own kernels and its own predictions."""
    device = load_device("STM32F030R8")
    cost = estimate(every_op_program.network, device, profile_for(device.core))
    project = export(device.core, cost=cost)
    found = verify(project.folder, parse_board(f"virtual:{core}"))
    assert found.bit_exact
    assert found.core == core
    assert found.ram_measured == found.ram_predicted
    assert found.flash_measured == pytest.approx(found.flash_predicted, rel=0.02)
    assert found.cycles_measured == pytest.approx(found.cycles_predicted, rel=0.15)
    assert found.cycles_predicted == sum(layer.cycles_predicted for layer in found.layers)
    assert load_project(project.folder).manifest.device.core == "cortex-m0"


@pytest.mark.compiler
def test_the_callers_own_inputs(export, small_program, small_inputs):
    project = export("cortex-m0", small_program, small_inputs[:3])
    found = verify(project.folder, HOST, small_inputs[:5])
    assert (found.inputs, found.bit_exact) == (5, True)


@pytest.mark.parametrize("x", [np.zeros((2, 1, 1, 1), np.int8), np.zeros((0, 15, 12, 3), np.int8)])
def test_unfit_inputs(export, x):
    with pytest.raises(DataError):
        verify(export().folder, HOST, x)


@pytest.mark.parametrize(
    "board",
    [
        pytest.param("host", marks=pytest.mark.compiler),
        pytest.param("virtual:cortex-m0", marks=pytest.mark.emulator),
    ],
)
@pytest.mark.parametrize(("layer", "index"), [("a", 0), ("b", 37), ("c", 6)])
def test_the_first_difference_is_named(export, small_program, small_inputs, board, layer, index):
    project = export("cortex-m0", small_program, small_inputs)
    spoil(project, layer, index)
    found = verify(project.folder, parse_board(board), accept_changes=True)
    assert not found.bit_exact
    assert found.mismatches > 0
    difference = found.first_difference
    assert (difference.layer, difference.index, difference.input) == (layer, index, 0)
    assert difference.got == difference.want ^ 1


@pytest.mark.compiler
def test_a_hidden_difference_counts(export, argmax_program):
    """One flipped bit before an argmax changes no class, and is found in the first input."""
    project = export(program=argmax_program)
    spoil(project, "fc1", 16)
    found = verify(project.folder, HOST, accept_changes=True)
    assert not found.bit_exact
    assert (found.first_difference.layer, found.first_difference.index) == ("fc1", 16)


@pytest.mark.compiler
def test_a_difference_of_a_later_input_is_traced(export, small_program, small_inputs):
    """The C goes wrong only where the first input value is -128."""
    inputs = small_inputs.copy()
    inputs[:, 0, 0, 0] = np.maximum(inputs[:, 0, 0, 0], -127)
    inputs[5, 0, 0, 0] = -128
    project = export("cortex-m0", small_program, inputs)
    path = project.folder / "network.c"
    place = project.manifest.input.offset
    target = project.manifest.layers[0].offset + 9
    head = "static void layer_0(uint8_t *arena)\n{\n"
    text = path.read_text().replace(head, f"{head}    uint8_t bad = arena[{place}] == 128;\n")
    end = text.index("}", text.index("layer_0"))
    path.write_text(f"{text[:end]}    arena[{target}] ^= (uint8_t)(bad << 6);\n{text[end:]}")
    found = verify(project.folder, HOST, accept_changes=True)
    difference = found.first_difference
    assert (difference.layer, difference.index, difference.input) == ("a", 9, 5)


@pytest.mark.compiler
def test_a_changed_weight_names_its_layer(export, small_program, small_inputs):
    project = export("cortex-m0", small_program, small_inputs)
    path = project.folder / "weights.h"
    text = path.read_text()
    start = text.index("{", text.index("/* layer 1:"))
    digit = re.search(r"[1-8](?=[,}])", text[start:]).start() + start
    path.write_text(text[:digit] + "9" + text[digit + 1 :])
    with pytest.raises(RunError, match=r"weights\.h"):
        verify(project.folder, HOST)
    found = verify(project.folder, HOST, accept_changes=True)
    assert found.first_difference.layer == "b"


@pytest.mark.compiler
def test_an_unsteady_difference_is_still_reported(export, small_program, small_inputs):
    """A board that is right the second time: the difference of the output is all there is."""
    project = export("cortex-m0", small_program, small_inputs)

    class Unsteady:
        name, core, vector_bytes = "unsteady", None, None

        def run(self, project, inputs, sounds=None):
            run = HOST.run(project, inputs)
            outputs = run.outputs.copy()
            outputs[7:8, 0, 0, 2] ^= 1
            return replace(run, outputs=outputs)

    found = verify(project.folder, Unsteady())
    assert found.mismatches == 1
    difference = found.first_difference
    assert (difference.layer, difference.index, difference.input) == ("c", 2, 7)


def test_other_stored_outputs_are_not_taken_for_the_reference(export):
    project = export()
    path = project.folder / "vectors/expected.bin"
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.write_bytes(data)
    resign(project)
    with pytest.raises(RunError, match="other outputs than at the export") as caught:
        verify(project.folder, HOST)
    assert "1 values differ" in str(caught.value)


def test_short_vectors(export):
    project = export()
    (project.folder / "vectors/inputs.bin").write_bytes(b"123")
    resign(project)
    with pytest.raises(RunError, match="vectors cannot be read"):
        verify(project.folder, HOST)


def resign(project):
    sums = file_sums(project.folder, tuple(project.manifest.files))
    manifest = project.manifest.model_copy(update={"files": sums})
    write_manifest(manifest, project.folder)
    return Project(project.folder, manifest)


def test_missing_compiler(export, monkeypatch):
    project = export()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError, match="no C compiler"):
        verify(project.folder, HOST)
    with pytest.raises(ToolError, match="apt-get install"):
        verify(project.folder, parse_board("virtual:m0"))


@pytest.mark.compiler
def test_json(export, small_program, small_inputs):
    project = export("cortex-m0", small_program, small_inputs)
    values = json.loads(json.dumps(verify(project.folder, HOST).to_json()))
    assert {
        "board",
        "core",
        "inputs",
        "bit_exact",
        "mismatches",
        "cycles_predicted",
        "cycles_measured",
        "ram_predicted",
        "ram_measured",
        "flash_predicted",
        "flash_measured",
        "layers",
        "first_difference",
    } <= set(values)
    assert set(values["layers"][0]) == {"name", "op", "cycles_predicted", "cycles_measured"}
    assert len(values["layers"]) == 4


def test_a_board_that_loses_outputs(export, small_program, small_inputs):
    class Lossy:
        name, core, vector_bytes = "lossy", None, None

        def run(self, project, inputs, sounds=None):
            return BoardRun(np.zeros((len(inputs) - 1, 1, 1, 7), np.int8), {})

    project = export("cortex-m0", small_program, small_inputs)
    with pytest.raises(ToolError, match="another number of outputs"):
        verify(project.folder, Lossy())


def test_stored_inputs(export, every_op_inputs):
    np.testing.assert_array_equal(stored_inputs(export()), every_op_inputs)


@pytest.mark.compiler
def test_a_board_of_little_memory_runs_the_first_inputs(export, small_program, small_inputs):
    seen = []

    class Small:
        name, core, vector_bytes = "small", None, 3 * small_inputs[0].nbytes + 1

        def run(self, project, inputs, sounds=None):
            seen.append(len(inputs))
            run = HOST.run(project, inputs)
            outputs = run.outputs.copy()
            outputs[1, 0, 0, 2] ^= 1
            return replace(run, outputs=outputs)

    found = verify(export("cortex-m0", small_program, small_inputs).folder, Small())
    assert seen == [3]
    assert found.inputs == 3
    difference = found.first_difference
    assert (difference.index, difference.input) == (2, 1)
