"""The journal: round trip, torn and damaged lines, one writer at a time, Optuna's own view."""

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from dse.search import Outcome, Price, Trial
from dse.study.journal import Journal, read_trials
from hw_models.budget import Shortfall
from hw_models.errors import RunError
from hw_models.network import Layer, Network, Tensor
from search_spaces import build_space


@pytest.fixture(scope="module")
def space():
    layers = (
        Layer("a", "conv", ("input",), (4, 4, 16), "s8", activation="relu"),
        Layer("b", "conv", ("a",), (4, 4, 16), "s8", activation="relu"),
        Layer("pool", "avg_pool", ("b",), (1, 1, 16), kernel=(4, 4)),
        Layer("dense", "linear", ("pool",), (1, 1, 3), "s8"),
    )
    return build_space(Network("tiny", Tensor("input", (4, 4, 8)), layers))


@pytest.fixture
def trials(space):
    vectors = [(0,) * len(space.sites)]
    vectors += [tuple(size - 1 for size in space.cardinalities)]
    vectors += [(1,) + (0,) * (len(space.sites) - 1)]
    complete, infeasible, failed = (space.decode(vector) for vector in vectors)
    short = (Shortfall("ram", 5000, 4096, "bytes"),)
    return [
        Trial(0, complete, Price(0.1, 10, 20, 1e-3, 5.0, 7), Outcome(1 / 3, "short", 1, 2, 0.5)),
        Trial(1, infeasible, Price(0.3, 5000, 20, None, 5.0, 7, short), None),
        Trial(2, failed, Price(0.1, 10, 20, None, 5.0, 7), Outcome(None, "short", 1, 2, 0.1, "E")),
    ]


def write(path, space, trials):
    with Journal(path, space) as journal:
        for trial in trials:
            journal.append(trial)


def test_round_trip_is_exact(tmp_path, space, trials):
    path = tmp_path / "journal.log"
    write(path, space, trials)
    assert list(read_trials(path)) == trials
    with Journal(path, space) as journal:
        assert list(journal.trials) == trials


def test_reading_does_not_write(tmp_path, space, trials):
    path = tmp_path / "journal.log"
    write(path, space, trials)
    before = path.read_bytes()
    read_trials(path)
    assert path.read_bytes() == before


def test_every_torn_tail_keeps_all_earlier_trials(tmp_path, space, trials):
    path = tmp_path / "journal.log"
    write(path, space, trials[:2])
    intact = path.read_bytes()
    write(path, space, trials[2:])
    whole = path.read_bytes()
    for end in range(len(intact) + 1, len(whole), 97):
        path.write_bytes(whole[:end])
        assert list(read_trials(path)) == trials[:2]
        write(path, space, trials[2:])
        assert list(read_trials(path)) == trials


def test_a_damaged_line_within_is_named(tmp_path, space, trials):
    path = tmp_path / "journal.log"
    write(path, space, trials)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[-2] = lines[-2][: len(lines[-2]) // 2] + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(RunError, match="damaged") as caught:
        read_trials(path)
    assert caught.value.where == path


def test_a_trial_of_another_form_is_damage(tmp_path, space, trials):
    path = tmp_path / "journal.log"
    write(path, space, trials)
    path.write_bytes(path.read_bytes().replace(b'"latency_s"', b'"latency_x"'))
    with pytest.raises(RunError, match="damaged"):
        read_trials(path)


def test_no_journal_is_not_a_run_folder(tmp_path):
    with pytest.raises(RunError, match="not a run folder"):
        read_trials(tmp_path / "journal.log")


def test_two_searches_cannot_write_one_folder(tmp_path, space):
    with (
        Journal(tmp_path / "journal.log", space),
        pytest.raises(RunError, match="Another search"),
    ):
        Journal(tmp_path / "journal.log", space)


def test_a_stale_lock_of_a_killed_search_is_removed(tmp_path, space, trials):
    path = tmp_path / "journal.log"
    write(path, space, trials[:1])
    path.with_name("journal.log.lock").symlink_to(path)
    write(path, space, trials[1:])
    assert list(read_trials(path)) == trials


def test_optuna_opens_the_file(tmp_path, space, trials):
    path = tmp_path / "journal.log"
    write(path, space, trials)
    study = optuna.load_study(
        study_name="dse", storage=JournalStorage(JournalFileBackend(str(path)))
    )
    states = [trial.state.name for trial in study.trials]
    assert states == ["COMPLETE", "PRUNED", "FAIL"]
    assert study.trials[0].values == [1 - 1 / 3, 0.1, 10.0, 20.0]
    assert study.trials[0].params == {
        name: option.label() for name, option in trials[0].configuration.choices
    }
