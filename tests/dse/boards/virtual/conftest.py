"""A way to run a few lines of C on a virtual core."""

import pytest

from dse.boards.virtual import VIRTUAL_CORES, build_firmware


@pytest.fixture
def firmware(tmp_path):
    """firmware(core name, main source, network source, network suffix) -> linked ELF."""

    def build(core_name, main, network="", suffix=".c"):
        source = tmp_path / "main.c"
        source.write_text('#include "dse_board.h"\n' + main)
        part = tmp_path / f"network{suffix}"
        part.write_text(network)
        core = VIRTUAL_CORES[core_name]
        return build_firmware(core, [part], [source], tmp_path / "build", include=[tmp_path])

    return build
