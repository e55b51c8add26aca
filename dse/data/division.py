"""Which samples go where: official parts and folds, held-out speakers or subjects, k folds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dse.data.splits import FRACTION, Indices, carve, carve_groups, three_way
from hw_models.errors import ConfigError, DataError

__all__ = ["Division", "Marks", "Splitting", "split_samples"]

Labels = NDArray[np.int64]
Parts = tuple[Indices, Indices, Indices]


@dataclass(frozen=True)
class Splitting:
    """What the user says about the splits.

    Args:
        fold: The fold that is the test split.
        folds: Make so many folds: of whole speakers or subjects where these are known.
        leave: The speaker or subject that is the test split.
        validation: Share of the training data that becomes the validation split; with 0 nothing is
            held out, and the validation split repeats the training split.
    """

    fold: str | None = None
    folds: int | None = None
    leave: str | None = None
    validation: float | None = None

    @property
    def is_stated(self) -> bool:
        """Whether the user says anything."""
        return self != Splitting()


@dataclass(frozen=True)
class Marks:
    """What data say about their samples, one entry each.

    Args:
        groups: Speaker or subject.
        split: 0 train, 1 validation, 2 test.
        fold: Official fold.
    """

    groups: NDArray[np.generic] | None = None
    split: NDArray[np.int64] | None = None
    fold: NDArray[np.generic] | None = None


@dataclass(frozen=True)
class Division:
    """Train, validation and test indices, and how they were made."""

    parts: Parts
    text: str


def split_samples(
    labels: Labels, marks: Marks, how: Splitting, rng: np.random.Generator, where: object
) -> Division:
    """Split data as the user says, else as the data say, else by class.

    Args:
        labels: (n,).
        marks: What the data bring.
        how: What the user wants; it goes before an official split.
        rng: Decides what neither decides.
        where: For messages.

    Raises:
        ConfigError: The wish contradicts itself or the data.
        DataError: There are too few samples, speakers, subjects or folds.
    """
    if how.leave is not None and (how.folds is not None or how.fold is not None):
        raise ConfigError(
            "Either leave out a speaker or subject, or take folds.", where="--data", got=how
        )
    if how.leave is not None:
        return _leave_out(labels, marks, how, rng, where)
    if how.folds is not None:
        return _by_fold(labels, _make_folds(labels, marks.groups, how.folds, rng), marks, how, rng)
    if marks.fold is not None:
        return _by_fold(labels, marks.fold, marks, how, rng)
    if how.fold is not None:
        raise ConfigError(
            "The data bring no folds.",
            where=f"{where}, option 'fold'",
            got=how.fold,
            cure="Say how many to make: ?folds=5&fold=1.",
        )
    if marks.split is not None:
        return _official(labels, marks.split, marks.groups, how, rng, where)
    parts = three_way(labels, marks.groups, rng, how.validation)
    by = "stratified by class" if marks.groups is None else "by speaker or subject"
    sizes = "64 % train, 16 % validation" if how.validation is None else "validation as asked"
    return Division(parts, f"{by}, {sizes}, 20 % test")


def _leave_out(
    labels: Labels, marks: Marks, how: Splitting, rng: np.random.Generator, where: object
) -> Division:
    if marks.groups is None:
        raise ConfigError(
            "The data name no speakers or subjects.",
            where=f"{where}, option 'leave'",
            got=how.leave,
        )
    names = marks.groups.astype(np.str_)
    known = np.unique(names).tolist()
    if how.leave not in known:
        raise DataError(
            "There is no such speaker or subject.",
            where=f"{where}, option 'leave'",
            got=how.leave,
            allowed=known,
        )
    rest = np.flatnonzero(names != how.leave)
    train, val = carve_groups(marks.groups, rest, rng, _share(how))
    test = np.flatnonzero(names == how.leave)
    text = f"speaker or subject {how.leave} test, others validation and train"
    return Division((train, val, test), text)


def _make_folds(
    labels: Labels, groups: NDArray[np.generic] | None, count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Fold numbers from 1: whole groups, or the same share of every class in each."""
    if groups is not None:
        names, place = np.unique(groups, return_inverse=True)
        return (rng.permutation(len(names)) % count + 1)[place]
    folds = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        own = rng.permutation(np.flatnonzero(labels == label))
        folds[own] = np.arange(len(own)) % count + 1
    return folds


def _by_fold(
    labels: Labels,
    fold: NDArray[np.generic],
    marks: Marks,
    how: Splitting,
    rng: np.random.Generator,
) -> Division:
    """One fold is the test split, the next one validation unless a share is carved for it."""
    names = np.unique(fold).tolist()
    texts = [str(name) for name in names]
    wanted = texts[0] if how.fold is None else how.fold
    if wanted not in texts or len(names) < 3:
        raise DataError(
            "There is no such fold, or there are fewer than three.",
            where="--data, option 'fold'",
            got=wanted,
            allowed=names,
        )
    place = texts.index(wanted)
    test, rest = np.flatnonzero(fold == names[place]), np.flatnonzero(fold != names[place])
    if how.validation is not None:
        train, val = _carve_some(labels, marks.groups, rest, rng, how.validation)
        share = f"{how.validation:.3g} of the others" if how.validation else "nothing held out for"
        text = f"fold {wanted} test, {share} validation"
        return Division((train, val, test), text)
    following = names[(place + 1) % len(names)]
    val = np.flatnonzero(fold == following)
    train = np.flatnonzero((fold != names[place]) & (fold != following))
    return Division((train, val, test), f"fold {wanted} test, fold {following} validation")


def _official(
    labels: Labels,
    split: NDArray[np.int64],
    groups: NDArray[np.generic] | None,
    how: Splitting,
    rng: np.random.Generator,
    where: object,
) -> Division:
    train, val, test = (np.flatnonzero(split == part) for part in range(3))
    if len(val) and how.validation is not None:
        raise ConfigError(
            "The data bring a validation split of their own.",
            where=f"{where}, option 'validation'",
            got=how.validation,
        )
    if len(val) and len(test):
        return Division((train, val, test), "the data's own")
    share = _share(how)
    text = "the data's own"
    if not len(test):
        train, test = carve(labels, train, rng)
        text += "; 20 % of each class taken from training as test"
    if not len(val):
        if groups is not None and np.isin(groups[test], groups[train]).any():
            groups = None
        train, val = _carve_some(labels, groups, train, rng, share)
        who = "of each class" if groups is None else "of the speakers or subjects"
        text += f"; {share:.0%} {who} taken from training as validation"
    return Division((train, val, test), text)


def _share(how: Splitting) -> float:
    return FRACTION if how.validation is None else how.validation


def _carve_some(
    labels: Labels,
    groups: NDArray[np.generic] | None,
    among: Indices,
    rng: np.random.Generator,
    share: float,
) -> tuple[Indices, Indices]:
    if groups is None:
        return carve(labels, among, rng, share)
    return carve_groups(groups, among, rng, share)
