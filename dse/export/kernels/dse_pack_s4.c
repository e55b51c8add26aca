#include "dse_arithmetic.h"
#include "dse_strips.h"

typedef uint16_t __attribute__((may_alias)) half_word;

#define HALVES 0x0F0F0F0Fu

DSE_INLINE void group(uint32_t x, int8_t *out)
{
    uint32_t halves = x & HALVES;
    *(half_word *)(void *)out = (uint16_t)(halves | halves >> 12);
}

/* Channels that are no multiple of four. */
static void by_bytes(const int8_t *in, uint32_t pixels, uint32_t groups, uint32_t tail, int8_t *out)
{
    const uint32_t half = (tail + 1) / 2;
    for (; pixels > 0; pixels--) {
        for (uint32_t i = groups; i > 0; i--, in += 4, out += 2) {
            out[0] = (int8_t)((in[0] & 15) | (int32_t)((uint32_t)in[2] << 4));
            out[1] = (int8_t)((in[1] & 15) | (int32_t)((uint32_t)in[3] << 4));
        }
        for (uint32_t j = 0; j < half; j++, out++) {
            uint32_t high = j + half < tail ? (uint32_t)in[j + half] << 4 : 0;
            *out = (int8_t)((uint32_t)(in[j] & 15) | high);
        }
        in += tail;
    }
}

void dse_pack_s4(const int8_t *in, uint32_t pixels, uint32_t channels, int8_t *out)
{
    uint32_t groups = channels / 4;
    if (channels % 4 != 0) {
        by_bytes(in, pixels, groups, channels % 4, out);
        return;
    }
    groups *= pixels;
    if (((uintptr_t)out & 2) != 0) {
        group(*(const dse_word *)(const void *)in, out);
        in += 4;
        out += 2;
        groups--;
    }
    for (uint32_t i = groups / 2; i > 0; i--, in += 8, out += 4) {
        const dse_word *words = (const dse_word *)(const void *)in;
        uint32_t first = words[0] & HALVES, second = words[1] & HALVES;
        uint32_t low = (first & 0xFFFFu) | second << 16;
        uint32_t high = first >> 16 | (second & 0xFFFF0000u);
        *(dse_word *)(void *)out = low | high << 4;
    }
    if (groups % 2 != 0) {
        group(*(const dse_word *)(const void *)in, out);
    }
}
