"""A trial by what the user calls it: its number, or the knee of the front."""

from dse.search import Trial, knee
from dse.study.view import Run
from hw_models.errors import RunError

__all__ = ["choose_trial"]


def choose_trial(run: Run, name: str) -> Trial:
    """The trial of that number, or "knee".

    Raises:
        RunError: There is no such trial, or the front is empty.
    """
    if name.isdecimal():
        return run.trial(int(name))
    if name != "knee":
        raise RunError(
            "A trial is given by its number, or as knee.", where=run.folder.path, got=name
        )
    if not run.front:
        raise RunError(
            "The front is empty, so it has no knee.",
            where=run.folder.path,
            cure="See `dse front` for what is missing.",
        )
    return knee(run.front)
