"""The record of a study: an Optuna study in a journal file, one Optuna trial per Trial.

Feasible trials are complete Optuna trials with their four objectives, infeasible ones are pruned,
broken ones failed, so that Optuna's own tools and dashboard can open the file. The Trial itself is
stored with each as the user attribute "trial".
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState

from dse.search import OBJECTIVES, Trial, objectives
from dse.study.records import trial_from_json, trial_to_json
from hw_models.errors import DseError, RunError
from search_spaces import Space

__all__ = ["Journal", "read_trials"]

STUDY_NAME = "dse"
_STATES = {
    "complete": TrialState.COMPLETE,
    "infeasible": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}


class Journal(AbstractContextManager["Journal"]):
    """Appends trials to a journal file; only one process at a time may hold it.

    Args:
        path: The file; made when it does not exist. A torn last line, as a kill leaves it, is cut
            off.
        space: Names the parameters.

    Raises:
        RunError: Another process is searching in this folder, or a line within is damaged.
    """

    def __init__(self, path: Path, space: Space) -> None:
        self._space = space
        self._guard = path.with_suffix(".guard").open("w")
        try:
            fcntl.flock(self._guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._guard.close()
            raise RunError(
                "Another search is running in this folder.",
                where=path.parent,
                cure="Wait for it, or choose another folder with --out.",
            ) from None
        _mend_tail(path)
        self._study = _open(path)
        self.trials = tuple(_trials(self._study, path))

    def append(self, trial: Trial) -> None:
        """Write a trial through to the disk."""
        complete = trial.state == "complete"
        options = {site.name: site.options for site in self._space.sites}
        distributions: dict[str, BaseDistribution] = {
            name: CategoricalDistribution([option.label() for option in choices])
            for name, choices in options.items()
        }
        params = {name: option.label() for name, option in trial.configuration.choices}
        self._study.add_trial(
            optuna.trial.create_trial(
                state=_STATES[trial.state],
                values=list(objectives(trial)) if complete else None,
                params=params,
                distributions={name: distributions[name] for name in params},
                user_attrs={"trial": trial_to_json(trial)},
            )
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let go of the file."""
        self._guard.close()


def read_trials(path: Path) -> tuple[Trial, ...]:
    """The trials of a journal file in the order of their numbers; a torn tail is left out.

    Raises:
        RunError: There is no such file, or a line within is damaged.
    """
    if not path.is_file():
        raise RunError(
            "This is not a run folder: it has no journal.",
            where=path,
            cure="Give a folder that `dse search` wrote.",
        )
    return tuple(sorted(_trials(_open(path), path), key=lambda trial: trial.number))


def _open(path: Path) -> optuna.Study:
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        storage = JournalStorage(JournalFileBackend(str(path)))
        # Creating first, as load_if_exists does, would write to a file that is only read.
        names = [study.study_name for study in storage.get_all_studies()]
        if STUDY_NAME in names:
            return optuna.load_study(study_name=STUDY_NAME, storage=storage)
        return optuna.create_study(
            storage=storage, study_name=STUDY_NAME, directions=["minimize"] * len(OBJECTIVES)
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from None
    finally:
        optuna.logging.set_verbosity(verbosity)


def _trials(study: optuna.Study, path: Path) -> Iterator[Trial]:
    for frozen in study.get_trials(deepcopy=False):
        try:
            yield trial_from_json(_record(frozen))
        except (KeyError, TypeError, ValueError, DseError) as error:
            raise _damaged(path, error) from None


def _record(frozen: FrozenTrial) -> dict[str, Any]:
    record: dict[str, Any] = frozen.user_attrs["trial"]
    return record


def _mend_tail(path: Path) -> None:
    """Cut off a last line that a kill left unfinished; appending to it would spoil two lines."""
    path.with_name(path.name + ".lock").unlink(missing_ok=True)
    if not path.exists():
        return
    text = path.read_bytes()
    end = text.rfind(b"\n") + 1
    lines = text[:end].splitlines(keepends=True)
    if lines and not _is_json(lines[-1]):
        end -= len(lines[-1])
    if end < len(text):
        with path.open("r+b") as file:
            file.truncate(end)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _damaged(path: Path, error: Exception) -> RunError:
    return RunError(
        "The journal of this run is damaged.",
        where=path,
        got=f"{type(error).__name__}: {error}",
        cure="Restore the file from a copy, or search anew in another folder. The trials in front "
        "of the damaged line are still in the file.",
    )
