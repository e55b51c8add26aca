"""Where a traced operation stands in the user's module."""

import re
from pathlib import Path

import torch
from torch import fx

__all__ = ["layer_name", "module_path", "op_name", "place"]

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')
_NOT_THE_USERS = (str(Path(torch.__file__).parent), str(Path(__file__).parent))


def op_name(node: fx.Node) -> str:
    """The operation as `aten.conv2d.default`."""
    return str(node.target)


def module_path(node: fx.Node) -> str:
    """Path of the innermost module that made the node, "" for the top one."""
    stack = node.meta.get("nn_module_stack") or {}
    path = str(list(stack.values())[-1][0]) if stack else ""
    return path.removeprefix("L['self']").strip(".")


def place(node: fx.Node) -> str:
    """Module path and source line, as far as the trace knows them."""
    frames = _FRAME.findall(node.meta.get("stack_trace") or "")
    own = [frame for frame in frames if not frame[0].startswith(_NOT_THE_USERS)]
    path = module_path(node) or "the top module"
    if not own:
        return path
    file, line, _ = own[-1]
    return f"{path}, {Path(file).name}:{line}"


def layer_name(node: fx.Node, op: str) -> str:
    """A name for the layer that a node becomes: the module's path, or the op's name within it.

    A function called in a module's `forward` is named after the operation, so that two of them in
    one block do not both carry the block's name; so are the layers that only move data.
    """
    path = re.sub(r"[^0-9A-Za-z_.]", "_", module_path(node))
    stack = node.meta.get("nn_module_stack") or {}
    kind = str(list(stack.values())[-1][1]) if stack else ""
    own = kind.startswith("torch.nn.modules.") and op not in ("flatten", "transpose")
    name = path if own and path else f"{path}.{op}".strip(".")
    return f"{op}{name}" if name[0].isdigit() else name
