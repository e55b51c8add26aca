"""A Configuration: one option for every site, hashable, with a JSON form and a content key."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from hw_models.errors import ConfigError
from search_spaces.options import Option, option_from_json, option_to_json

__all__ = ["CONFIGURATION_SCHEMA", "Configuration"]

CONFIGURATION_SCHEMA = 1
_KEY_DIGITS = 12


@dataclass(frozen=True)
class Configuration:
    """One option for every site, in the order of the space.

    Args:
        choices: (site name, option) pairs.

    Raises:
        ConfigError: A site stands twice.
    """

    choices: tuple[tuple[str, Option], ...]

    def __post_init__(self) -> None:
        names = [name for name, _ in self.choices]
        if len(set(names)) != len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ConfigError("A site has two options.", got=twice)

    def choice(self, site: str) -> Option:
        """The option chosen at a site.

        Raises:
            ConfigError: The configuration has no such site.
        """
        for name, option in self.choices:
            if name == site:
                return option
        raise ConfigError(
            "There is no such site.", got=site, allowed=[name for name, _ in self.choices]
        )

    def to_json(self) -> dict[str, object]:
        """A JSON object, schema 1: {"schema": 1, "choices": {site: option}}."""
        choices = {name: option_to_json(option) for name, option in self.choices}
        return {"schema": CONFIGURATION_SCHEMA, "choices": choices}

    @classmethod
    def from_json(cls, data: Mapping[str, object] | str) -> "Configuration":
        """The inverse of `to_json`; takes the parsed object or its text.

        `Space.load` also checks the sites and options against a space.

        Raises:
            ConfigError: Not JSON, another schema, or not a configuration.
        """
        parsed = _parse(data) if isinstance(data, str) else data
        if not isinstance(parsed, Mapping) or parsed.get("schema") != CONFIGURATION_SCHEMA:
            raise ConfigError(
                "This is not a configuration of a known schema.",
                where="key 'schema'",
                got=parsed.get("schema") if isinstance(parsed, Mapping) else parsed,
                allowed=CONFIGURATION_SCHEMA,
                cure="Use the version of dse that wrote it.",
            )
        choices = parsed.get("choices")
        if not isinstance(choices, Mapping):
            raise ConfigError(
                "A configuration has choices.",
                where="key 'choices'",
                got=choices,
                allowed="an object of site names and options",
            )
        return cls(tuple((name, option_from_json(item, name)) for name, item in choices.items()))

    def key(self) -> str:
        """A short hash of the content: 12 hexadecimal digits, whatever the order of the sites."""
        text = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:_KEY_DIGITS]


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError("A configuration is a JSON object.", got=str(error)) from error
