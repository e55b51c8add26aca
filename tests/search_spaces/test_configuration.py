import json

import pytest

from hw_models.errors import ConfigError
from search_spaces import Configuration, DepthCut, Format, Width

ONE = Configuration((("format:a", Format("s4")), ("width:a", Width(0.5)), ("depth", DepthCut("a"))))


def test_the_json_form_is_schema_1():
    assert ONE.to_json() == {
        "schema": 1,
        "choices": {
            "format:a": {"format": "s4"},
            "width:a": {"width": 0.5},
            "depth": {"depth": "a"},
        },
    }


def test_a_configuration_survives_json_as_object_and_as_text():
    assert Configuration.from_json(ONE.to_json()) == ONE
    assert Configuration.from_json(json.dumps(ONE.to_json())) == ONE


def test_the_key_is_that_of_the_content():
    other = Configuration(tuple(reversed(ONE.choices)))
    assert other.key() == ONE.key()
    changed = Configuration((*ONE.choices[:1], ("width:a", Width(0.25)), *ONE.choices[2:]))
    assert changed.key() != ONE.key()
    # Golden: keys are stored in run folders, so they may not change.
    assert ONE.key() == "0812d626353f"


def test_equal_configurations_hash_alike():
    assert len({ONE, Configuration.from_json(ONE.to_json())}) == 1


def test_choice_names_the_sites_when_there_is_none():
    assert ONE.choice("width:a") == Width(0.5)
    with pytest.raises(ConfigError, match=r"got: width:b\n.*format:a"):
        ONE.choice("width:b")


def test_a_site_stands_once():
    with pytest.raises(ConfigError, match="two options"):
        Configuration((("depth", DepthCut(None)), ("depth", DepthCut("a"))))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{", "is a JSON object"),
        ("[]", "known schema"),
        ({}, "known schema"),
        ({"schema": 2, "choices": {}}, "known schema"),
        ({"schema": 1}, "has choices"),
        ({"schema": 1, "choices": []}, "has choices"),
        ({"schema": 1, "choices": {"depth": 3}}, "not an option"),
    ],
)
def test_what_is_no_configuration_is_refused(data, message):
    with pytest.raises(ConfigError, match=message):
        Configuration.from_json(data)
