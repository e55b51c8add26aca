import pandas as pd
import pytest

from dse.measure import __main__ as command
from dse.measure.run import CoreRun
from hw_models.profile import list_profiles


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "MEASUREMENTS", tmp_path)
    monkeypatch.setattr(command, "write_profiles", lambda: list_profiles()[:1])
    return tmp_path


def rows(core, value):
    build = dict.fromkeys(("runtime", "board", "compiler", "flags"), f"of {core}")
    return pd.DataFrame({"core": [core, core], "cycles": [value, value + 1]}).assign(**build)


def test_measuring_keeps_the_other_cores(folder, monkeypatch, capsys):
    for name in (command.LAYER_FILE, command.CODE_FILE, command.NETWORK_FILE):
        old = pd.concat([rows("cortex-m4", 1), rows("cortex-m7", 5)])
        old.to_csv(folder / name, index=False)
    fresh = rows("cortex-m4", 20)
    asked = []

    def measured(cores, jobs):
        asked.append(cores)
        return CoreRun(fresh, fresh, fresh)

    monkeypatch.setattr(command, "measure_all", measured)
    monkeypatch.setattr("sys.argv", ["measure", "cortex-m4"])
    command.main()
    assert asked == [("cortex-m4",)]
    builds = pd.read_csv(folder / "own_virtual_builds.csv")
    assert builds.to_dict("list") == {
        "runtime": ["of cortex-m4"],
        "board": ["of cortex-m4"],
        "core": ["cortex-m4"],
        "compiler": ["of cortex-m4"],
        "flags": ["of cortex-m4"],
    }
    for name in (command.LAYER_FILE, command.CODE_FILE, command.NETWORK_FILE):
        merged = pd.read_csv(folder / name)
        assert merged["core"].tolist() == ["cortex-m4"] * 2 + ["cortex-m7"] * 2
        assert merged["cycles"].tolist() == [20, 21, 5, 6]
    assert list_profiles()[0].name in capsys.readouterr().out


def test_fitting_measures_nothing(folder, monkeypatch, capsys):
    monkeypatch.setattr(command, "measure_all", None)
    monkeypatch.setattr("sys.argv", ["measure", "--fit"])
    command.main()
    assert "median" in capsys.readouterr().out
    assert list(folder.iterdir()) == []
