"""main.c: a self-test with a few embedded vectors, for the host and for a board."""

import numpy as np
from numpy.typing import NDArray

from dse.export.network_c import NetworkText

__all__ = ["EMBEDDED_BYTES", "EMBEDDED_VECTORS", "main_source"]

EMBEDDED_VECTORS = 4
EMBEDDED_BYTES = 16384
"""At most this many input bytes go into main.c, but always one vector."""

_COLUMNS = 16


def main_source(
    text: NetworkText,
    inputs: NDArray[np.int8],
    expected: NDArray[np.signedinteger],
    sounds: NDArray[np.int16] | None = None,
) -> str:
    """A program that runs the first vectors and returns 0 when every output is as expected.

    Args:
        text: The network.
        inputs: int8 (n, height, width, channels).
        expected: (n, ...) outputs of the exact reference.
        sounds: (n, samples) that the first inputs are the features of; one frame is embedded.
    """
    fitting = EMBEDDED_BYTES // inputs[0].nbytes
    count = max(1, min(EMBEDDED_VECTORS, fitting, len(inputs)))
    outputs = expected[0].size
    arrays = [
        _array("int8_t", "inputs", inputs[:count].reshape(count, -1)),
        _array(text.output_type, "expected", expected[:count].reshape(count, -1)),
    ]
    front_end = text.program.network.front_end
    check = ""
    if front_end is not None and sounds is not None:
        arrays.append(_array("int16_t", "frame", sounds[-1:, : front_end.window]))
        arrays.append(_array("int8_t", "row", inputs[len(sounds) - 1 : len(sounds), 0, :, 0]))
        check = _frame_check(text.prefix, front_end.coefficients)
    return "\n".join([_HEAD, *arrays, _body(text.prefix, count, outputs, check)])


def _array(kind: str, name: str, rows: NDArray[np.signedinteger]) -> str:
    lines = [f"static const {kind} {name}[{rows.shape[0]}][{rows.shape[1]}] = {{"]
    for row in rows.tolist():
        chunks = [row[start : start + _COLUMNS] for start in range(0, len(row), _COLUMNS)]
        body = ",\n     ".join(", ".join(map(str, chunk)) for chunk in chunks)
        lines.append(f"    {{{body}}},")
    return "\n".join([*lines, "};\n"])


_HEAD = """\
/* Runs the embedded vectors; returns 0 when every output is the expected one.
   On a board, build with -DDSE_PORT_HEADER='"port.h"' and let that header supply
   void dse_port_result(int vector, int differing): a LED, a UART line, nothing.
   Vector -1 is a frame of the front end, where there is one. */
#include "network.h"

#ifdef DSE_PORT_HEADER
#include DSE_PORT_HEADER
#else
#include <stdio.h>
static void dse_port_result(int vector, int differing)
{
    printf("vector %d: %d outputs differ\\n", vector, differing);
}
#endif
"""


def _frame_check(prefix: str, coefficients: int) -> str:
    return f"""\
    int wrong = 0;
    {prefix}_frame(frame[0], 0);
    for (int i = 0; i < {coefficients}; i++) {{
        wrong += {prefix}_input()[i] != row[0][i];
    }}
    dse_port_result(-1, wrong);
    failures += wrong != 0;
"""


def _body(prefix: str, count: int, outputs: int, check: str) -> str:
    return f"""\
int main(void)
{{
    int failures = 0;
{check}    for (int vector = 0; vector < {count}; vector++) {{
        int8_t *input = {prefix}_input();
        for (int i = 0; i < {prefix.upper()}_INPUT_BYTES; i++) {{
            input[i] = inputs[vector][i];
        }}
        {prefix}_run();
        int differing = 0;
        for (int i = 0; i < {outputs}; i++) {{
            differing += {prefix}_output()[i] != expected[vector][i];
        }}
        dse_port_result(vector, differing);
        failures += differing != 0;
    }}
    return failures != 0;
}}
"""
