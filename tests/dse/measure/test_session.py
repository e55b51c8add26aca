"""Measuring into a file that grows: resumed after a kill, never written over."""

import numpy as np
import pandas as pd
import pytest

from dse.boards.board import BoardRun
from dse.boards.host import HostBoard
from dse.measure.calibrated import calibrate_file
from dse.measure.design import designed_networks, parse_keys
from dse.measure.run_file import RunFile
from dse.measure.session import measure_networks
from dse.program_io import load_program
from dse.reference import run_program
from hw_models.calibrate import COLUMNS, read_measurements
from hw_models.device import generic_device
from hw_models.errors import ConfigError, DataError, RunError, ToolError
from hw_models.profile import load_profile, profile_for

DEVICE = generic_device("cortex-m4", 64 << 10, 256 << 10)
NETWORKS = designed_networks(parse_keys("linear/s8/s8,add"), DEVICE)[:3]


class Fake:
    """A board that computes like the reference and fails where told to."""

    name, core, vector_bytes = "fake", "cortex-m4", 4096

    def __init__(self, fail_at=None, flags="-O2", wrong=False):
        self.runs, self.fail_at, self.flags, self.wrong = 0, fail_at, flags, wrong

    def run(self, project, inputs, sounds=None):
        if self.runs == self.fail_at:
            raise ToolError("The board is silent.")
        self.runs += 1
        outputs = run_program(load_program(project.folder / "program.npz"), inputs)
        cycles = tuple(1000.0 + index for index in range(len(project.manifest.layers)))
        return BoardRun(
            outputs + np.int8(self.wrong), {}, cycles, compiler="gcc 12", flags=self.flags
        )


@pytest.fixture
def go(tmp_path):
    def run(board, networks=NETWORKS, **options):
        out, projects = tmp_path / "runs.csv", tmp_path / "projects"
        return measure_networks(board, networks, DEVICE, out, projects=projects, **options)

    return run


def test_a_failing_board_keeps_what_is_done_and_the_next_call_goes_on(go, tmp_path):
    with pytest.raises(ToolError, match="silent"):
        go(Fake(fail_at=1))
    kept = (tmp_path / "runs.csv").read_text()
    assert set(read_measurements(tmp_path / "runs.csv")["network"]) == {NETWORKS[0].name}
    board, told = Fake(), []
    done = go(board, told=told.append)
    assert board.runs == 2
    assert done.skipped == (NETWORKS[0].name,)
    assert done.fresh == tuple(each.name for each in NETWORKS[1:])
    assert len(told) == 2
    assert (tmp_path / "runs.csv").read_text().startswith(kept)
    frame = read_measurements(tmp_path / "runs.csv")
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == sum(
        layer.op != "flatten" for network in NETWORKS for layer in network.layers
    )
    assert go(Fake(fail_at=0)).fresh == ()


@pytest.mark.parametrize("cut", [1, 40, 300])
def test_half_a_network_is_measured_again(go, tmp_path, cut):
    go(Fake())
    path = tmp_path / "runs.csv"
    whole = path.read_text()
    path.write_text(whole[:-cut])
    board = Fake()
    assert go(board).fresh == (NETWORKS[2].name,)
    assert path.read_text() == whole


def test_a_kill_in_the_header(go, tmp_path):
    (tmp_path / "runs.csv").write_text("runtime,boa")
    assert len(go(Fake()).fresh) == 3


@pytest.mark.parametrize(
    ("board", "options", "message"),
    [
        (Fake(flags="-Os"), {"networks": (*NETWORKS, designed_networks(
            parse_keys("softmax,linear/s8/s8"), DEVICE)[0])}, "flags -Os"),
        (Fake(), {"label": "nucleo"}, "board nucleo"),
    ],
)  # fmt: skip
def test_another_build_or_board_is_refused(go, tmp_path, board, options, message):
    go(Fake())
    before = (tmp_path / "runs.csv").read_text()
    with pytest.raises(RunError, match=rf"never written over[\s\S]*{message}"):
        go(board, **options)
    assert (tmp_path / "runs.csv").read_text() == before


def test_a_file_of_something_else_is_refused(go, tmp_path):
    (tmp_path / "runs.csv").write_text("a,b\n1,2\n")
    with pytest.raises(RunError, match="never written over"):
        go(Fake())
    assert (tmp_path / "runs.csv").read_text() == "a,b\n1,2\n"


def test_wrong_outputs_are_not_measured(go, tmp_path):
    with pytest.raises(ToolError, match="other outputs than the exact reference"):
        go(Fake(wrong=True))
    assert not (tmp_path / "runs.csv").exists()


def test_the_host_counts_no_cycles(go):
    with pytest.raises(ConfigError, match="counts no cycles"):
        go(HostBoard())


def test_no_rows_yet(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text(",".join(COLUMNS) + "\n")
    assert len(RunFile(path).rows()) == 0
    assert not RunFile(path).has(NETWORKS[0])


def test_from_runs_to_a_profile_file(go, tmp_path):
    go(Fake(), label="desk")
    out = tmp_path / "My board.toml"
    found = calibrate_file(tmp_path / "runs.csv", out)
    assert load_profile(out) == found.profile
    assert found.profile.name == "my-board"
    assert found.profile.flags == "-O2"
    assert "desk, runs.csv" in found.profile.source
    assert found.next_layers
    calibrate_file(tmp_path / "runs.csv", out, name="second")
    assert load_profile(out).name == "second"


def test_code_sizes_of_ones_own(go, tmp_path):
    go(Fake())
    code = tmp_path / "code.csv"
    rows = [("cortex-m4", "fixed", "network", 9), ("cortex-m4", "kernel", "dse_add", 5)]
    pd.DataFrame(rows, columns=["core", "kind", "name", "bytes"]).to_csv(code, index=False)
    found = calibrate_file(tmp_path / "runs.csv", tmp_path / "p.toml", code=code)
    assert found.profile.code.fixed_bytes == 9
    pd.DataFrame([("cortex-m0", "fixed", "network", 9)], columns=[
        "core", "kind", "name", "bytes"]).to_csv(code, index=False)  # fmt: skip
    with pytest.raises(DataError, match="no code sizes of this core"):
        calibrate_file(tmp_path / "runs.csv", tmp_path / "p.toml", code=code)


def test_only_a_profile_is_replaced(go, tmp_path):
    go(Fake())
    other = tmp_path / "study.toml"
    other.write_text("model = 1\n")
    with pytest.raises(ConfigError, match="not a profile"):
        calibrate_file(tmp_path / "runs.csv", other)
    with pytest.raises(ConfigError, match="TOML"):
        calibrate_file(tmp_path / "runs.csv", tmp_path / "runs.csv")
    with pytest.raises(ConfigError, match="this name"):
        calibrate_file(tmp_path / "runs.csv", tmp_path / "p.toml", name="No Good")
    assert profile_for("cortex-m4").name == "dse-m4"
