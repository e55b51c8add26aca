import pytest

from dse.boards.virtual import compile_sources, virtual_core
from dse.measure.code_size import _kernel_bytes
from hw_models.errors import ToolError

pytestmark = pytest.mark.toolchain


def compiled(folder, text):
    source = folder / "kernel.c"
    source.write_text(text)
    (target,) = compile_sources(virtual_core("cortex-m0"), [source], folder, "net")
    return target


def test_code_and_constants_count_but_not_zeroed_data(tmp_path):
    text = "const int table[25] = {1};\nint buffer[99];\nint f(int x) { return table[x]; }\n"
    size = _kernel_bytes(compiled(tmp_path, text))
    assert 100 < size < 140
    assert size % 4 == 0


def test_a_kernel_that_needs_a_library_is_refused(tmp_path):
    text = "unsigned f(unsigned x, unsigned y) { return x / y; }\n"
    with pytest.raises(ToolError, match=r"library function[\s\S]*__aeabi_uidiv"):
        _kernel_bytes(compiled(tmp_path, text))
