"""A project whose C is written by hand: the boards are tested without any kernel."""

import pytest

from dse.export.manifest import (
    DeviceRecord,
    LayerRecord,
    Manifest,
    Project,
    TensorRecord,
    VectorRecord,
    file_sums,
    write_manifest,
)

# Layer 0 adds one to each of four values; layer 1 makes their sum and their first as int16.
SOURCE = """\
#include "network.h"
static uint32_t arena[3];
#define BYTES ((int8_t *)arena)
int8_t *tiny_input(void) { return BYTES; }
const int16_t *tiny_output(void) { return (const int16_t *)(const void *)(BYTES + 8); }
void tiny_run_layer(int layer)
{
    if (layer == 0) {
        for (int i = 0; i < 4; i++) BYTES[4 + i] = (int8_t)(BYTES[i] + 1);
    } else {
        int16_t *out = (int16_t *)(void *)(BYTES + 8);
        out[0] = (int16_t)(BYTES[4] + BYTES[5] + BYTES[6] + BYTES[7]);
        out[1] = BYTES[4];
    }
}
void tiny_run(void) { tiny_run_layer(0); tiny_run_layer(1); }
"""
HEADER = """\
#include <stdint.h>
int8_t *tiny_input(void);
const int16_t *tiny_output(void);
void tiny_run(void);
void tiny_run_layer(int layer);
"""


def layer(name, op, shape, tensor_format, offset, size_bytes):
    return LayerRecord(
        name=name,
        op=op,
        weight_format=None,
        activation="none",
        shape=shape,
        format=tensor_format,
        offset=offset,
        size_bytes=size_bytes,
        cycles=None,
    )


def tensor(name, shape, tensor_format, offset, size_bytes):
    return TensorRecord(
        name=name,
        shape=shape,
        format=tensor_format,
        offset=offset,
        size_bytes=size_bytes,
        scale=None,
        zero_point=None,
    )


@pytest.fixture
def make_project(tmp_path):
    def make(source=SOURCE):
        folder = tmp_path / "tiny project"
        folder.mkdir()
        (folder / "network.c").write_text(source)
        (folder / "network.h").write_text(HEADER)
        manifest = Manifest(
            tool="test",
            arithmetic=1,
            name="tiny",
            prefix="tiny",
            device=DeviceRecord(
                name="part",
                core="cortex-m4",
                core_class="dsp",
                clock_hz=1,
                ram_bytes=1,
                flash_bytes=1,
            ),
            configuration=None,
            predicted=None,
            arena_bytes=12,
            input=tensor("input", (1, 2, 2), "s8", 0, 4),
            output=tensor("both", (1, 1, 2), "s16", 8, 4),
            layers=(
                layer("plus", "add", (1, 2, 2), "s8", 4, 4),
                layer("both", "argmax", (1, 1, 2), "s16", 8, 4),
            ),
            class_names=(),
            vectors=VectorRecord(count=0, from_validation=0, inputs="i.bin", expected="e.bin"),
            program="program.npz",
            files=file_sums(folder, ("network.c", "network.h")),
        )
        write_manifest(manifest, folder)
        return Project(folder, manifest)

    return make
