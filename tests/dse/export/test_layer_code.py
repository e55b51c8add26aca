"""The C of single layers as text."""

import re
from dataclasses import replace

import numpy as np
import pytest

from dse.export.ctext import c_integer
from dse.export.layer_code import KERNEL_FOLDER, kernel_headers, layer_code
from dse.random_program import random_program
from hw_models.errors import ModelError
from hw_models.memory import plan_memory
from hw_models.network import Layer, Network, Tensor


def code_of(layer, source, core_class="base"):
    network = Network("one", source, (layer,))
    program = random_program(network, np.random.default_rng(0))
    return layer_code(program, layer, plan_memory(network, core_class), core_class)


def test_the_call_and_the_names():
    layer = Layer("features.0-conv", "conv", ("x",), (4, 4, 3), "s8", (3, 3), padding=(1, 1, 1, 1))
    code = code_of(layer, Tensor("x", (4, 4, 2)), "dsp")
    assert code.sources == ("dse_conv_s8_dsp",)
    assert re.fullmatch(
        r"dse_conv_s8_dsp\(&l0_features_0_conv_params, \(const int8_t \*\)\(arena \+ \d+\), "
        r"arena \+ \d+, \(int8_t \*\)\(void \*\)\(arena \+ \d+\)\);",
        code.call,
    )
    assert "static const int8_t l0_features_0_conv_weights[80] DSE_ALIGNED" in code.declarations
    assert max(map(len, code.declarations.splitlines())) <= 100


def test_no_scratch_is_null():
    layer = Layer("y", "conv", ("x",), (4, 4, 3), "s2")
    assert ", NULL, " in code_of(layer, Tensor("x", (4, 4, 16))).call


@pytest.mark.parametrize("name", ['"; system(1);', "ä/*", "", "int"])
def test_any_name_makes_an_identifier(name):
    layer = Layer(name, "softmax", ("x",), (1, 1, 3))
    code = code_of(layer, Tensor("x", (1, 1, 3)))
    found = re.match(r"dse_softmax\(&(\w+)_params, ", code.call)
    assert re.fullmatch(r"l0[A-Za-z0-9_]*", found[1])
    assert f"{found[1]}_params DSE_ALIGNED" in code.declarations


def test_a_flatten_has_no_code():
    code = code_of(Layer("y", "flatten", ("x",), (1, 1, 8)), Tensor("x", (2, 2, 2)))
    assert (code.declarations, code.call, code.sources) == ("", "", ())


def test_an_argmax_of_too_many_values_is_refused():
    layer = Layer("y", "argmax", ("x",), (1, 1, 1), format="s16")
    with pytest.raises(ModelError, match="32768"):
        code_of(layer, Tensor("x", (1, 1, 32768)))


def test_a_size_beyond_the_kernel_is_refused():
    layer = Layer("y", "max_pool", ("x",), (1, 70000, 1))
    with pytest.raises(ModelError, match=r"layer 'y', in_width\n  got: 70000"):
        code_of(layer, Tensor("x", (1, 70000, 1)))


@pytest.mark.parametrize(
    ("value", "kind"), [(128, "int8_t"), (-1, "uint16_t"), (1 << 32, "uint32_t")]
)
def test_numbers_that_do_not_fit(value, kind):
    with pytest.raises(ModelError, match=kind):
        c_integer(value, kind, "here")


def test_headers_are_found_through_headers():
    assert kernel_headers(("dse_add",)) == ("dse_kernels.h", "dse_arithmetic.h")
    assert "dse_simd.h" in kernel_headers(("dse_conv_s4_dsp",))
    used = kernel_headers(tuple(path.stem for path in KERNEL_FOLDER.glob("*.c")))
    assert set(used) == {path.name for path in KERNEL_FOLDER.glob("*.h")}


def test_every_kernel_is_declared_once_and_lives_in_its_file():
    names = ("kernels", "strips", "features")
    header = "".join((KERNEL_FOLDER / f"dse_{n}.h").read_text() for n in names)
    declared = re.findall(r"^void (\w+)\(", header, re.MULTILINE)
    stems = {path.stem for path in KERNEL_FOLDER.glob("*.c")}
    helpers = {"dse_conv_s8_block", "dse_conv_s8_block_dsp"}
    assert len(set(declared)) == len(declared)
    assert set(declared) - helpers == {
        stem for stem in stems if "_expand_" not in stem and "_pairs_" not in stem
    }


def test_the_same_layer_twice_gets_two_names():
    first = Layer("a b", "softmax", ("x",), (1, 1, 3))
    second = replace(first, name="a_b", inputs=("a b",))
    network = Network("two", Tensor("x", (1, 1, 3)), (first, second))
    program = random_program(network, np.random.default_rng(0))
    plan = plan_memory(network, "base")
    calls = [layer_code(program, layer, plan, "base").call for layer in network.layers]
    assert "&l0_a_b_params" in calls[0]
    assert "&l1_a_b_params" in calls[1]
