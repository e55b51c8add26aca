import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dse.export.naming import c_comment, c_float, c_identifier


@given(st.text())
def test_any_name_gives_an_identifier(name):
    found = c_identifier(name)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", found)
    assert len(found) <= 40
    assert not found.startswith("dse")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("demo", "demo"),
        ("DS-CNN 64K", "DS_CNN_64K"),
        ("int", "net_int"),
        ("main", "net_main"),
        ("dse_add", "net_dse_add"),
        ("8bit", "net_8bit"),
        ('a; system("x")', "a_system_x"),
        ("../../etc", "etc"),
        ("größe", "gr_e"),
        ("", "network"),
        ("**/", "network"),
    ],
)
def test_identifiers(name, expected):
    assert c_identifier(name) == expected


@given(st.text())
def test_a_comment_cannot_end_itself(text):
    found = c_comment(text)
    assert found.isascii()
    assert not set("*/\\?\n") & set(found)


@given(st.floats(2.0**-100, 2.0**100, width=32))
def test_floats_read_back(value):
    text = c_float(value)
    assert re.fullmatch(r"[0-9.e+-]+f", text)
    assert "." in text or "e" in text
    assert float(text[:-1]) == pytest.approx(value, rel=2**-24)
