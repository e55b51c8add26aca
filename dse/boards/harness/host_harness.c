/* host_harness INPUTS OUTPUTS: runs every input of a file, writes the outputs,
   or with NET_TRACE every layer's output after that layer. */
#include <stdio.h>

#include "harness_config.h"
#include "network.h"

static int write_output(FILE *file)
{
    NET_RUN();
    return fwrite(NET_OUTPUT(), 1, NET_OUTPUT_BYTES, file) == NET_OUTPUT_BYTES;
}

#if NET_TRACE
static int write_layers(FILE *file)
{
    const uint8_t *arena = (const uint8_t *)NET_INPUT() - NET_INPUT_OFFSET;
    for (int layer = 0; layer < NET_LAYERS; layer++) {
        NET_RUN_LAYER(layer);
        if (fwrite(arena + net_offsets[layer], 1, net_sizes[layer], file) != net_sizes[layer]) {
            return 0;
        }
    }
    return 1;
}
#define WRITE(file) ((void)write_output, write_layers(file))
#else
#define WRITE(file) write_output(file)
#endif

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: host_harness INPUTS OUTPUTS\n");
        return 2;
    }
    FILE *inputs = fopen(arguments[1], "rb");
    FILE *outputs = fopen(arguments[2], "wb");
    if (!inputs || !outputs) {
        fprintf(stderr, "cannot open %s\n", arguments[inputs ? 2 : 1]);
        return 2;
    }
    while (fread(NET_INPUT(), 1, NET_INPUT_BYTES, inputs) == NET_INPUT_BYTES) {
        if (!WRITE(outputs)) {
            fprintf(stderr, "cannot write %s\n", arguments[2]);
            return 2;
        }
    }
    fclose(inputs);
    return fclose(outputs) != 0;
}
