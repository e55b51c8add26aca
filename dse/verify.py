"""Verify an exported project: its C on a board against the exact reference."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from dse.boards.board import Activations, Board, BoardRun
from dse.export.manifest import Manifest, Project, load_project
from dse.export.project import export_project
from dse.front_end import run_front_end
from dse.program import Program
from dse.program_io import load_program
from dse.reference import run_program, trace_program
from dse.verification import Difference, LayerVerification, Verification
from hw_models.device import generic_device
from hw_models.errors import RunError, ToolError
from hw_models.estimate import estimate
from hw_models.profile import profile_for

__all__ = ["stored_inputs", "stored_sounds", "verify"]


def verify(
    folder: Path,
    board: Board,
    inputs: NDArray[np.int8] | None = None,
    *,
    accept_changes: bool = False,
) -> Verification:
    """Run a project's C on a board and compare every output with the exact reference.

    A board of little memory runs the first inputs only.

    A board with another core than the project's gets the same program, written for that core,
    and that core's predicted costs.

    Args:
        folder: An exported project.
        board: From `parse_board` or `default_board`.
        inputs: int8 (n, height, width, channels); the stored ones where None.
        accept_changes: Verify files that were changed after the export as they are.

    Raises:
        RunError: The project is missing, damaged, changed or of another version.
        DataError: The inputs do not fit the network.
        ToolError: The board's tools are missing or fail.
    """
    project = load_project(folder, accept_changes=accept_changes)
    program = load_program(folder / project.manifest.program)
    used = stored_inputs(project) if inputs is None else inputs
    sounds = stored_sounds(project) if inputs is None else None
    expected = run_program(program, used)
    if inputs is None:
        _check_stored(project, program, used, sounds, expected)
    if board.vector_bytes is not None:
        few = max(1, board.vector_bytes // used[0].nbytes)
        used, expected = used[:few], expected[:few]
        if sounds is not None:
            sounds = sounds[: max(1, min(few, board.vector_bytes // sounds[0].nbytes))]
    core = board.core
    if core is None or core == project.manifest.device.core:
        return _verify(project, program, board, used, sounds, expected)
    with TemporaryDirectory(prefix="dse-verify-") as name:
        other = _for_core(project.manifest, program, core, used, sounds, Path(name))
        return _verify(other, program, board, used, sounds, expected)


def stored_inputs(project: Project) -> NDArray[np.int8]:
    """The project's own test inputs, (n, height, width, channels)."""
    record = project.manifest.vectors
    shape = (record.count, *project.manifest.input.shape)
    return _read(project.folder / record.inputs, np.dtype(np.int8), shape).astype(np.int8)


def stored_sounds(project: Project) -> NDArray[np.int16] | None:
    """The sounds that the first inputs are made of, (n, samples); None without a front end."""
    record, front_end = project.manifest.vectors, project.manifest.front_end
    if record.sounds is None or front_end is None:
        return None
    shape = (record.sound_count, front_end.samples)
    return _read(project.folder / record.sounds, np.dtype("<i2"), shape).astype(np.int16)


def _check_stored(
    project: Project,
    program: Program,
    inputs: NDArray[np.int8],
    sounds: NDArray[np.int16] | None,
    expected: Activations,
) -> None:
    if sounds is not None:
        heard = run_front_end(program, sounds)
        if not np.array_equal(heard, inputs[: len(sounds)]):
            raise RunError(
                "The exact front end gives other features than at the export.",
                where=project.folder / str(project.manifest.vectors.sounds),
                got=f"{np.count_nonzero(heard != inputs[: len(sounds)])} values differ",
                cure="Export the configuration again with this version of dse.",
            )
    record, output = project.manifest.vectors, project.manifest.output
    kind = np.dtype("<i2" if output.format == "s16" else np.int8)
    stored = _read(project.folder / record.expected, kind, (record.count, *output.shape))
    if not np.array_equal(stored, expected):
        raise RunError(
            "The exact reference gives other outputs than at the export.",
            where=project.folder / record.expected,
            got=f"{np.count_nonzero(stored != expected)} values differ",
            cure="Export the configuration again with this version of dse.",
        )


def _read(path: Path, kind: np.dtype[np.signedinteger], shape: tuple[int, ...]) -> Activations:
    try:
        return np.fromfile(path, dtype=kind).reshape(shape)
    except (OSError, ValueError) as error:
        raise RunError(
            "The stored vectors cannot be read.",
            where=path,
            got=error,
            cure="Export the configuration again.",
        ) from error


def _verify(
    project: Project,
    program: Program,
    board: Board,
    inputs: NDArray[np.int8],
    sounds: NDArray[np.int16] | None,
    expected: Activations,
) -> Verification:
    run = board.run(project, inputs, sounds)
    if run.outputs.shape != expected.shape:
        raise ToolError(
            "The board returned another number of outputs than it got inputs.",
            where=board.name,
            got=run.outputs.shape,
            allowed=expected.shape,
        )
    wrong = run.outputs != expected
    first = trace_program(program, inputs[:1])
    mismatches = int(np.count_nonzero(wrong)) + sum(
        int(np.count_nonzero(got != first[name])) for name, got in _hidden(run, program)
    )
    difference = _heard_difference(project.manifest, run, inputs)
    if run.heard is not None:
        mismatches += int(np.count_nonzero(run.heard != inputs[: len(run.heard)]))
    if difference is None and mismatches:
        difference = _first_layer(program, run, first, 0)
    if difference is None and mismatches:
        # Another input would be other firmware for a board that holds its inputs in flash.
        is_flashed = board.vector_bytes is not None
        difference = (
            _output_difference(program, run, expected)
            if is_flashed
            else _trace(project, program, board, inputs, run, expected)
        )
    return _report(project.manifest, board, run, len(inputs), mismatches, difference)


def _heard_difference(
    manifest: Manifest, run: BoardRun, inputs: NDArray[np.int8]
) -> Difference | None:
    """The first difference in what the front end made."""
    if run.heard is None or manifest.front_end is None:
        return None
    found = (
        _compare(manifest.front_end.name, got, want, sample)
        for sample, (got, want) in enumerate(zip(run.heard, inputs, strict=False))
    )
    return next((difference for difference in found if difference is not None), None)


def _hidden(run: BoardRun, program: Program) -> list[tuple[str, Activations]]:
    """The traced layers but the last, which counts among the outputs."""
    last = program.network.output.name
    return [(name, got) for name, got in run.first_layers.items() if name != last]


def _first_layer(
    program: Program, run: BoardRun, want: Mapping[str, Activations], sample: int
) -> Difference | None:
    """The first differing value in running order of the run's first input."""
    found = (
        _compare(layer.name, run.first_layers[layer.name], want[layer.name], sample)
        for layer in program.network.layers
        if layer.name in run.first_layers
    )
    return next((difference for difference in found if difference is not None), None)


def _trace(
    project: Project,
    program: Program,
    board: Board,
    inputs: NDArray[np.int8],
    run: BoardRun,
    expected: Activations,
) -> Difference | None:
    """Run the first wrong input alone; where that run is right, the output's difference."""
    sample = int(np.argwhere(run.outputs != expected)[0][0])
    alone = inputs[sample : sample + 1]
    again = board.run(project, alone)
    found = _first_layer(program, again, trace_program(program, alone), sample)
    return found or _output_difference(program, run, expected)


def _output_difference(program: Program, run: BoardRun, expected: Activations) -> Difference | None:
    sample = int(np.argwhere(run.outputs != expected)[0][0])
    last = program.network.output.name
    return _compare(last, run.outputs[sample], expected[sample], sample)


def _compare(layer: str, got: Activations, want: Activations, sample: int) -> Difference | None:
    mine, other = got.ravel(), want.ravel()
    different = np.flatnonzero(mine != other)
    if not len(different):
        return None
    index = int(different[0])
    return Difference(layer, index, int(mine[index]), int(other[index]), sample)


def _report(
    manifest: Manifest,
    board: Board,
    run: BoardRun,
    inputs: int,
    mismatches: int,
    difference: Difference | None,
) -> Verification:
    cost = manifest.predicted
    cycles = run.layer_cycles or (None,) * len(manifest.layers)
    stages = [
        LayerVerification(layer.name, layer.op, layer.cycles, measured)
        for layer, measured in zip(manifest.layers, cycles, strict=True)
    ]
    own, measured = manifest.front_end, run.front_end_cycles
    if own is not None:
        stages.insert(0, LayerVerification(own.name, own.kind, own.cycles, measured))
    return Verification(
        board=board.name,
        core=manifest.device.core,
        inputs=inputs,
        bit_exact=mismatches == 0,
        mismatches=mismatches,
        cycles_predicted=None if cost is None else cost.cycles,
        cycles_measured=None
        if run.layer_cycles is None
        else sum(run.layer_cycles) + (measured or 0.0),
        ram_predicted=None if cost is None else cost.ram_bytes,
        ram_measured=run.ram_bytes,
        flash_predicted=None if cost is None else cost.flash_bytes,
        flash_measured=run.flash_bytes,
        stack_predicted=None if cost is None else cost.stack_bytes,
        stack_measured=run.stack_bytes,
        layers=tuple(stages),
        first_difference=difference,
    )


def _for_core(
    manifest: Manifest,
    program: Program,
    core: str,
    inputs: NDArray[np.int8],
    sounds: NDArray[np.int16] | None,
    folder: Path,
) -> Project:
    """The same program, written for another core, with that core's predicted costs."""
    own = manifest.device
    device = generic_device(
        core, own.ram_bytes, own.flash_bytes, name=own.name, clock_hz=own.clock_hz
    )
    cost = None
    if manifest.predicted is not None:
        cost = estimate(program.network, device, profile_for(core))
    others = inputs if sounds is None else inputs[len(sounds) :]
    return export_project(
        program, manifest.configuration, device, cost, folder, others, sounds=sounds
    )
