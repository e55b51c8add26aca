/* Runs the inputs of inputs.bin, or those that the header holds, and writes each output as lines of '=' and hexadecimal digits.
   With NET_TRACE it first writes, as lines of '+', every layer's output for the first input.
   The front end makes the first NET_SOUNDS inputs of the samples of sounds.bin; lines of '~' show them.
   The first two marks stand back to back; then follow, for each timed input, one mark before the
   first layer and one after every layer; with sounds, another one before the front end. */
#include "dse_board.h"
#include "harness_config.h"
#include "network.h"

#define LINE_BYTES 64

#ifdef NET_EMBEDDED_INPUTS
static const int8_t dse_inputs[] = NET_EMBEDDED_INPUTS;
#else
__asm__(".section .dse_vectors, \"a\"\n"
        ".balign 4\n"
        "dse_inputs:\n"
        ".incbin \"inputs.bin\"\n"
        ".previous\n");
extern const int8_t dse_inputs[];
#endif

#if NET_SOUNDS
#ifdef NET_EMBEDDED_SOUNDS
static const int16_t dse_sounds[] = NET_EMBEDDED_SOUNDS;
#else
__asm__(".section .dse_vectors, \"a\"\n"
        ".balign 4\n"
        "dse_sounds:\n"
        ".incbin \"sounds.bin\"\n"
        ".previous\n");
extern const int16_t dse_sounds[];
#endif
#endif

int NET_MAIN(void);

static void write_bytes(char kind, const void *data, uint32_t size)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    char line[2 * LINE_BYTES + 3];
    for (uint32_t start = 0; start < size; start += LINE_BYTES) {
        uint32_t length = 0;
        line[length++] = kind;
        for (uint32_t i = start; i < size && i < start + LINE_BYTES; i++) {
            line[length++] = digits[bytes[i] >> 4];
            line[length++] = digits[bytes[i] & 15];
        }
        line[length++] = '\n';
        line[length] = 0;
        dse_write(line);
    }
}

static void load(int number)
{
#if NET_SOUNDS
    if (number < NET_SOUNDS) {
        NET_FEATURES(dse_sounds + (uint32_t)number * NET_SOUND_SAMPLES);
        return;
    }
#endif
    int8_t *input = NET_INPUT();
    for (uint32_t i = 0; i < NET_INPUT_BYTES; i++) {
        input[i] = dse_inputs[(uint32_t)number * NET_INPUT_BYTES + i];
    }
}

static void run_timed(int number)
{
#if NET_SOUNDS
    dse_mark();
#endif
    load(number);
    dse_mark();
    for (int layer = 0; layer < NET_LAYERS; layer++) {
        NET_RUN_LAYER(layer);
        dse_mark();
    }
}

#if NET_TRACE
static void trace(void)
{
    static const uint32_t offsets[] = NET_LAYER_OFFSETS;
    static const uint32_t sizes[] = NET_LAYER_SIZES;
    const uint8_t *arena = (const uint8_t *)NET_INPUT() - NET_INPUT_OFFSET;
    load(0);
    for (int layer = 0; layer < NET_LAYERS; layer++) {
        NET_RUN_LAYER(layer);
        write_bytes('+', arena + offsets[layer], sizes[layer]);
    }
}
#else
static void trace(void) {}
#endif

int NET_MAIN(void)
{
    dse_mark();
    dse_mark();
    dse_stack_begin();
    load(0);
    NET_RUN();
    dse_stack_end();
    trace();
    for (int number = 0; number < NET_SOUNDS; number++) {
        load(number);
        write_bytes('~', NET_INPUT(), NET_INPUT_BYTES);
    }
    for (int number = 0; number < NET_INPUTS; number++) {
        if (number < NET_TIMED_INPUTS) {
            run_timed(number);
        } else {
            load(number);
            NET_RUN();
        }
        write_bytes('=', NET_OUTPUT(), NET_OUTPUT_BYTES);
    }
    return 0;
}
