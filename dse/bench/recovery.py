"""How much accuracy every compression strategy gives back, on the test split over several seeds."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from dse.bench.recovery_plan import FEW_CLASSES, STRATEGIES, Strategy, configure, cuts_of
from dse.compress.loop import one_thread
from dse.compress.training import Training, augmented
from dse.data import Dataset, load_data
from dse.data.subset import keep_classes
from dse.evaluate.accuracy import float_accuracy, program_accuracy
from dse.evaluate.ladder import make_program
from dse.importers import import_torch, pick_example
from dse.models import build_model, recipe_for, train_float
from dse.study.base import Base, load_base, save_base
from hw_models.errors import RunError

__all__ = ["RecoveryRun", "RecoveryTask", "read_runs", "recovery_runs"]

SCHEMA = 1
RESULTS = "results.jsonl"
_KEY_DIGITS = 16

Progress = Callable[["RecoveryRun"], None]
_Map = Callable[[Callable[["_Job"], Any], "Sequence[_Job]"], "Iterator[Any]"]


@dataclass(frozen=True)
class RecoveryTask:
    """A data set and the network that is compressed for it.

    Args:
        data: Specification, as `load_data` takes it.
        model: Specification, as `build_model` takes it.
        base_epochs: Of the float training; None for those of the model's recipe.
    """

    data: str
    model: str
    base_epochs: int | None = None

    @property
    def float_epochs(self) -> int:
        """Of the float training."""
        return recipe_for(self.model).epochs if self.base_epochs is None else self.base_epochs


@dataclass(frozen=True)
class RecoveryRun:
    """One strategy, trained with one seed.

    Args:
        key: Of everything that decides the result.
        data: Name of the data set.
        model: Specification of the network.
        strategy: Its name.
        seed: Of the float network and of the compression.
        classes: Of the data.
        training_samples: Of the data.
        epochs: Of the compression.
        training: What differs from the default.
        bar_points: How much it may lose.
        float_accuracy: Of the uncompressed network on the test split, 0 to 1.
        accuracy: Of the integer program on the test split.
        validation_accuracy: Of the integer program on the validation split.
        parameter_share: Parameters that are left, 0 to 1.
    """

    key: str
    data: str
    model: str
    strategy: str
    seed: int
    classes: int
    training_samples: int
    epochs: int
    training: str
    bar_points: float | None
    float_accuracy: float
    accuracy: float
    validation_accuracy: float
    parameter_share: float


@dataclass(frozen=True)
class _Job:
    task: RecoveryTask
    strategy: Strategy
    seed: int
    folder: Path

    @property
    def few(self) -> bool:
        return self.strategy.few


def recovery_runs(
    tasks: Sequence[RecoveryTask],
    folder: Path,
    strategies: Sequence[Strategy] = STRATEGIES,
    seeds: Sequence[int] = (0, 1, 2),
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[RecoveryRun]:
    """Train every strategy on every data set with every seed; what the folder holds is not redone.

    Args:
        tasks: Data sets and networks.
        folder: Gets `results.jsonl`, a line for every run, and the float networks.
        strategies: Of `choose_strategies`.
        seeds: One float network and one compression each.
        jobs: Trainings at a time; the results do not depend on it.
        progress: Called with every run that was not there.

    Raises:
        DseError: The data or the model cannot be used.
        RunError: The results in the folder are damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = {run.key: run for run in read_runs(folder)}
    found: list[RecoveryRun] = []
    with (folder / RESULTS).open("a", encoding="utf-8") as log, _workers(jobs) as run_all:
        for task in tasks:
            for seed in seeds:
                plan = [_Job(task, one, seed, folder) for one in strategies]
                list(run_all(_train_base, list({job.few: job for job in plan}.values())))
                plan = [replace(job, strategy=one) for job in plan for one in _expand(job)]
                new = [job for job in plan if _key(job) not in known]
                for run in run_all(_run, new):
                    log.write(json.dumps(asdict(run)) + "\n")
                    log.flush()
                    known[run.key] = run
                    if progress is not None:
                        progress(run)
                found += [
                    replace(known[_key(job)], bar_points=job.strategy.bar_points) for job in plan
                ]
    return found


def read_runs(folder: Path) -> list[RecoveryRun]:
    """The runs of a results file; a torn last line is left out.

    Raises:
        RunError: Another line cannot be read.
    """
    path = folder / RESULTS
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    names = {one.name for one in fields(RecoveryRun)}
    runs = []
    for number, line in enumerate(whole.splitlines(), start=1):
        try:
            values: dict[str, Any] = json.loads(line)
            if set(values) != names:
                raise ValueError(f"fields {sorted(values)}")
            runs.append(RecoveryRun(**values))
        except (ValueError, TypeError) as error:
            raise RunError(
                "A line of the results cannot be read.",
                where=f"{path}, line {number}",
                got=error,
                cure="Remove the line, or give another folder with --out.",
            ) from None
    return runs


@contextmanager
def _workers(jobs: int) -> Iterator[_Map]:
    """A map over jobs, in this process or in a pool; its results come in the order of the jobs."""
    if jobs == 1:
        yield map
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield pool.map


@lru_cache(maxsize=4)
def _dataset(spec: str, few: bool) -> Dataset:
    if not few:
        return load_data(spec)
    whole = _dataset(spec, False)
    return keep_classes(whole, range(min(FEW_CLASSES, whole.classes)))


def _content(job: _Job) -> dict[str, Any]:
    task = job.task
    data = _dataset(task.data, job.few)
    epochs = task.float_epochs
    return {
        "schema": SCHEMA,
        "data": data.fingerprint,
        "model": task.model,
        "recipe": repr(recipe_for(task.model)),
        "epochs": epochs,
        "seed": job.seed,
    }


def _digest(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_KEY_DIGITS]


def _key(job: _Job) -> str:
    plan = replace(job.strategy, bar_points=None, training=_training(job))
    return _digest(_content(job) | {"strategy": repr(plan)})


def _training(job: _Job) -> Training:
    """The strategy's, on samples that are changed as in the model's recipe."""
    return augmented(job.strategy.training, recipe_for(job.task.model).augmentation)


def _base_path(job: _Job) -> Path:
    return job.folder / f"float-{_digest(_content(job))}.npz"


def _train_base(job: _Job) -> None:
    path = _base_path(job)
    if path.is_file():
        return
    data, task = _dataset(job.task.data, job.few), job.task
    module = build_model(task.model, data.input_shape, data.classes, job.seed)
    example = pick_example(module, data.input_shape, data.classes)
    name = task.model.rpartition(":")[2]
    import_torch(module, example, name, data.input_shape)
    with one_thread():
        trained = train_float(module, data, task.float_epochs, job.seed, recipe_for(task.model))
    imported = import_torch(trained, example, name, data.input_shape)
    accuracy = float_accuracy(imported, *data.part("val"), data.windows)
    save_base(Base(imported, accuracy, data.class_names), path)


def _expand(job: _Job) -> tuple[Strategy, ...]:
    if job.strategy.kind != "cut":
        return (job.strategy,)
    return cuts_of(load_base(_base_path(job)).imported.network, job.strategy)


def _run(job: _Job) -> RecoveryRun:
    data, strategy = _dataset(job.task.data, job.few), job.strategy
    how = _training(job)
    imported = load_base(_base_path(job)).imported
    space, configuration = configure(imported.network, strategy)
    program = make_program(
        imported,
        data,
        space,
        configuration,
        job.seed,
        strategy.epochs,
        training=how,
    )
    left = program.network.parameter_count
    return RecoveryRun(
        key=_key(job),
        data=data.name,
        model=job.task.model,
        strategy=strategy.name,
        seed=job.seed,
        classes=data.classes,
        training_samples=len(data.y_train),
        epochs=strategy.epochs,
        training=how.label(),
        bar_points=strategy.bar_points,
        float_accuracy=float_accuracy(imported, *data.part("test"), data.windows),
        accuracy=program_accuracy(program, *data.part("test"), data.windows),
        validation_accuracy=program_accuracy(program, *data.part("val"), data.windows),
        parameter_share=left / imported.network.parameter_count,
    )
