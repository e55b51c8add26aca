"""Labelled data with fixed train, validation and test splits."""

from dse.data.dataset import Dataset, describe_data
from dse.data.features import Features
from dse.data.load import load_data

__all__ = ["Dataset", "Features", "describe_data", "load_data"]
