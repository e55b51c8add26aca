"""Compression: parameters and a configuration become a trainable module and an integer Program."""

from dse.compress.calibrate import ChannelStatistics, Reference, calibrate, channel_statistics
from dse.compress.lower import lower
from dse.compress.module import TrainableNetwork, build_module
from dse.compress.train import calibration_subset, fine_tune
from dse.compress.transfer import transfer

__all__ = [
    "ChannelStatistics",
    "Reference",
    "TrainableNetwork",
    "build_module",
    "calibrate",
    "calibration_subset",
    "channel_statistics",
    "fine_tune",
    "lower",
    "transfer",
]
