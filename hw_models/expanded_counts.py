"""Loop counts of the kernels that expand packed rows to bytes and then work as those of s8."""

from hw_models.core_class import CoreClass, Counts
from hw_models.dense_counts import columns_of, group_columns, step_columns
from hw_models.network import Layer, Network

__all__ = ["EXPANDED_ROWS", "expanded_counts"]

EXPANDED_ROWS: dict[CoreClass, int] = {"base": 4, "adding": 4, "dsp": 8}
"""Weight rows that lie in scratch at a time; as in dse_expand.h."""

_BYTES_STEP = 4
_ONCE = frozenset(
    (
        "call",
        "copied_words",
        *("blocks", "steps", "quads", "groups", "outputs"),
        *("scanned", "lone_rows", "turns"),
        *("single_blocks", "single_quads", "single_groups"),
    )
)


def expanded_counts(inner: Counts, network: Network, layer: Layer, core_class: CoreClass) -> Counts:
    """dse_conv_sparse8[_dsp], dse_conv_p4|p3, dse_linear_...: some rows to bytes, then all pixels.

    rounds: how often. expanded_groups: of eight weights, in a row on base and in a pair of rows
    on dsp. expanded_values: those of them that are stored, sparse8.

    Args:
        inner: Counts of the same layer in one round, with steps of `step_columns`.
        network: The layer's.
        layer: A conv or linear one.
        core_class: Whose kernels.
    """
    outputs, columns = layer.shape[2], columns_of(network, layer)
    groups = outputs * -(-columns // step_columns(layer))
    if core_class == "dsp":
        groups = -(-outputs // 2) * -(-columns // group_columns(layer))
    rounds = -(-outputs // EXPANDED_ROWS[core_class])
    found = {name: value * (1 if name in _ONCE else rounds) for name, value in inner.items()}
    if "steps" in found:
        found["steps"] *= step_columns(layer) // _BYTES_STEP
    found |= {"rounds": rounds, "expanded_groups": groups}
    if layer.row_nonzeros is not None:
        found["expanded_values"] = outputs * layer.row_nonzeros
    return found
