/* host_harness INPUTS OUTPUTS LAYERS SOUNDS HEARD: runs every input of a file and writes its output;
   LAYERS gets the output of every layer for the first input, each taken right after its layer. The
   front end makes the first inputs anew of the samples in SOUNDS; HEARD gets what it made. */
#include <stdio.h>

#include "harness_config.h"
#include "network.h"

static const uint32_t offsets[] = NET_LAYER_OFFSETS;
static const uint32_t sizes[] = NET_LAYER_SIZES;

static FILE *open_file(const char *name, const char *mode)
{
    FILE *file = fopen(name, mode);
    if (!file) {
        fprintf(stderr, "cannot open %s\n", name);
    }
    return file;
}

static int next_input(FILE *inputs)
{
    return fread(NET_INPUT(), 1, NET_INPUT_BYTES, inputs) == NET_INPUT_BYTES;
}

#if NET_SOUNDS
static int next_sound(FILE *sounds)
{
    static int16_t samples[NET_SOUND_SAMPLES];
    if (fread(samples, sizeof(int16_t), NET_SOUND_SAMPLES, sounds) != NET_SOUND_SAMPLES) {
        return 0;
    }
    NET_FEATURES(samples);
    return 1;
}
#else
static int next_sound(FILE *sounds)
{
    return sounds != NULL;
}
#endif

static int write_heard(FILE *file)
{
    return fwrite(NET_INPUT(), 1, NET_INPUT_BYTES, file) == NET_INPUT_BYTES;
}

static int write_layers(FILE *file)
{
    const uint8_t *arena = (const uint8_t *)NET_INPUT() - NET_INPUT_OFFSET;
    for (int layer = 0; layer < NET_LAYERS; layer++) {
        NET_RUN_LAYER(layer);
        if (fwrite(arena + offsets[layer], 1, sizes[layer], file) != sizes[layer]) {
            return 0;
        }
    }
    return 1;
}

static int write_output(FILE *file)
{
    NET_RUN();
    return fwrite(NET_OUTPUT(), 1, NET_OUTPUT_BYTES, file) == NET_OUTPUT_BYTES;
}

int main(int count, char **arguments)
{
    if (count != 6) {
        fprintf(stderr, "usage: host_harness INPUTS OUTPUTS LAYERS SOUNDS HEARD\n");
        return 2;
    }
    FILE *inputs = open_file(arguments[1], "rb");
    FILE *outputs = open_file(arguments[2], "wb");
    FILE *layers = open_file(arguments[3], "wb");
    FILE *sounds = open_file(arguments[4], "rb");
    FILE *heard = open_file(arguments[5], "wb");
    if (!inputs || !outputs || !layers || !sounds || !heard) {
        return 2;
    }
    int good = next_input(inputs) && next_sound(sounds) && write_layers(layers);
    rewind(inputs);
    rewind(sounds);
    for (int number = 0; good && next_input(inputs); number++) {
        if (number < NET_SOUNDS) {
            good = next_sound(sounds) && write_heard(heard);
        }
        good = good && write_output(outputs);
    }
    good = (fclose(outputs) == 0) & (fclose(layers) == 0) & (fclose(heard) == 0) & good;
    fclose(inputs);
    fclose(sounds);
    return good ? 0 : 1;
}
