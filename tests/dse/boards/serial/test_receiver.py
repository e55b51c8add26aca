"""The line protocol against noise of all kinds."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dse.boards.serial.receiver import Receiver, checked_line, frame_line
from hw_models.errors import ToolError

TEXTS = ["@dse 1 aa", "@compiler gcc 12.2.1", "+0011", "=00ff", "@cycles 00000004"]


def report(texts=TEXTS):
    lines = [*texts, f"@end {len(texts):08X}"]
    return [frame_line(number, text) for number, text in enumerate(lines)]


def test_a_clean_report_however_it_is_cut():
    data = b"".join(report())
    for size in (1, 7, 1000):
        receiver = Receiver("aa", "here")
        for start in range(0, len(data), size):
            receiver.feed(data[start : start + size])
        assert receiver.is_done
        assert receiver.report() == TEXTS


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.03))
def test_no_damage_gets_into_the_report(seed, rate):
    rng, receiver = np.random.default_rng(seed), Receiver("aa", "here")
    for _ in range(30):
        data = np.frombuffer(b"".join(report()), np.uint8).copy()
        spoilt = rng.random(len(data)) < rate
        data[spoilt] = rng.integers(0, 256, spoilt.sum())
        kept = data[rng.random(len(data)) >= rate / 4]
        with suppress(ToolError):
            receiver.feed(kept.tobytes())
        if receiver.is_done:
            assert receiver.report() == TEXTS
            break
    assert set(receiver.lines.items()) <= set(enumerate(TEXTS))


@given(st.binary(max_size=200))
def test_garbage_is_no_line(data):
    assert checked_line(data) is None


def test_a_lost_end_is_waited_for():
    receiver = Receiver("aa", "here")
    receiver.feed(b"".join(report()[:-1]))
    assert not receiver.is_done
    receiver.feed(b"".join(report()))
    assert receiver.is_done


def test_listening_begins_in_the_middle_of_a_pass():
    receiver = Receiver("aa", "here")
    receiver.feed(b"".join(report()[2:]))
    assert not receiver.is_ours
    receiver.feed(b"".join(report()))
    assert receiver.is_done


def test_the_same_line_lost_for_ever():
    receiver = Receiver("aa", "here")
    lossy = b"".join(line for number, line in enumerate(report()) if number != 3)
    with pytest.raises(ToolError, match=r"1 of 5 missing, the first is line 3"):
        receiver.feed(lossy * 9)


def test_another_protocol():
    with pytest.raises(ToolError, match="another version of the protocol"):
        Receiver("aa", "here").feed(frame_line(0, "@dse 2 aa"))


def test_lines_of_other_firmware_are_not_taken():
    receiver = Receiver("aa", "here")
    receiver.feed(b"".join(report(["@dse 1 bb", *TEXTS[1:]])))
    assert receiver.other == "bb"
    assert not receiver.lines
    receiver.feed(b"".join(report()))
    assert receiver.is_done
