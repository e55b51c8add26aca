"""One file per family of aten operations; importing this package fills the registry."""

from dse.importers.builders import (
    concat,
    elementwise,
    functions,
    heads,
    pooling,
    shapes,
    weighted,
)

__all__ = ["concat", "elementwise", "functions", "heads", "pooling", "shapes", "weighted"]
