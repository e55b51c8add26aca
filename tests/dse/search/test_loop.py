"""The loop: exact limits, no training of infeasible points, resume, failure, interruption."""

from itertools import islice

import pytest

from dse.search import Limits, make_sampler, sampler_names, search


def run(name, space, price, evaluator, limits=None, **options):
    return search(
        make_sampler(name, space, seed=3), price, evaluator, limits or Limits(40), **options
    )


@pytest.mark.parametrize("name", sampler_names())
def test_search_trains_exactly_the_feasible_trials(name, space, price, make_evaluator):
    evaluator = make_evaluator()
    result = run(name, space, price, evaluator)
    trained = [trial for trial in result.trials if trial.outcome is not None]
    assert result.stopped == "trials"
    assert len(trained) == 40
    assert {trial.configuration for trial in trained} == set(evaluator.seen)
    assert all(not trial.price.shortfalls for trial in trained)
    infeasible = [trial for trial in result.trials if trial.state == "infeasible"]
    assert infeasible, "the bound of the fixture is meant to bite"
    assert all(trial.price.violation > 0 for trial in infeasible)


@pytest.mark.parametrize("name", sampler_names())
def test_same_seed_gives_same_trials(name, space, price, make_evaluator):
    first = run(name, space, price, make_evaluator())
    second = run(name, space, price, make_evaluator())
    assert first == second


@pytest.mark.parametrize("name", sampler_names())
@pytest.mark.parametrize("killed_after", [1, 13, 57])
def test_resumed_search_equals_an_uninterrupted_one(
    name, killed_after, space, price, make_evaluator
):
    whole = run(name, space, price, make_evaluator())
    recorded = []
    run(name, space, price, make_evaluator(), record=recorded.append)
    survived = list(islice(recorded, killed_after))
    evaluator, again = make_evaluator(), []
    resumed = run(name, space, price, evaluator, known=survived, record=again.append)
    assert resumed == whole
    assert not {trial.configuration for trial in survived} & set(evaluator.seen)
    assert not {trial.number for trial in survived} & {trial.number for trial in again}


def test_more_trials_continue_the_same_search(space, price, make_evaluator):
    short = run("optuna-nsga2", space, price, make_evaluator(), Limits(21))
    long = run("optuna-nsga2", space, price, make_evaluator())
    continued = run("optuna-nsga2", space, price, make_evaluator(), known=short.trials)
    assert continued == long


def test_numbers_are_unique_and_ordered(space, price, make_evaluator):
    result = run("random", space, price, make_evaluator())
    numbers = [trial.number for trial in result.trials]
    assert numbers == sorted(set(numbers))
    assert len({trial.configuration for trial in result.trials}) == len(numbers)


def test_a_failing_trial_is_recorded_and_the_search_goes_on(space, price, make_evaluator):
    evaluator = make_evaluator(breaks=lambda item: int(item.key(), 16) % 3 == 0)
    for name in sampler_names():
        result = run(name, space, price, evaluator)
        failed = [trial for trial in result.trials if trial.state == "failed"]
        assert failed
        assert all(trial.outcome.error == "ValueError: broken" for trial in failed)
        assert len([trial for trial in result.trials if trial.outcome]) == 40


def test_interrupt_keeps_what_is_done(space, price, make_evaluator):
    class Interrupted(make_evaluator):
        def evaluate(self, configurations):
            for item in super().evaluate(configurations):
                if len(self.seen) > 10:
                    raise KeyboardInterrupt
                yield item

    recorded = []
    result = run("random", space, price, Interrupted(), record=recorded.append)
    assert result.stopped == "interrupted"
    assert len([trial for trial in recorded if trial.outcome]) == 10
    assert set(recorded) == set(result.trials)


def test_time_limit_stops(space, price, make_evaluator):
    result = run("random", space, price, make_evaluator(), Limits(10_000, seconds=1e-9))
    assert result.stopped == "time"


def test_draw_limit_stops_a_search_without_feasible_points(space, make_price, make_evaluator):
    result = run("random", space, make_price(1.0), make_evaluator(), Limits(40, draws=100))
    assert result.stopped == "draws"
    assert all(trial.state == "infeasible" for trial in result.trials)


def test_a_space_that_is_used_up_ends_the_search(space, price, make_evaluator):
    class Few:
        def ask(self, count):
            return [space.baseline()] * count

        def tell(self, trials):
            self.told = trials

    sampler = Few()
    result = search(sampler, price, make_evaluator(), Limits(40))
    assert result.stopped == "exhausted"
    assert len(result.trials) == 1
    assert len(sampler.told) == 8
