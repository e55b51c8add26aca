"""The shared weights of a study: trained once, kept in one file, read back ever after."""

from collections.abc import Callable

from dse.data import Dataset
from dse.evaluate import SharedWeights, load_shared, save_shared, train_shared
from dse.study.base import Base
from dse.study.config import StudyConfig
from dse.study.folder import RunFolder
from search_spaces import Space

__all__ = ["prepare_shared"]

_TOLD_STEPS = 500


def prepare_shared(
    config: StudyConfig,
    dataset: Dataset,
    base: Base,
    space: Space,
    folder: RunFolder,
    told: Callable[[str], None] = lambda _: None,
) -> SharedWeights | None:
    """The shared weights of a study; None where it has no steps for them.

    Args:
        config: Rung, seed, steps and strategy.
        dataset: Its training split trains.
        base: The uncompressed network.
        space: Of that network.
        folder: Keeps them.
        told: Called with a sentence now and then.

    Raises:
        RunError: The file is damaged.
    """
    if not config.shared_steps:
        return None
    if not folder.shared.exists():
        told(f"training shared weights for {config.shared_steps} steps")

        def progress(step: int, loss: float) -> None:
            if step % _TOLD_STEPS == 0:
                told(f"shared weights: step {step} of {config.shared_steps}, loss {loss:.3f}")

        made = train_shared(
            space,
            base.imported.parameters,
            dataset.x_train,
            dataset.y_train,
            seed=config.seed,
            steps=config.shared_steps,
            how=config.training,
            progress=progress,
        )
        save_shared(made, folder.shared)
    return load_shared(folder.shared)
