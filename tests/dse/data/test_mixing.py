import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dse.data.mixing import cut_windows, loudness, mix, partners


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def tone(hz, level=1.0, rate=20_000, samples=8192):
    time = torch.arange(samples, dtype=torch.float64) / rate
    return (level * torch.sin(2 * math.pi * hz * time)).float().reshape(1, 1, -1, 1)


@pytest.mark.parametrize(
    ("hz", "weight_db"), [(100, -19.1), (1000, 0.0), (2000, 1.2), (8000, -1.1)]
)
def test_loudness_follows_the_curve_a(hz, weight_db):
    # IEC 61672, table 3.
    flat, weighted = (float(loudness(tone(hz), rate)) for rate in (None, 20_000))
    assert weighted - flat == pytest.approx(weight_db, abs=0.3)


def test_loudness_is_in_decibels_and_has_a_floor():
    assert float(loudness(tone(1000, 0.1), None)) == pytest.approx(
        float(loudness(tone(1000), None)) - 20, abs=0.01
    )
    assert float(loudness(torch.zeros(1, 1, 9000, 1), 8000)) == -80.0


@given(st.floats(0.02, 0.98), st.integers(0, 99))
def test_mix_is_the_published_formula(share, seed):
    first, second = torch.randn((2, 1, 1, 3000, 1), generator=generator(seed), dtype=torch.float64)
    second = second * 0.3
    g1, g2 = float(loudness(first, 8000)), float(loudness(second, 8000))
    p = 1 / (1 + 10 ** ((g1 - g2) / 20) * (1 - share) / share)
    wanted = (p * first + (1 - p) * second) / math.sqrt(p * p + (1 - p) ** 2)
    torch.testing.assert_close(
        mix(first, second, torch.tensor([share], dtype=torch.float64), 8000), wanted
    )


def test_at_the_ends_one_sound_is_left():
    first, second = tone(500), tone(900)
    torch.testing.assert_close(mix(first, second, torch.tensor([1.0]), 20_000), first)
    torch.testing.assert_close(
        mix(first, second, torch.tensor([0.0]), 20_000), second, atol=1e-4, rtol=0
    )


@given(st.integers(2, 5), st.integers(0, 99))
def test_partners_are_of_another_class_and_all_are_met(classes, seed):
    labels = torch.arange(40) % classes
    labels = labels[torch.randperm(40, generator=generator(seed))]
    chosen = torch.arange(40).repeat(200)
    found = partners(labels, chosen, generator(seed))
    assert (labels[found] != labels[chosen]).all()
    assert len(found[labels[chosen] == 0].unique()) == int((labels != 0).sum())


def test_windows_are_cut_out_of_the_stretched_padded_clip():
    clips = torch.arange(1.0, 1001.0).reshape(1, 1, -1, 1).repeat(200, 1, 1, 1)
    windows = cut_windows(clips, torch.arange(200), 300, generator())[:, 0, :, 0]
    slopes = windows.diff(dim=1)[:, 149]
    inside = (windows > 0).all(1)
    assert 0.3 < float(inside.float().mean()) < 1
    assert slopes[inside].min() > 1 / 1.26
    assert slopes[inside].max() < 1.26
    assert float(windows.max()) > 950
    assert windows[:, 0].eq(0).any()
    assert windows[:, -1].eq(0).any()
    plain = cut_windows(clips, torch.arange(200), 300, generator(), stretch=1.0)[:, 0, :, 0]
    assert (plain == plain.round()).all()


def test_a_clip_shorter_than_the_window_is_filled_with_zeros():
    windows = cut_windows(torch.ones(20, 1, 50, 1), torch.arange(20), 200, generator())
    assert windows.shape == (20, 1, 200, 1)
    assert (windows.flatten(1).sum(1) <= 64).all()


def test_windows_of_clips_of_several_lengths():
    clips = torch.ones(2, 1, 1000, 1)
    lengths = torch.tensor([1000, 40])
    chosen = torch.tensor([0, 1] * 50)
    windows = cut_windows(clips, chosen, 100, generator(), stretch=1.0, lengths=lengths)
    sums = windows.flatten(1).sum(1)
    assert sums[chosen == 0].max() == 100
    assert sums[chosen == 1].max() == 40
