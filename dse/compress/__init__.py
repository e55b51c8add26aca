"""Compression: parameters and a configuration become a trainable module and an integer Program."""

from dse.compress.calibrate import ChannelStatistics, Reference, calibrate, channel_statistics
from dse.compress.lower import lower
from dse.compress.module import TrainableNetwork, build_module
from dse.compress.pipeline import compress
from dse.compress.rankings import channel_scores
from dse.compress.share import SHARED_STEPS, train_shared
from dse.compress.shared import SharedWeights
from dse.compress.train import calibration_subset, fine_tune
from dse.compress.training import Training, make_training
from dse.compress.transfer import transfer

__all__ = [
    "SHARED_STEPS",
    "ChannelStatistics",
    "Reference",
    "SharedWeights",
    "TrainableNetwork",
    "Training",
    "build_module",
    "calibrate",
    "calibration_subset",
    "channel_scores",
    "channel_statistics",
    "compress",
    "fine_tune",
    "lower",
    "make_training",
    "train_shared",
    "transfer",
]
