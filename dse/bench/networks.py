"""Well-known networks, all weights int8: those of MLPerf Tiny and a few of the zoo."""

from dataclasses import dataclass

from torch import nn

from dse.importers import import_torch, pick_example
from dse.models import build_model
from dse.models.acdnet import ACDNet
from hw_models.network import Layer, Network, Shape, Tensor

__all__ = ["KNOWN_NETWORKS", "known_network"]


@dataclass(frozen=True)
class _Known:
    """Input shape and classes of a network."""

    shape: Shape
    classes: int


_AUTOENCODER = "fc-autoencoder"
_ACDNET = "acdnet"
_ZOO = {
    "resnet8": _Known((32, 32, 3), 10),
    "ds-cnn": _Known((49, 10, 1), 12),
    "mobilenet-v1-025": _Known((96, 96, 3), 2),
    "micro-acdnet": _Known((1, 30225, 1), 50),
    "lenet5": _Known((28, 28, 1), 10),
    "digits-ds": _Known((16, 16, 1), 10),
    "digits-resnet": _Known((16, 16, 1), 10),
}
_ACDNET_CHANNELS = (8, 64, 32, 64, 64, 128, 128, 256, 256, 512, 512, 50)
_AUTOENCODER_SIZES = (640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640)

KNOWN_NETWORKS = (*_ZOO, _ACDNET, _AUTOENCODER)
"""Names that `known_network` takes."""


def known_network(name: str) -> Network:
    """The graph of a known network, in its usual size.

    ACDNet has the channels of its authors (2103.03483) before pruning, the autoencoder those of
    MLPerf Tiny's anomaly detection with batch norm folded.

    Args:
        name: One of `KNOWN_NETWORKS`.
    """
    if name == _AUTOENCODER:
        return _autoencoder()
    known = _ZOO["micro-acdnet" if name == _ACDNET else name]
    if name == _ACDNET:
        module: nn.Module = ACDNet(_ACDNET_CHANNELS, known.shape[1], known.classes)
    else:
        module = build_model(f"zoo:{name}", known.shape, known.classes)
    example = pick_example(module, known.shape, known.classes)
    return import_torch(module.eval(), example, name, known.shape).network


def _autoencoder() -> Network:
    source, layers = "input", []
    for index, outputs in enumerate(_AUTOENCODER_SIZES[1:]):
        is_last = index == len(_AUTOENCODER_SIZES) - 2
        layers.append(
            Layer(
                f"dense{index}",
                "linear",
                (source,),
                (1, 1, outputs),
                "s8",
                activation="none" if is_last else "relu",
            )
        )
        source = layers[-1].name
    return Network(_AUTOENCODER, Tensor("input", (1, 1, _AUTOENCODER_SIZES[0])), tuple(layers))
