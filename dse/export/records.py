"""The manifest's records, from a program's sources, its device and its cost."""

from typing import Any

from dse.export.manifest import (
    CostRecord,
    DeviceRecord,
    FrontEndRecord,
    LayerRecord,
    Manifest,
    TensorRecord,
    VectorRecord,
)
from dse.export.sources import ProjectSources
from dse.front_end import sound_samples
from hw_models.arithmetic import ARITHMETIC_VERSION
from hw_models.device import Device
from hw_models.estimate import Cost
from hw_models.front_end_cost import front_end_bytes, front_end_name
from hw_models.kernels import core_class
from hw_models.network import Tensor

__all__ = ["make_manifest"]


def make_manifest(
    sources: ProjectSources,
    device: Device,
    cost: Cost | None,
    *,
    tool: str,
    configuration: dict[str, Any] | None,
    class_names: tuple[str, ...],
    vectors: VectorRecord,
    program: str,
    files: dict[str, str],
) -> Manifest:
    """The manifest of a project; the keywords are fields of it that others made."""
    network = sources.text.program.network
    return Manifest(
        tool=tool,
        arithmetic=ARITHMETIC_VERSION,
        name=network.name,
        prefix=sources.text.prefix,
        device=_device_record(device),
        configuration=configuration,
        predicted=None if cost is None else _cost_record(cost),
        arena_bytes=sources.plan.arena_bytes,
        arena_lower_bound_bytes=sources.plan.lower_bound_bytes,
        arena_is_least=sources.plan.is_optimal,
        front_end=_front_end_record(sources, cost),
        input=_tensor_record(sources, network.input),
        output=_tensor_record(sources, network.output),
        layers=_layer_records(sources, cost),
        class_names=class_names,
        vectors=vectors,
        program=program,
        files=files,
    )


def _device_record(device: Device) -> DeviceRecord:
    return DeviceRecord(
        name=device.name,
        core=device.core,
        core_class=core_class(device.core),
        clock_hz=device.clock_hz,
        ram_bytes=device.ram_bytes,
        flash_bytes=device.flash_bytes,
    )


def _front_end_record(sources: ProjectSources, cost: Cost | None) -> FrontEndRecord | None:
    network = sources.text.program.network
    own, offset = network.front_end, sources.plan.front_end_offset
    if own is None or offset is None:
        return None
    price = None if cost is None else cost.front_end
    return FrontEndRecord(
        name=front_end_name(network),
        kind=own.kind,
        rate_hz=own.rate_hz,
        window=own.window,
        hop=own.hop,
        frames=network.input.shape[0],
        samples=sound_samples(network),
        offset=offset,
        scratch_bytes=front_end_bytes(own),
        cycles=None if price is None else float(price.cycles),
    )


def _cost_record(cost: Cost) -> CostRecord:
    return CostRecord(
        cycles=cost.cycles,
        latency_s=cost.latency_s,
        energy_j=cost.energy_j,
        error_pct=cost.error_pct,
        ram_bytes=cost.ram_bytes,
        stack_bytes=cost.stack_bytes,
        flash_bytes=cost.flash_bytes,
        weights_bytes=cost.flash.weights_bytes,
        constants_bytes=cost.flash.constants_bytes,
        kernels_bytes=cost.flash.kernels_bytes,
        code_bytes=cost.flash.code_bytes,
    )


def _tensor_record(sources: ProjectSources, tensor: Tensor) -> TensorRecord:
    own = sources.text.program.quantisation.get(tensor.name)
    return TensorRecord(
        name=tensor.name,
        shape=tensor.shape,
        format=tensor.format,
        offset=sources.plan.offsets[tensor.name],
        size_bytes=tensor.size_bytes,
        scale=None if own is None else float(own.scale),
        zero_point=None if own is None else int(own.zero_point),
    )


def _layer_records(sources: ProjectSources, cost: Cost | None) -> tuple[LayerRecord, ...]:
    network = sources.text.program.network
    cycles = {} if cost is None else {layer.name: float(layer.cycles) for layer in cost.layers}
    return tuple(
        LayerRecord(
            name=layer.name,
            op=layer.op,
            weight_format=layer.weight_format,
            activation=layer.activation,
            shape=layer.shape,
            format=layer.format,
            offset=sources.plan.offsets[layer.name],
            size_bytes=0 if network.fused_pool(layer) else layer.output.size_bytes,
            cycles=cycles.get(layer.name),
        )
        for layer in network.layers
    )
