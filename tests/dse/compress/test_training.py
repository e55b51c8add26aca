import pytest

from dse.compress.training import DEFAULT_TRAINING, Training, make_training
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
