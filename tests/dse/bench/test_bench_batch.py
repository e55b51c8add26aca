import pytest

from dse.bench import batch
from dse.bench.batch import batch_figures


@pytest.mark.parametrize("name", ["lenet5", "digits-resnet"])
def test_all_options_are_priced_exactly_in_a_batch(name):
    (figure,) = batch_figures([name], configurations=2000, compared=150)
    assert (figure.network, figure.configurations, figure.compared) == (name, 2000, 150)
    assert figure.different == 0
    assert figure.per_second > 0
    assert figure.space > figure.configurations


def test_a_difference_is_counted(monkeypatch):
    monkeypatch.setattr(batch, "_values", lambda cost: cost.cycles)
    (figure,) = batch_figures(["lenet5"], configurations=5, compared=3)
    assert figure.different == 3
