"""Find the best compression of a neural network for a microcontroller, and ship it as C.

What the command line does, as functions that return dataclasses and frames.
"""

from dse.boards.choice import board_names, default_board, parse_board
from dse.data import load_data
from dse.importers import import_torch
from dse.report.choose import choose_trial
from dse.report.tables import compare_table, front_table, layer_table, select, trial_table
from dse.study.check import check_study
from dse.study.config import StudyConfig, load_study, make_study
from dse.study.deploy import export_trial, train_finally
from dse.study.run import StudyEvents, StudyResult, run_study
from dse.study.view import Run, load_run
from dse.verify import verify

__all__ = [
    "Run",
    "StudyConfig",
    "StudyEvents",
    "StudyResult",
    "board_names",
    "check_study",
    "choose_trial",
    "compare_table",
    "default_board",
    "export_trial",
    "front_table",
    "import_torch",
    "layer_table",
    "load_data",
    "load_run",
    "load_study",
    "make_study",
    "parse_board",
    "run_study",
    "select",
    "train_finally",
    "trial_table",
    "verify",
]
