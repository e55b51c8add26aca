from dataclasses import replace

import pytest

from dse.bench import recovery
from dse.bench.recovery import RecoveryRun, RecoveryTask, read_runs, recovery_runs
from dse.bench.recovery_plan import choose_strategies, configure, cuts_of
from dse.bench.recovery_table import recovery_table
from dse.compress.training import Training
from dse.data.augment import Augmentation
from dse.evaluate import make_program
from dse.importers import import_torch, pick_example
from dse.models import build_model
from hw_models.errors import ConfigError, RunError
from search_spaces.rewrite import rewrite

TASK = RecoveryTask("digits?classes=0,1,4,6,7&limit=20", "zoo:digits-ds", base_epochs=1)


@pytest.fixture(scope="module")
def network():
    shape = (16, 16, 1)
    module = build_model("zoo:digits-ds", shape, 10).eval()
    return import_torch(module, pick_example(module, shape, 10), "digits-ds", shape).network


def strategy(name):
    (found,) = choose_strategies([name])
    return found


def weights(network, name):
    space, configuration = configure(network, strategy(name))
    return [one.weight_format for one in rewrite(network, space, configuration).weighted_layers]


def test_a_format_goes_to_all_inner_layers_where_it_is_legal(network):
    assert weights(network, "s2") == ["s8", *8 * ["s2"], "s8"]
    assert weights(network, "xnor") == ["s8", "s8", *3 * ["xnor", "s8"], "xnor", "s8"]


def test_activations_of_four_bits_are_inner_ones(network):
    space, configuration = configure(network, strategy("s4 activations"))
    formats = [one.format for one in rewrite(network, space, configuration).tensors]
    assert (formats[0], formats[-1], set(formats[1:-3])) == ("s8", "s8", {"s4"})


def test_widths_are_even_and_leave_thirty_percent(network):
    space, configuration = configure(network, strategy("width"))
    assert len({option for _, option in configuration.choices}) == 1
    left = rewrite(network, space, configuration).parameter_count / network.parameter_count
    assert 0.24 < left <= 0.30


def test_every_cut_is_a_strategy_of_its_own(network):
    cuts = cuts_of(network, strategy("cut"))
    assert [one.name for one in cuts][:2] == ["cut after stem.conv", "cut after block1.pw.conv"]
    counts = []
    for one in cuts:
        space, configuration = configure(network, one)
        counts.append(rewrite(network, space, configuration).parameter_count)
    assert counts == sorted(counts)
    assert cuts_of(network, strategy("s8")) == (strategy("s8"),)


def test_samples_are_changed_as_in_the_models_recipe(monkeypatch, tmp_path):
    base = recovery._Job(TASK, replace(strategy("s8"), epochs=1), 0, tmp_path)
    recipe = replace(recovery.recipe_for(TASK.model), augmentation=Augmentation(time_shift=0.1))
    monkeypatch.setattr(recovery, "recipe_for", lambda _: recipe)
    recovery._train_base(base)
    used = []

    def spy(*arguments, training):
        used.append(training)
        return make_program(*arguments, training=training)

    monkeypatch.setattr(recovery, "make_program", spy)
    key = recovery._key(base)
    assert recovery._run(base).training == "distillation=0.9 time_shift=0.1"
    assert used == [Training(distillation=0.9, time_shift=0.1)]
    recipe = replace(recipe, augmentation=Augmentation(time_shift=0.2))
    assert recovery._key(base) != key


@pytest.mark.slow
def test_runs_resume_and_do_not_depend_on_the_number_of_jobs(tmp_path, monkeypatch):
    chosen = [replace(strategy(name), epochs=1) for name in ("s8", "xnor")]
    runs = recovery_runs([TASK], tmp_path / "one", chosen, (0,))
    assert [(run.strategy, run.seed, run.classes) for run in runs] == [("s8", 0, 5), ("xnor", 0, 4)]
    assert recovery_runs([TASK], tmp_path / "two", chosen, (0,), jobs=2) == runs
    log = tmp_path / "one" / "results.jsonl"
    first, second = log.read_text().splitlines(keepends=True)
    log.write_text(first + second[:40])
    trained, told = [], []
    whole = recovery._run
    monkeypatch.setattr(
        recovery, "_run", lambda job: trained.append(job.strategy.name) or whole(job)
    )
    assert recovery_runs([TASK], tmp_path / "one", chosen, (0,), progress=told.append) == runs
    assert trained == ["xnor"]
    assert told == [runs[1]]
    assert log.read_text() == first + second


def test_another_strategy_has_another_key_and_another_bar_the_same(tmp_path):
    s8 = replace(strategy("s8"), epochs=0)
    (first,) = recovery_runs([TASK], tmp_path, [s8], (0,))
    (again,) = recovery_runs([TASK], tmp_path, [replace(s8, bar_points=9.0)], (0,))
    (other,) = recovery_runs([TASK], tmp_path, [replace(s8, epochs=1)], (0,))
    assert again.key == first.key != other.key
    assert len(read_runs(tmp_path)) == 2
    assert again.bar_points == 9.0


def test_a_damaged_line_is_named(tmp_path):
    (tmp_path / "results.jsonl").write_text('{"key": 1}\n')
    with pytest.raises(RunError, match="line 1"):
        read_runs(tmp_path)


def run(seed, lost, bar):
    return RecoveryRun(
        "k", "own", "m", "s4", seed, 4, 9, 6, "", bar, 0.95, 0.95 - lost / 100, 0.9, 1.0
    )


def test_the_table_judges_the_mean_of_paired_differences():
    (row,) = recovery_table([run(seed, lost, 2.0) for seed, lost in enumerate((1.0, 2.0, 3.0))])
    assert row.lost_points == pytest.approx(2.0)
    # Student's t of two degrees of freedom is 4.3027; the mean's deviation is 1 / sqrt(3).
    assert row.interval_points == pytest.approx(4.3027 / 3**0.5, abs=1e-3)
    assert row.passes
    (row,) = recovery_table([run(0, 2.1, 2.0)])
    assert (row.passes, row.interval_points) == (False, None)
    (row,) = recovery_table([run(0, 2.1, None)])
    assert row.passes is None


def test_an_unknown_strategy_is_refused():
    with pytest.raises(ConfigError, match=r"sparse8@0\.25"):
        choose_strategies(["s4", "s3"])
