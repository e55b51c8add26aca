"""What a distillation learns from: the uncompressed network's logits."""

import numpy as np
import torch
from numpy.typing import NDArray

from dse.compress.calibrate import to_tensor
from dse.compress.module import build_module
from dse.parameters import Parameters
from hw_models.network import Network

__all__ = ["teacher_logits"]

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
