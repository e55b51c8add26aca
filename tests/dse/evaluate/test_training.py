"""Strategies from Python: recorded in evaluations, and refused where they cannot be."""

import pytest

from dse.evaluate import DEFAULT_TRAINING, Training, evaluate, final_evaluation
from dse.search import Outcome
from dse.study.folder import RunFolder
from dse.study.scoring import TrialScorer
from hw_models.errors import ConfigError

STRATEGY = Training(ranking="taylor", distillation=0.7)


def test_an_evaluation_knows_its_strategy(case):
    imported, dataset, space = case
    narrow = space.decode([len(site.options) - 1 for site in space.sites])
    made = evaluate(imported, dataset, space, narrow, epochs=1, training=STRATEGY)
    assert made.training == STRATEGY
    plain = evaluate(imported, dataset, space, narrow, epochs=1)
    assert plain.training == DEFAULT_TRAINING
    final = final_evaluation(imported, dataset, space, narrow, epochs=1, training=STRATEGY)
    assert final.training == STRATEGY


def test_a_trial_records_what_differs_from_plain_training(case, tmp_path):
    imported, dataset, space = case
    (tmp_path / "programs").mkdir()
    fields = (imported, dataset, space, "short", 0, 1, RunFolder(tmp_path))
    outcome = TrialScorer(*fields, STRATEGY)(space.baseline())
    assert outcome.training == "ranking=taylor distillation=0.7"
    assert TrialScorer(*fields)(space.baseline()).training == ""
    assert Outcome(0.5, "short", 0, 1, 0.1).training == ""


def test_scratch_without_training_is_refused(case):
    with pytest.raises(ConfigError, match="from scratch without training"):
        evaluate(*case, case[2].baseline(), "calibrated", training=Training(start="scratch"))
