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
    text: NetworkText, inputs: NDArray[np.int8], expected: NDArray[np.signedinteger]
) -> str:
    """A program that runs the first vectors and returns 0 when every output is as expected.

    Args:
        text: The network.
        inputs: int8 (n, height, width, channels).
        expected: (n, ...) outputs of the exact reference.
    """
    fitting = EMBEDDED_BYTES // inputs[0].nbytes
    count = max(1, min(EMBEDDED_VECTORS, fitting, len(inputs)))
    outputs = expected[0].size
    arrays = [
        _array("int8_t", "inputs", inputs[:count].reshape(count, -1)),
        _array(text.output_type, "expected", expected[:count].reshape(count, -1)),
    ]
    return "\n".join([_HEAD, *arrays, _body(text.prefix, count, outputs)])


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
   void dse_port_result(int vector, int differing): a LED, a UART line, nothing. */
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


def _body(prefix: str, count: int, outputs: int) -> str:
    return f"""\
int main(void)
{{
    int failures = 0;
    for (int vector = 0; vector < {count}; vector++) {{
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
