"""Labelled data with fixed train, validation and test splits."""

from dse.data.augment import Augmentation
from dse.data.dataset import Clips, Dataset, describe_data
from dse.data.front_end import Features, FrontEnd
from dse.data.load import load_data

__all__ = [
    "Augmentation",
    "Clips",
    "Dataset",
    "Features",
    "FrontEnd",
    "describe_data",
    "load_data",
]
