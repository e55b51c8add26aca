"""Labelled data with fixed train, validation and test splits."""

from dse.data.dataset import Dataset
from dse.data.features import Features
from dse.data.load import load_data

__all__ = ["Dataset", "Features", "load_data"]
