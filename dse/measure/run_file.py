"""A measurement file that grows: one board and build, whole networks, never written over."""

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dse.files import write_atomically
from hw_models.calibrate import COLUMNS, SAME, read_measurements
from hw_models.errors import DataError, RunError
from hw_models.layer_text import layer_text
from hw_models.network import Network
from hw_models.strips import is_virtual

__all__ = ["RunFile"]


@dataclass(frozen=True)
class RunFile:
    """The file at `path`, in the form of `hw_models.calibrate.COLUMNS`."""

    path: Path

    def open(self, **expected: str) -> None:
        """Check that the file is absent or holds measurements of the same kind.

        What a kill left behind, half a row or half a network, is taken off.

        Args:
            expected: Values by column, as far as they are known.

        Raises:
            RunError: It holds something else.
        """
        if not self.path.exists():
            return
        text = self.path.read_text(encoding="utf-8", errors="replace")
        whole = text[: text.rfind("\n") + 1]
        if not whole and ",".join(COLUMNS).startswith(text):
            self.path.unlink()
            return
        if whole.splitlines()[:1] != [",".join(COLUMNS)]:
            raise _other(self.path, "no measurements", ", ".join(COLUMNS))
        if whole != text:
            write_atomically(self.path, whole)
        for column, value in expected.items():
            self.check(column, value)

    def check(self, column: str, value: str) -> None:
        """Check one column of the rows that there are.

        Raises:
            RunError: It has another value.
        """
        found = sorted(set(self.rows()[column]) - {value})
        if found:
            raise _other(self.path, f"{column} {found[0]}", f"{column} {value}")

    def rows(self) -> pd.DataFrame:
        """What has been measured; an absent file or one without rows gives an empty frame."""
        try:
            return read_measurements(self.path) if self.path.exists() else _empty()
        except DataError as error:
            if len(self.path.read_text(encoding="utf-8").splitlines()) == 1:
                return _empty()
            raise error

    def has(self, network: Network) -> bool:
        """Whether every layer of a network is there; part of a network is taken off the file."""
        rows = self.rows()
        own = rows[rows["network"] == network.name]
        wanted = {
            (layer.name, layer_text(network, layer))
            for layer in network.layers
            if not is_virtual(layer)
        }
        if set(zip(own["layer"], own["description"], strict=True)) == wanted:
            return True
        if len(own):
            rest = rows[rows["network"] != network.name]
            write_atomically(self.path, rest.to_csv(index=False, lineterminator="\n"))
        return False

    def append(self, rows: pd.DataFrame) -> None:
        """Add the rows of a network at the end.

        Raises:
            RunError: They are of another build than those that are there.
        """
        for column in SAME:
            self.check(column, str(rows[column].iloc[0]))
        text = rows.to_csv(index=False, header=not self.path.exists(), lineterminator="\n")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def _empty() -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(dtype=str) for column in COLUMNS})


def _other(path: Path, got: str, allowed: str) -> RunError:
    return RunError(
        "The measurement file holds something else; it is never written over.",
        where=path,
        got=got,
        allowed=allowed,
        cure="choose another file with -o",
    )
