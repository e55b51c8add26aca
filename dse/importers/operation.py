"""What becomes of one operation of a module."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["Operation", "Verdict"]

Verdict = Literal["supported", "refused", "not judged"]


@dataclass(frozen=True)
class Operation:
    """One traced operation.

    Args:
        op: As `aten.conv2d.default`.
        place: Module path and source line.
        verdict: "not judged" where it reads what a refused operation makes.
        layer: The layer of the Network that does it; "" where none does.
        reason: Why it is refused; "" where nothing is known about the operation.
    """

    op: str
    place: str
    verdict: Verdict
    layer: str = ""
    reason: str = ""

    def __str__(self) -> str:
        text = f"{self.op} at {self.place}"
        return f"{text}: {self.reason}" if self.reason else text
