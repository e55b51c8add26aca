/* Layers that run in strips: s4 tensors are unpacked and packed, and pools fused, strip by strip.
 *
 * s4: two channels a byte, every pixel in whole bytes. A group of four channels takes two bytes,
 * byte j holds channel j in its low and channel j + 2 in its high half; of the channels behind the
 * last group, the first half, rounded up, lies in low halves and the rest in high ones.
 */
#ifndef DSE_STRIPS_H
#define DSE_STRIPS_H

#include "dse_kernels.h"

/* A kernel with a window; one that needs no scratch leaves it alone. */
typedef void dse_strip_kernel(const void *params, const int8_t *in, void *scratch, int8_t *out);
typedef void dse_strip_pool(const dse_max_pool_params *p, const int8_t *in, int8_t *out);
typedef void dse_unpacker(const int8_t *in, uint32_t pixels, uint32_t channels, int8_t *out);
typedef void dse_packer(const int8_t *in, uint32_t pixels, uint32_t channels, int8_t *out);
typedef void dse_adder(const dse_add_params *p, const int8_t *first, const int8_t *second,
                       int8_t *out);

typedef struct {
    dse_strip_kernel *kernel;               /* of the layer */
    const void *params;                     /* of the layer: a struct that begins with a window */
    dse_unpacker *unpack;                   /* NULL: the input is s8 */
    dse_strip_pool *pool;                   /* NULL: none */
    const dse_max_pool_params *pool_params; /* of the pool */
    dse_packer *pack;                       /* NULL: the output is s8 */
    uint32_t inner;                         /* the kernel's scratch, from the start of scratch */
    uint32_t made;                          /* what the kernel makes, unless that is the output */
    uint16_t halves;                        /* half words of params */
    uint16_t lines;                         /* of the output: rows, or columns of a signal */
    uint16_t step;                          /* lines in a strip */
    uint16_t window;                        /* lines of the kernel's output for each of them */
    uint16_t line;                          /* pixels in a line of the output */
    uint16_t channels;                      /* of the output */
    uint8_t is_flat;                        /* 1: the input is a signal */
} dse_strips_params;

typedef struct {
    dse_adder *kernel;            /* of the layer */
    const dse_add_params *params; /* of the layer; its elements are not read */
    dse_unpacker *unpack;         /* NULL: both inputs are s8 */
    dse_packer *pack;             /* NULL: the output is s8 */
    uint32_t pixels;              /* of each tensor */
    uint32_t step;                /* pixels in a strip */
    uint32_t second;              /* the unpacked second input, from the start of scratch */
    uint32_t made;                /* what the kernel makes, unless that is the output */
    uint16_t channels;            /* of each tensor */
    uint8_t is_packed[2];         /* 1: an input is s4 */
} dse_add_strips_params;

/* Scratch: a strip of the input as bytes, the kernel's scratch, a strip of its output; each where
 * it is needed. A pooled strip that is to be packed takes the place of the first. */
void dse_strips(const dse_strips_params *s, const int8_t *in, uint8_t *scratch, int8_t *out);

/* The output may be either input. Scratch: strips of the s4 tensors as bytes. */
void dse_add_strips(const dse_add_strips_params *s, const int8_t *first, const int8_t *second,
                    uint8_t *scratch, int8_t *out);

/* From and to bytes that start at a multiple of four; packed pixels lie anywhere, but at an even
 * address if the channels are a multiple of four. */
void dse_unpack_s4(const int8_t *in, uint32_t pixels, uint32_t channels, int8_t *out);
void dse_pack_s4(const int8_t *in, uint32_t pixels, uint32_t channels, int8_t *out);

#endif
