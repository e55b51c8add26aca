"""Every board gives the same answers; the virtual ones also say what they cost."""

import numpy as np
import pytest

from dse.boards import virtual_board
from dse.boards.choice import default_board, parse_board, why_host
from dse.boards.host import HostBoard
from dse.boards.virtual import run_firmware
from dse.boards.virtual_board import TIMED_INPUTS, VirtualBoard
from hw_models.errors import ConfigError, RunError, ToolError

BOARDS = [
    pytest.param("host", marks=pytest.mark.compiler),
    pytest.param("virtual:cortex-m0", marks=pytest.mark.emulator),
    pytest.param("virtual:m4", marks=pytest.mark.emulator),
]


def inputs(count):
    return np.random.default_rng(0).integers(-128, 127, (count, 1, 2, 2), dtype=np.int8)


def expected(x):
    plus = x.reshape(len(x), 4).astype(np.int16) + 1
    return np.stack([plus.sum(axis=1), plus[:, 0]], axis=1).reshape(len(x), 1, 1, 2)


@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize("count", [1, 300])
def test_outputs(make_project, name, count):
    x = inputs(count)
    found = parse_board(name).run(make_project(), x).outputs
    assert found.dtype == np.int16
    np.testing.assert_array_equal(found, expected(x))


@pytest.mark.parametrize("name", BOARDS)
def test_every_layer_of_the_first_input(make_project, name):
    x = inputs(3)
    found = parse_board(name).run(make_project(), x).first_layers
    assert list(found) == ["plus", "both"]
    np.testing.assert_array_equal(found["plus"], x[:1] + 1)
    np.testing.assert_array_equal(found["both"], expected(x[:1]))


@pytest.mark.compiler
def test_the_host_knows_no_costs(make_project):
    run = HostBoard().run(make_project(), inputs(2))
    assert (run.layer_cycles, run.flash_bytes, run.ram_bytes, run.stack_bytes) == (None,) * 4


@pytest.mark.emulator
@pytest.mark.parametrize("count", [1, TIMED_INPUTS + 1])
def test_virtual_costs(make_project, count):
    run = VirtualBoard("cortex-m4").run(make_project(), inputs(count))
    assert run.ram_bytes == 12
    assert 40 < run.flash_bytes < 400
    assert 0 <= run.stack_bytes < 200
    assert len(run.layer_cycles) == 2
    assert all(5 < cycles < 100 for cycles in run.layer_cycles)


@pytest.mark.emulator
def test_vectors_beyond_the_region_take_several_runs(make_project, monkeypatch):
    runs = []

    def run_and_note(*arguments):
        runs.append(run_firmware(*arguments))
        return runs[-1]

    monkeypatch.setattr(virtual_board, "VECTOR_BYTES", 4 * 7)
    monkeypatch.setattr(virtual_board, "run_firmware", run_and_note)
    x = inputs(20)
    run = VirtualBoard("cortex-m0").run(make_project(), x)
    assert len(runs) == 3
    np.testing.assert_array_equal(run.outputs, expected(x))
    assert len(run.layer_cycles) == 2


@pytest.mark.parametrize("name", BOARDS)
def test_compiler_messages_are_shown(make_project, name):
    project = make_project("int broken(void) { return undeclared; }\n")
    with pytest.raises(ToolError) as caught:
        parse_board(name).run(project, inputs(1))
    assert "'undeclared' undeclared" in str(caught.value)


@pytest.mark.parametrize("name", BOARDS)
def test_a_crash_is_named(make_project, name):
    source = '#include "network.h"\n' + "\n".join(
        [
            "static uint32_t arena[3];",
            "int8_t *tiny_input(void) { return (int8_t *)arena; }",
            "const int16_t *tiny_output(void) { return 0; }",
            "void tiny_run_layer(int layer) { (void)layer; __builtin_trap(); }",
            "void tiny_run(void) { tiny_run_layer(0); }",
        ]
    )
    with pytest.raises(ToolError):
        parse_board(name).run(make_project(source), inputs(1))


def test_missing_host_compiler(make_project, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError, match="no C compiler") as caught:
        HostBoard().run(make_project(), inputs(1))
    assert "apt-get install gcc" in str(caught.value)


def test_missing_arm_tools(make_project, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError, match="arm-none-eabi-gcc") as caught:
        VirtualBoard("cortex-m4").run(make_project(), inputs(1))
    assert "apt-get install" in str(caught.value)


def test_the_default_is_the_host_where_tools_are_missing(make_project, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert default_board(make_project().manifest).name == "host"
    assert "arm-none-eabi-gcc" in why_host()


@pytest.mark.emulator
def test_the_default_is_the_devices_core(make_project):
    assert default_board(make_project().manifest).name == "virtual:cortex-m4"
    assert why_host() is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("host", "host"),
        ("virtual:cortex-m0plus", "virtual:cortex-m0plus"),
        ("virtual:m33", "virtual:cortex-m33"),
        (" M7 ", "virtual:cortex-m7"),
        ("serial:/dev/ttyACM0", "serial:/dev/ttyACM0"),
        ("serial:/dev/ttyACM0:921600", "serial:/dev/ttyACM0:921600"),
        ("serial:COM3:115200", "serial:COM3"),
    ],
)
def test_names(text, name):
    assert parse_board(text).name == name


@pytest.mark.parametrize("text", ["", "virtual:", "virtual:cortex-m55", "serial:", "m"])
def test_unknown_names(text):
    with pytest.raises(ConfigError, match="no such board") as caught:
        parse_board(text)
    assert "virtual:cortex-m0plus" in str(caught.value)


def test_short_data_is_refused():
    with pytest.raises(RunError, match="incomplete"):
        virtual_board.decode_tensor(b"123", (1, 1, 2), "s8")
