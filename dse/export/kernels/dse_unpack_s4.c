#include "dse_arithmetic.h"
#include "dse_strips.h"

typedef uint16_t __attribute__((may_alias)) half_word;

/* The low half of every byte, sign extended. */
DSE_INLINE uint32_t extended(uint32_t x)
{
    return (((x & 0x0F0F0F0Fu) ^ 0x08080808u) + 0x78787878u) ^ 0x80808080u;
}

DSE_INLINE int8_t *group(uint32_t x, int8_t *out)
{
    uint32_t low = extended(x), high = extended(x >> 4);
    *(dse_word *)(void *)out = (low & 0xFFFFu) | high << 16;
    return out + 4;
}

/* Channels that are no multiple of four. */
static void by_bytes(const int8_t *in, uint32_t pixels, uint32_t groups, uint32_t tail, int8_t *out)
{
    const uint32_t half = (tail + 1) / 2;
    for (; pixels > 0; pixels--) {
        for (uint32_t i = groups; i > 0; i--, in += 2, out += 4) {
            out[0] = (int8_t)((int32_t)((uint32_t)in[0] << 28) >> 28);
            out[1] = (int8_t)((int32_t)((uint32_t)in[1] << 28) >> 28);
            out[2] = (int8_t)(in[0] >> 4);
            out[3] = (int8_t)(in[1] >> 4);
        }
        for (uint32_t j = 0; j < half; j++, in++) {
            out[j] = (int8_t)((int32_t)((uint32_t)*in << 28) >> 28);
            if (j + half < tail) {
                out[j + half] = (int8_t)(*in >> 4);
            }
        }
        out += tail;
    }
}

void dse_unpack_s4(const int8_t *in, uint32_t pixels, uint32_t channels, int8_t *out)
{
    uint32_t groups = channels / 4;
    if (channels % 4 != 0) {
        by_bytes(in, pixels, groups, channels % 4, out);
        return;
    }
    groups *= pixels;
    if (((uintptr_t)in & 2) != 0) {
        out = group(*(const half_word *)(const void *)in, out);
        in += 2;
        groups--;
    }
    for (uint32_t i = groups / 2; i > 0; i--, in += 4, out += 8) {
        uint32_t x = *(const dse_word *)(const void *)in;
        uint32_t low = extended(x), high = extended(x >> 4);
        dse_word *words = (dse_word *)(void *)out;
        words[0] = (low & 0xFFFFu) | high << 16;
        words[1] = low >> 16 | (high & 0xFFFF0000u);
    }
    if (groups % 2 != 0) {
        group(*(const half_word *)(const void *)in, out);
    }
}
