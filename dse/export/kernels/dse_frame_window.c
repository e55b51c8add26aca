#include "dse_features.h"

/* The next number counted with its bits reversed, below `count`. */
DSE_INLINE uint32_t dse_next_reversed(uint32_t reversed, uint32_t count)
{
    uint32_t bit = count >> 1;
    while (reversed & bit) {
        reversed ^= bit;
        bit >>= 1;
    }
    return reversed | bit;
}

DSE_INLINE int32_t dse_weigh(int32_t sample, uint32_t weight, int32_t half, int32_t bits)
{
    return (sample * (int32_t)weight + half) >> bits;
}

void dse_frame_window(const dse_features_params *p, const int16_t *frame, dse_block *block,
                      uint32_t *words)
{
    const uint32_t count = p->points / 2u;
    const uint16_t *weights = p->window;
    uint32_t samples = p->samples, peak = 0;
    for (uint32_t i = 0; i < samples; i++) {
        int32_t sample = frame[i];
        peak |= (uint32_t)(sample ^ sample * 2);
    }
    const int32_t bits = dse_bits(peak & 0xFFFFu), half = (int32_t)((1u << bits) >> 1);
    uint32_t seen = 0, place = 0;
    for (; samples >= 2; samples -= 2, frame += 2, weights += 2) {
        uint32_t word = dse_complex(dse_weigh(frame[0], weights[0], half, bits),
                                    dse_weigh(frame[1], weights[1], half, bits));
        words[place] = word;
        seen |= word ^ word << 1;
        place = dse_next_reversed(place, count);
    }
    uint32_t rest = count - p->samples / 2u;
    if (samples) {
        uint32_t word = dse_complex(dse_weigh(frame[0], weights[0], half, bits), 0);
        words[place] = word;
        seen |= word ^ word << 1;
        place = dse_next_reversed(place, count);
        rest--;
    }
    for (; rest > 0; rest--) {
        words[place] = 0;
        place = dse_next_reversed(place, count);
    }
    block->seen = seen;
    block->exponent = bits - 15;
}
