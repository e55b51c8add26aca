"""One file per family of ONNX operations; importing this package fills the registry."""

from dse.importers.onnx_nodes import elementwise, pooling, shapes, weighted
from dse.importers.onnx_nodes.registry import NODES, Apply, Step

__all__ = ["NODES", "Apply", "Step", "elementwise", "pooling", "shapes", "weighted"]
