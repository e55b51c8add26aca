"""A part of a Dataset: some of its classes, or fewer training samples."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dse.data.dataset import Dataset
from hw_models.errors import ConfigError

__all__ = ["keep_classes", "limit_training", "take_subset"]

Labels = NDArray[np.int64]


def take_subset(dataset: Dataset, options: dict[str, str], seed: int) -> Dataset:
    """What the options `classes` and `limit` of a data specification leave.

    Args:
        dataset: As it was loaded.
        options: Of the specification; others are not looked at.
        seed: Decides which training samples stay.

    Raises:
        ConfigError: Not numbers, or classes that the data do not have.
    """
    if "classes" in options:
        dataset = keep_classes(dataset, _numbers(options["classes"]))
    if "limit" in options:
        limit = _numbers(options["limit"])
        if len(limit) != 1 or limit[0] < 1:
            raise ConfigError(
                "The limit is no positive whole number.",
                where="--data, option 'limit'",
                got=options["limit"],
                allowed="training samples of each class",
            )
        dataset = limit_training(dataset, limit[0], seed)
    return dataset


def keep_classes(dataset: Dataset, classes: Sequence[int]) -> Dataset:
    """Some classes of a data set, numbered anew in the order in which they are given.

    Args:
        dataset: Stays as it is.
        classes: Their numbers, at least two different ones.

    Raises:
        ConfigError: Fewer, one twice, or one that the data do not have.
    """
    wanted = list(classes)
    if len(wanted) < 2 or len(set(wanted)) < len(wanted) or max(wanted) >= dataset.classes:
        raise ConfigError(
            "These classes cannot be chosen.",
            where="--data, option 'classes'",
            got=wanted,
            allowed=f"two or more different numbers from 0 to {dataset.classes - 1}",
        )
    numbers = np.full(dataset.classes, -1)
    numbers[wanted] = np.arange(len(wanted))
    train, val, test = (numbers[dataset.part(part)[1]] for part in ("train", "val", "test"))
    clips = dataset.clips
    if clips is not None:
        kept = numbers[clips.y]
        lengths = None if clips.lengths is None else clips.lengths[kept >= 0]
        clips = replace(clips, x=clips.x[kept >= 0], y=kept[kept >= 0], lengths=lengths)
    return replace(
        dataset,
        x_train=dataset.x_train[train >= 0],
        y_train=train[train >= 0],
        x_val=dataset.x_val[val >= 0],
        y_val=val[val >= 0],
        x_test=dataset.x_test[test >= 0],
        y_test=test[test >= 0],
        class_names=tuple(dataset.class_names[one] for one in wanted),
        split=f"{dataset.split}; classes {', '.join(map(str, wanted))} only".removeprefix("; "),
        clips=clips,
    )


def limit_training(dataset: Dataset, count: int, seed: int) -> Dataset:
    """At most so many training samples of each class; validation and test stay whole.

    Args:
        dataset: Stays as it is; its samples are no windows of longer clips.
        count: Of a class.
        seed: Decides which.

    Raises:
        ConfigError: The samples are windows of longer clips.
    """
    if dataset.clips is not None:
        raise ConfigError(
            "Windows of longer clips cannot be limited.",
            where="--data, option 'limit'",
            cure="Leave out crops or limit.",
        )
    order = np.random.default_rng(seed).permutation(len(dataset.y_train))
    labels = dataset.y_train[order]
    chosen = [order[labels == one][:count] for one in range(dataset.classes)]
    rows = np.sort(np.concatenate(chosen))
    return replace(
        dataset,
        x_train=dataset.x_train[rows],
        y_train=dataset.y_train[rows],
        split=f"{dataset.split}; at most {count} training samples a class".removeprefix("; "),
    )


def _numbers(text: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isdecimal() for part in parts):
        raise ConfigError(
            "Whole numbers are wanted.", where="--data", got=text, allowed="such as 0,1,2"
        )
    return [int(part) for part in parts]
