"""Trials and prices as plain JSON values and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dse.search import Outcome, Price, Trial
from hw_models.budget import Shortfall
from search_spaces import Configuration

__all__ = ["price_from_json", "price_to_json", "trial_from_json", "trial_to_json"]

SCHEMA = 1


def price_to_json(price: Price) -> dict[str, Any]:
    """Fields by name, shortfalls as a list."""
    return asdict(price)


def price_from_json(values: Mapping[str, Any]) -> Price:
    """The inverse of `price_to_json`."""
    shortfalls = tuple(Shortfall(**item) for item in values["shortfalls"])
    return Price(**{**values, "shortfalls": shortfalls})


def trial_to_json(trial: Trial) -> dict[str, Any]:
    """Number, configuration, price and outcome."""
    return {
        "schema": SCHEMA,
        "number": trial.number,
        "configuration": trial.configuration.to_json(),
        "price": price_to_json(trial.price),
        "outcome": None if trial.outcome is None else asdict(trial.outcome),
    }


def trial_from_json(values: Mapping[str, Any]) -> Trial:
    """The inverse of `trial_to_json`.

    Raises:
        KeyError, TypeError: A field is missing, unknown or of the wrong type.
        ConfigError: The configuration is not one.
    """
    outcome = values["outcome"]
    return Trial(
        number=int(values["number"]),
        configuration=Configuration.from_json(values["configuration"]),
        price=price_from_json(values["price"]),
        outcome=None if outcome is None else Outcome(**outcome),
    )
