"""Handwritten digits: 1,797 real images that come with scikit-learn (UCI, Alpaydin 1998)."""

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch.nn import functional

from dse.data.dataset import Dataset, divide
from dse.data.splits import three_way

__all__ = ["digits"]

SIZE = 16
_LEVELS = 16.0


def digits(seed: int) -> Dataset:
    """8x8 digits, upsampled to 16x16 (bilinear), values 0 to 1; stratified splits by the seed."""
    pixels, labels = load_digits(return_X_y=True)
    small = torch.from_numpy(pixels.reshape(-1, 1, 8, 8).astype(np.float32) / _LEVELS)
    large = functional.interpolate(small, (SIZE, SIZE), mode="bilinear", align_corners=False)
    x = large.permute(0, 2, 3, 1).contiguous().numpy()
    y = labels.astype(np.int64)
    parts = three_way(y, None, np.random.default_rng(seed))
    names = tuple(str(digit) for digit in range(10))
    split = f"stratified by class with seed {seed}: 64 % train, 16 % validation, 20 % test"
    return divide("digits", x, y, parts, names, split)
