"""Cycles and time of the networks of a layer list, on our runtime or on another."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from hw_models.device import Device
from hw_models.errors import ConfigError, ModelError
from hw_models.estimate import layer_cycles
from hw_models.kernels import core_class
from hw_models.layer_features import sum_features
from hw_models.layer_list import ListedLayer
from hw_models.layer_profile import LayerProfile, layer_profile_names, load_layer_profile
from hw_models.listed_network import own_network
from hw_models.parts import layer_parts
from hw_models.profile import Profile, list_profiles, load_profile
from hw_models.profile_file import read_profile_file

__all__ = ["NetworkPrediction", "any_profile", "predict_networks", "refused_layers"]


@dataclass(frozen=True)
class NetworkPrediction:
    """One network of a layer list.

    Args:
        model_id: Of the network.
        cycles: Predicted.
        latency_s: None without a clock.
        error_pct: Median absolute error of the profile on networks left out of its fit.
    """

    model_id: str
    cycles: int
    latency_s: float | None
    error_pct: float


def any_profile(name: str) -> tuple[Profile | LayerProfile, str | None]:
    """A profile of either kind, and the setting after the @ in "x-cube-ai-m7@7.1", if any.

    Raises:
        ConfigError: There is no such profile or setting.
    """
    text, _, setting = name.partition("@")
    if text.lower().endswith(".toml"):
        path = Path(text).expanduser()
        is_foreign = read_profile_file(path).get("kind") == "layers"
        profile = load_layer_profile(path) if is_foreign else load_profile(path)
    elif text in layer_profile_names():
        profile = load_layer_profile(text)
    elif text in (own := [each.name for each in list_profiles()]):
        profile = load_profile(text)
    else:
        raise ConfigError(
            "There is no shipped profile of this name.",
            where="profile",
            got=repr(text),
            allowed=", ".join((*own, *layer_profile_names())),
        )
    if isinstance(profile, LayerProfile):
        profile.cycles({}, setting or None)
    elif setting:
        raise ConfigError("A profile of our runtime has no settings.", where=text, got=setting)
    return profile, setting or None


def predict_networks(
    layers: Sequence[ListedLayer],
    profile: Profile | LayerProfile,
    *,
    setting: str | None = None,
    device: Device | None = None,
    clock_hz: float | None = None,
) -> tuple[NetworkPrediction, ...]:
    """Predict every network of a layer list, in the order of the list.

    Args:
        layers: Of one or more networks.
        profile: Of our runtime or of another.
        setting: Of a profile of another runtime; its reference setting without one.
        device: Its clock gives the time; its core must be the profile's.
        clock_hz: Instead of the device's clock.

    Raises:
        ConfigError: The device has another core, or the clock is no positive number.
        ModelError: Our runtime has no kernel for some layers, or a network has nothing to compute.
    """
    clock = _clock(profile, device, clock_hz)
    by_model: dict[str, list[ListedLayer]] = {}
    for layer in layers:
        by_model.setdefault(layer.model_id, []).append(layer)
    if isinstance(profile, LayerProfile):
        totals = {
            model: profile.cycles(sum_features(own), setting) for model, own in by_model.items()
        }
    else:
        totals = _own_cycles(by_model, profile)
    idle = [model for model, total in totals.items() if total <= 0]
    if idle:
        raise ModelError("A network of the list has nothing to compute.", got=", ".join(idle))
    return tuple(
        NetworkPrediction(
            model, round(total), total / clock if clock else None, profile.errors.median_percent
        )
        for model, total in totals.items()
    )


def refused_layers(
    layers: Sequence[ListedLayer], profile: Profile | LayerProfile
) -> dict[str, tuple[str, ...]]:
    """The layers that our runtime has no kernel for, by network, each with its reason.

    Args:
        layers: Of one or more networks.
        profile: One of another runtime knows every layer of a list.
    """
    refused: dict[str, tuple[str, ...]] = {}
    if isinstance(profile, LayerProfile):
        return refused
    for listed in layers:
        try:
            _own_layer_cycles(listed, profile)
        except ModelError as error:
            reason = f"{error.what} Got: {error.got}" if error.got else error.what
            found = f"{listed.where}: {listed.op}: {reason}"
            refused[listed.model_id] = (*refused.get(listed.model_id, ()), found)
    return refused


def _clock(
    profile: Profile | LayerProfile, device: Device | None, clock_hz: float | None
) -> float | None:
    if clock_hz is not None and not (isfinite(clock_hz) and clock_hz > 0):
        raise ConfigError("A clock is a positive number.", where="clock", got=clock_hz)
    if device is None:
        return clock_hz
    if device.core != profile.core:
        raise ConfigError(
            "The profile belongs to another core than the device's.",
            where=f"profile {profile.name!r}, device {device.name!r}",
            got=profile.core,
            allowed=device.core,
            cure=f"take a profile of the {device.core}",
        )
    if not device.simd and profile.core == "cortex-m33":
        raise ConfigError(
            "The device lacks the DSP extension that the profile was measured with.",
            where=f"profile {profile.name!r}, device {device.name!r}",
        )
    return (clock_hz or device.clock_hz) * (device.clock_efficiency or 1.0)


def _own_cycles(by_model: dict[str, list[ListedLayer]], profile: Profile) -> dict[str, float]:
    """Sum over the layers as our kernels run them; all unfit layers are named at once."""
    refused = refused_layers([layer for own in by_model.values() for layer in own], profile)
    if refused:
        problems = [problem for own in refused.values() for problem in own]
        lines = "".join(f"\n  - {problem}" for problem in problems)
        raise ModelError(
            f"Our runtime cannot run {len(problems)} layer(s) of the list:{lines}",
            cure="a profile of another runtime may know them",
        )
    return {
        model: sum(_own_layer_cycles(layer, profile) for layer in own)
        for model, own in by_model.items()
    }


def _own_layer_cycles(listed: ListedLayer, profile: Profile) -> float:
    network = own_network(listed)
    if network is None:
        return 0.0
    layer = network.layers[0]
    parts = layer_parts(network, layer, core_class(profile.core))
    return sum(layer_cycles(profile, key, amounts) for key, amounts in parts)
