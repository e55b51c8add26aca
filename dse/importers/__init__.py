"""Foreign networks become a Network and its float parameters."""

from dse.importers.examples import example_for, pick_example
from dse.importers.imported import Imported
from dse.importers.torch_export import import_torch

__all__ = ["Imported", "example_for", "import_torch", "pick_example"]
