"""The header says what was searched, and the notes say what the picture does not."""

from dataclasses import replace

import pytest

from dse.report.page_facts import collect_facts, collect_notes


def facts_of(run):
    return {fact.label: fact.text for fact in collect_facts(run)}


def test_header(run):
    facts = facts_of(run)
    states = [trial.state for trial in run.trials]
    assert facts["Model"].startswith("zoo:small (small)")
    assert facts["Data"] == "digits, 10 classes"
    assert facts["Device"].startswith("STM32F030R8, cortex-m0, 48 MHz")
    assert facts["Budget"] == "RAM 3,000 bytes, flash 40,000 bytes, latency 100 ms"
    assert facts["Uncompressed"].startswith("float accuracy 98.10 %")
    assert facts["Uncompressed"].endswith("over the budget")
    assert "rung short, 3 epochs" in facts["Accuracy"]
    assert "1.5 % in the median and 4.0 % at worst" in facts["Cost profile"]
    assert facts["Search"].startswith("optuna-nsga2, seed 0")
    assert f"{states.count('complete')} trained and scored" in facts["Trials"]
    infeasible = states.count("infeasible")
    assert infeasible
    assert facts["Infeasible"] == (
        f"{infeasible} configurations were over the budget: RAM in {infeasible}"
    )


def test_nothing_infeasible_nothing_said(make_run):
    assert "Infeasible" not in facts_of(make_run(count=10, ram=60_000))


@pytest.mark.parametrize(
    ("model", "data", "shown"),
    [
        ("/home/me/net.py:build", "npz:/data/set.npz", ("net.py:build", "npz:set.npz")),
        ("zoo:small", "digits", ("zoo:small", "digits")),
    ],
)
def test_folders_of_the_machine_are_not_shown(make_run, model, data, shown):
    run = make_run(count=5)
    renamed = type(run)(
        run.folder,
        run.config.model_copy(update={"model": model, "data": data}),
        run.base,
        run.pricer,
        run.trials,
        {},
    )
    facts = facts_of(renamed)
    assert facts["Model"].startswith(f"{shown[0]} (small)")
    assert facts["Data"].startswith(f"{shown[1]}, ")


def test_mixed_rungs_are_said(make_run):
    notes = collect_notes(make_run(count=40, ram=60_000, rungs=("calibrated", "short")))
    assert any("different rungs (calibrated, short)" in note for note in notes)


def test_one_rung_and_a_failure(run):
    assert collect_notes(run) == ("Failed trials: 1; the last, 2: the loss is not finite",)


def test_an_empty_front_is_explained(make_run):
    (note,) = collect_notes(make_run(count=10, ram=200))
    assert note.startswith("The front is empty. Tightest constraint: RAM; the nearest trial,")


def test_a_search_that_has_not_ended(make_run):
    run = make_run(count=20)
    unfinished = type(run)(run.folder, run.config, run.base, run.pricer, run.trials, {})
    assert any("has not ended" in note for note in collect_notes(unfinished))


def test_a_profile_that_changed_since_the_search(make_run):
    run = make_run(count=20)
    profile = replace(
        run.pricer.profile,
        coefficients={
            key: dict.fromkeys(table, 3.0) for key, table in run.pricer.profile.coefficients.items()
        },
    )
    stale = replace(run, pricer=replace(run.pricer, profile=profile))
    assert any("has changed since the search" in note for note in collect_notes(stale))
    assert not any("has changed" in note for note in collect_notes(run))
