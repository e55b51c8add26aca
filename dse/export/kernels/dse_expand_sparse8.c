#include "dse_expand.h"

#define COLUMN(bit, at)                                                                            \
    if (stored & (bit)) {                                                                          \
        word |= (uint32_t)*packed++ << (at);                                                       \
    }

/* A group is a byte whose bit c says that column c is stored, then the stored ones. */
const uint8_t *dse_expand_sparse8(const uint8_t *packed, uint32_t groups, int8_t *to)
{
    dse_word *out = (dse_word *)(void *)to;
    for (; groups > 0; groups--, out += 2) {
        const uint32_t stored = *packed++;
        uint32_t word = 0;
        COLUMN(1, 0)
        COLUMN(2, 8)
        COLUMN(4, 16)
        COLUMN(8, 24)
        out[0] = word;
        word = 0;
        COLUMN(16, 0)
        COLUMN(32, 8)
        COLUMN(64, 16)
        COLUMN(128, 24)
        out[1] = word;
    }
    return packed;
}
