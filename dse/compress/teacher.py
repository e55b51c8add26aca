"""The uncompressed network as the measure of the compressed one: its logits and its loss."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from dse.compress.calibrate import to_tensor
from dse.compress.loop import JUDGED_SAMPLES
from dse.compress.module import build_module
from dse.parameters import Parameters
from hw_models.network import Network

__all__ = ["base_loss", "teacher_logits"]

_CHUNK = 256


@torch.no_grad()
def teacher_logits(
    network: Network, parameters: Parameters, x: NDArray[np.float32], device: torch.device
) -> NDArray[np.float32]:
    """(n, classes) logits of the float network, before a closing softmax or argmax.

    Args:
        network: The uncompressed network.
        parameters: Its parameters.
        x: (n, height, width, channels).
        device: To compute on.
    """
    module = build_module(network, parameters).to(device).eval()
    inputs = to_tensor(module, x)
    parts = [
        module(inputs[start : start + _CHUNK]).cpu().numpy() for start in range(0, len(x), _CHUNK)
    ]
    return np.concatenate(parts)


def base_loss(
    network: Network,
    parameters: Parameters,
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    device: torch.device,
) -> float:
    """Mean cross entropy of the float network over the samples that judge a compressed one.

    Args:
        network: The uncompressed network.
        parameters: Its parameters.
        x: (n, height, width, channels); the first `JUDGED_SAMPLES` count.
        y: (n,) labels.
        device: To compute on.
    """
    logits = teacher_logits(network, parameters, x[:JUDGED_SAMPLES], device)
    labels = torch.from_numpy(y[:JUDGED_SAMPLES].astype(np.int64))
    return float(functional.cross_entropy(torch.from_numpy(logits), labels))
