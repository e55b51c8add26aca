"""Foreign networks become a Network and its float parameters."""

from dse.importers.examples import example_for, pick_example
from dse.importers.imported import Imported
from dse.importers.onnx_module import load_onnx
from dse.importers.operation import Operation
from dse.importers.torch_export import import_torch, list_operations

__all__ = [
    "Imported",
    "Operation",
    "example_for",
    "import_torch",
    "list_operations",
    "load_onnx",
    "pick_example",
]
