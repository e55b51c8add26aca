"""`dse devices`: the device catalogue."""

from typing import Annotated

import pandas as pd
import typer

from dse.cli.console import console, print_frame
from hw_models.device import Device, check_devices, list_devices, load_device

__all__ = ["devices"]


def devices(
    name: Annotated[str | None, typer.Argument(help="A part, or a device file.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check every file of the catalogue.")
    ] = False,
) -> None:
    """List the parts of the catalogue, or show one with the source of each figure.

    Example: dse devices STM32F030R8
    """
    if check:
        problems = check_devices()
        for problem in problems:
            console.print(str(problem))
        console.print(f"{len(list_devices())} parts, {len(problems)} problems")
        raise typer.Exit(code=2 if problems else 0)
    if name is None:
        print_frame(pd.DataFrame([_row(part) for part in list_devices()]))
        return
    device = load_device(name)
    for key, value in _row(device).items():
        console.print(f"{key:<12} {value}")
    for bank in device.ram:
        console.print(
            f"{'RAM bank':<12} {bank.name}: {bank.bytes:,} bytes {bank.note or ''}".rstrip()
        )
    if device.note:
        console.print(f"{'note':<12} {device.note}")
    for key, source in device.sources:
        console.print(f"source of {key}: {source}")


def _row(device: Device) -> dict[str, object]:
    power = device.active_power_w
    return {
        "part": device.name,
        "core": device.core,
        "MHz": device.clock_hz / 1e6,
        "ram_bytes": device.ram_bytes,
        "flash_bytes": device.flash_bytes,
        "active mW": None if power is None else round(power * 1e3, 1),
        "power": device.power_basis,
        "vendor": device.vendor,
    }
