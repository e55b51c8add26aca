"""The command line in this process, and one small finished run."""

import sys
from dataclasses import dataclass

import pytest

from dse.cli.app import main


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str


@pytest.fixture
def cli(monkeypatch, capsys):
    """Run `dse ARGUMENTS`; never a traceback, since `main` itself is called."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["dse", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        code = caught.value.code
        return Finished(0 if code is None else int(code), captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """A calibrated search of a few trials on the digits."""
    from dse.study.config import make_study
    from dse.study.run import run_study

    folder = tmp_path_factory.mktemp("runs") / "digits"
    values = {
        "model": "zoo:digits-ds",
        "data": "digits",
        "device": "STM32L476RG",
        "rung": "calibrated",
        "base_epochs": 2,
        "trials": 12,
    }
    run_study(make_study(values, "test"), folder)
    return folder
