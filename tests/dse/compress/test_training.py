import pytest

from dse.compress.training import (
    DEFAULT_TRAINING,
    Training,
    augmentation_values,
    augmented,
    make_training,
)
from dse.data.augment import NO_AUGMENTATION, Augmentation
from hw_models.errors import ConfigError


def test_the_default_has_no_label_and_changes_are_named():
    assert Training() == DEFAULT_TRAINING
    assert DEFAULT_TRAINING.label() == ""
    assert Training(pruning="gradual", distillation=1).label() == "pruning=gradual distillation=1.0"


def test_all_faults_are_told_at_once():
    values = {"ranking": "l3", "temperature": 0, "distillation": True, "rank": "l1"}
    with pytest.raises(ConfigError) as caught:
        make_training(values)
    for name in values:
        assert f"{name}:" in str(caught.value.got)


def test_apoz_does_not_rank_single_weights():
    with pytest.raises(ConfigError, match="one weight has none"):
        Training(element_ranking="apoz")


@pytest.mark.parametrize("fields", [{"pruning": "gradual"}, {"front": "frozen"}])
def test_from_scratch_nothing_is_pruned_or_frozen(fields):
    with pytest.raises(ConfigError, match="needs start = fine-tune"):
        Training(start="scratch", **fields)


def test_changes_of_samples_are_settings_like_the_others():
    how = make_training({"time_shift": 0.1, "crop": 2, "flip": True, "ranking": "l1"})
    assert how.augmentation == Augmentation(time_shift=0.1, crop=2, flip=True)
    assert how.label() == "ranking=l1 time_shift=0.1 flip=True crop=2"
    assert DEFAULT_TRAINING.augmentation == NO_AUGMENTATION
    assert make_training({"gain_db": 6}).label() == "gain_db=6.0"


def test_mixing_is_said_to_be_of_the_float_training():
    with pytest.raises(ConfigError, match="belongs to the float training"):
        make_training({"mixing": True})


def test_a_recipe_gives_all_changes_but_the_mixing():
    values = {"time_shift": 0.1, "gain_db": 6.0, "equaliser_db": 9.0, "noise": 0.2}
    values |= {"flip": True, "crop": 3}
    recipe = Augmentation(**values, mixing=True)
    how = augmented(Training(ranking="l1", noise=1.0), recipe)
    assert how == Training(ranking="l1", **values)
    assert augmented(DEFAULT_TRAINING, how.augmentation) == augmented(DEFAULT_TRAINING, recipe)
    assert Augmentation(**augmentation_values(recipe), mixing=True) == recipe


def test_changes_out_of_range_are_told_with_the_others():
    values = {"time_shift": 2, "gain_db": "6 dB", "crop": 1.5, "flip": 1, "temperature": 0}
    with pytest.raises(ConfigError) as caught:
        make_training(values)
    told = str(caught.value.got)
    for part in (
        "time_shift: 2 is not a number from 0 to 1",
        "gain_db: '6 dB' is not a number",
        "crop: 1.5 is not a whole number",
        "flip: 1 is not true or false",
        "temperature:",
    ):
        assert part in told
