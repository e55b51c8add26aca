"""The cache of evaluations: found by content, and never trusted when damaged."""

from dataclasses import replace

import pytest

from dse.evaluate import EvaluationCache, Training, cache, cached_evaluation, train_shared
from dse.evaluate.cache import evaluation_key


@pytest.fixture
def counted(monkeypatch):
    """The evaluations that were really made."""
    made = []
    real = cache.evaluate

    def evaluate(*arguments):
        made.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(cache, "evaluate", evaluate)
    return made


def test_the_second_evaluation_is_read(case, tmp_path, counted):
    store = EvaluationCache(tmp_path)
    imported, dataset, space = case
    fields = (imported, dataset, space, space.baseline(), "short", 1, 1)
    first = cached_evaluation(store, *fields)
    again = cached_evaluation(store, *fields)
    assert len(counted) == 1
    assert replace(first, program=None) == replace(again, program=None)
    assert repr(first.program.constants) == repr(again.program.constants)
    assert cached_evaluation(None, *fields).accuracy == first.accuracy
    assert len(counted) == 2


@pytest.mark.parametrize("damage", ["json", "npz", "other program", "no program", "schema"])
def test_a_damaged_entry_is_computed_again(case, tmp_path, counted, damage):
    store = EvaluationCache(tmp_path)
    imported, dataset, space = case
    fields = (imported, dataset, space, space.baseline(), "calibrated")
    first = cached_evaluation(store, *fields)
    (result,), (program,) = tmp_path.rglob("*.json"), tmp_path.rglob("*.npz")
    match damage:
        case "json":
            result.write_text(result.read_text()[:40])
        case "npz":
            program.write_bytes(program.read_bytes()[:-20])
        case "other program":
            program.write_bytes(program.read_bytes() + b"x")
        case "no program":
            program.unlink()
        case "schema":
            result.write_text(result.read_text().replace('"schema": 1', '"schema": 0'))
    again = cached_evaluation(store, *fields)
    assert len(counted) == 2
    assert again.accuracy == first.accuracy
    cached_evaluation(store, *fields)
    assert len(counted) == 2


def test_every_argument_is_in_the_key(case):
    imported, dataset, space = case
    weights = train_shared(
        space, imported.parameters, dataset.x_train, dataset.y_train, seed=0, steps=1
    )
    own = imported.parameters["fc"]
    moved = {**imported.parameters, "fc": replace(own, bias=own.bias + 1)}
    narrow = space.decode([len(site.options) - 1 for site in space.sites])
    base = (imported, dataset, space.baseline(), "short", 0, 4, Training(), None)
    others = {
        0: replace(imported, parameters=moved),
        1: replace(dataset, x_val=dataset.x_val + 1),
        2: narrow,
        3: "full",
        4: 1,
        5: 5,
        6: Training(ranking="l1"),
        7: weights,
    }
    assert evaluation_key(*base[:6], Training(time_shift=0.1), None) != evaluation_key(*base)
    keys = [evaluation_key(*base)]
    for place, value in others.items():
        changed = list(base)
        changed[place] = value
        keys.append(evaluation_key(*changed))
    assert len(set(keys)) == len(base) + 1
    assert evaluation_key(*base) == keys[0]


def test_what_was_computed_before_samples_were_changed_is_still_found(case, monkeypatch):
    imported, dataset, space = case
    base = (imported, dataset, space.baseline(), "short", 0, 4, Training(), None)
    key = evaluation_key(*base)
    names = "weight_ranges activation_ranges percentile scales powers ranking element_ranking"
    before = {*names.split(), "pruning", "start", "front", "distillation", "temperature"}
    real = cache.asdict
    monkeypatch.setattr(
        cache, "asdict", lambda how: {k: v for k, v in real(how).items() if k in before}
    )
    assert evaluation_key(*base) == key


def test_a_rung_that_does_not_train_does_not_change_samples(case, tmp_path, counted):
    store = EvaluationCache(tmp_path)
    space = case[2]
    made = [
        cached_evaluation(store, *case, space.baseline(), "calibrated", training=how)
        for how in (Training(time_shift=0.1), Training())
    ]
    assert [one.training.label() for one in made] == ["", ""]
    assert len(counted) == 1
