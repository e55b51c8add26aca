/* Integer neural network kernels for Cortex-M: parameter structs and functions.
 *
 * Tensors are int8, (height, width, channels) with channels innermost, and start at a multiple of
 * four bytes. Arguments come in the order parameters, inputs, scratch, output. Nothing is checked
 * at run time, nothing is allocated and nothing is kept between calls. Every kernel follows
 *
 *     acc = (dot << pre_shift) + bias
 *     out = clamp(((((acc * multiplier) >> 16) + half) >> shift) + zero_point)
 *
 * with half = (1 << shift) >> 1 and floor shifts.
 *
 * Weight rows. conv: one output channel, columns ordered (kernel row, kernel column, channel).
 * linear: one output. depthwise: one kernel tap, one column per channel. Rows of 8 bits follow each
 * other without gaps; 4 and 2 bits fill whole little-endian words of which byte j holds, from its
 * lowest bits upwards, the columns j, j + 4, j + 8 ..., so that a shift and a mask give four
 * neighbouring weights. p4 and p3: codes of 4 or 3 bits, lowest bits first, in rows of groups of eight
 * (a word; three bytes); a sign above 0 for 0, else 1 + the exponent of a power of two. sparse8: a
 * byte for eight columns says which are stored, lowest bit first, and those follow. All these the _dsp
 * kernels of conv and linear take in pairs of rows, see dse_dot_dsp.h and dse_look_dsp.h. xnor:
 * one row per (output, tap), packed as 4 bits are with 1 for +1; then three words a, b, c of an
 * output at a time are kept as a ^ b ^ c, a ^ b, a ^ c, up to two at its end as they are.
 *
 * Bits: tensors between xnor layers, in whole words a pixel. Of 32 channels, byte j of the word holds
 * j, j + 4, j + 8 ... from its lowest bit upwards; bits without a channel are 0. Layers that make
 * them have the rows of 32 outputs, or of those that are left, from the highest bit downwards.
 */
#ifndef DSE_KERNELS_H
#define DSE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define DSE_ALIGNED __attribute__((aligned(4)))

/* How the dot products of one output channel become int8. */
typedef struct {
    int32_t bias;       /* in units of 2^-pre_shift of a dot product, input zero point folded in */
    uint16_t shift;     /* 1 to 30; below the multiplier, so that both make a word */
    int16_t multiplier; /* 0 or 2^14 to 2^15 - 1 */
} dse_channel;

/* Weight rows and the way from a dot product to an output. */
typedef struct {
    const void *weights;         /* packed rows, four-byte aligned */
    const dse_channel *channels; /* one per output */
    uint32_t columns;            /* weights in a row; of one tap in an xnor layer */
    uint16_t outputs;            /* output channels */
    uint8_t pre_shift;           /* left shift of the dot product */
    int8_t zero_point;           /* of the output */
    int8_t low;                  /* smallest output */
    int8_t high;                 /* largest output */
    uint16_t stride;             /* of a convolution: bytes from one output pixel to the next */
} dse_rows;

/* A window that slides over an image. */
typedef struct {
    uint16_t in_height;     /* rows of the input */
    uint16_t in_width;      /* columns of the input */
    uint16_t channels;      /* channels of the input */
    uint16_t out_height;    /* rows of the output */
    uint16_t out_width;     /* columns of the output */
    uint16_t kernel_height; /* rows of the window */
    uint16_t kernel_width;  /* columns of the window */
    uint16_t stride_y;      /* rows between two windows */
    uint16_t stride_x;      /* columns between two windows */
    uint16_t top;           /* rows of padding above the image */
    uint16_t left;          /* columns of padding left of the image */
    int8_t pad;             /* value of the padding: the zero point of the input */
} dse_window;

typedef struct {
    dse_window window; /* where the inputs lie */
    dse_rows rows;     /* what they are multiplied with */
} dse_conv_params;

typedef void dse_conv_kernel(const dse_conv_params *p, const int8_t *in, void *scratch,
                             int8_t *out);

typedef struct {
    dse_window window;       /* where the inputs of all groups lie */
    dse_rows rows;           /* of the first group */
    dse_conv_kernel *kernel; /* for one group */
    uint32_t weight_bytes;   /* of a group */
    uint16_t groups;         /* how many */
    uint16_t channels;       /* inputs of a group */
} dse_grouped_params;

typedef struct {
    dse_window window;        /* where the inputs lie; padding counts as -1 */
    dse_rows rows;            /* signs and rescaling */
    const int8_t *thresholds; /* per input channel: a bit is 1 where input >= threshold;
                               * NULL: the inputs are bits */
} dse_conv_xnor_params;

/* An xnor layer that makes bits. */
typedef struct {
    dse_window window;        /* where the inputs lie; padding counts as -1 */
    const uint32_t *weights;  /* packed rows of signs; behind those of an output the limit: its bit
                               * is 1 where fewer bits differ */
    const int8_t *thresholds; /* as above */
    uint16_t outputs;         /* output channels */
} dse_conv_xnor_bits_params;

typedef struct {
    dse_rows rows; /* what the inputs are multiplied with */
} dse_linear_params;

typedef struct {
    dse_rows rows;            /* signs and rescaling */
    const int8_t *thresholds; /* per input: a bit is 1 where input >= threshold */
} dse_linear_xnor_params;

typedef struct {
    dse_window window; /* padding is left out of the maximum */
    int8_t low;        /* smallest output */
    int8_t high;       /* largest output */
} dse_max_pool_params;

typedef struct {
    dse_window window;   /* without padding */
    dse_channel channel; /* from the sum of a window to an output, all channels alike */
    uint8_t pre_shift;   /* left shift of the sum */
    int8_t zero_point;   /* of the output */
    int8_t low;          /* smallest output */
    int8_t high;         /* largest output */
} dse_avg_pool_params;

typedef struct {
    uint32_t elements; /* of each tensor */
    int32_t offset;    /* half, all three zero points in units of the sum */
    int16_t first;     /* multiplier of the first input */
    int16_t second;    /* multiplier of the second input */
    uint8_t shift;     /* right shift of the sum */
    int8_t low;        /* smallest output */
    int8_t high;       /* largest output */
} dse_add_params;

/* One input of a concat. */
typedef struct {
    uint32_t start; /* where it lies in the arena */
    uint32_t bytes; /* of a pixel */
} dse_concat_part;

typedef struct {
    const dse_concat_part *parts; /* the inputs */
    uint32_t pixels;              /* of each tensor */
    uint16_t count;               /* inputs */
    uint16_t stride;              /* bytes of a pixel of the output */
} dse_concat_params;

typedef struct {
    uint32_t stride[3]; /* step in the input for a step along each output axis */
    uint16_t size[3];   /* of the output */
} dse_transpose_params;

typedef struct {
    const int8_t *table; /* 256 outputs, by the input as an unsigned byte */
    uint32_t elements;   /* of each tensor */
} dse_lookup_params;

typedef struct {
    const uint16_t *table; /* 65535 exp(-scale d) of a logit d levels below the largest */
    uint32_t rows;         /* vectors */
    uint16_t channels;     /* logits in a vector */
    int8_t low;            /* smallest output */
    int8_t high;           /* largest output */
} dse_softmax_params;

typedef struct {
    uint32_t elements; /* of the input */
} dse_argmax_params;

/* Scratch: the columns of a patch (kernel height x width x channels, rounded up to 4, 8 or 16 for
 * 8, 4 or 2 bits) as bytes, twice for the _dsp kernels; none for a 1x1 window without padding whose
 * columns need no rounding. */
void dse_conv_s8(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_conv_s4(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_conv_s2(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_conv_s8_dsp(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_conv_s4_dsp(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_conv_s2_dsp(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);

/* Scratch: as for s8. */
void dse_conv_p4_dsp(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_conv_p3_dsp(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);

/* Scratch: four rows of weights as bytes, eight for the _dsp kernel, then what s8 needs; on base
 * columns are rounded up to 8. */
void dse_conv_p4(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_conv_p3(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_conv_sparse8(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_conv_sparse8_dsp(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);

/* Scratch: as for s4. */
void dse_conv_p4_adding(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_conv_p3_adding(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);

/* Groups of channels one after the other. Scratch: the inputs of a group, rounded up to 4 bytes,
 * then what its kernel needs. */
void dse_grouped(const dse_grouped_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_grouped_dsp(const dse_grouped_params *p, const int8_t *in, void *scratch, int8_t *out);

/* Scratch: if the inputs are bytes, the bits of all of them; then those of a patch. */
void dse_conv_xnor(const dse_conv_xnor_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_conv_xnor_bits(const dse_conv_xnor_bits_params *p, const int8_t *in, void *scratch,
                        int8_t *out);

/* Scratch: one patch (kernel height x width x channels bytes). _dsp: two words a tap, and, with
 * padding or channels that are no multiple of four, a word for each pixel under a row of windows.
 * Windows of three by three, at most two columns apart, of four channels or more: twelve words for
 * each two columns under a row of windows, 56 for weights. */
void dse_depthwise_s8(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_depthwise_s4(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_depthwise_s2(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_depthwise_s8_dsp(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_depthwise_s4_dsp(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_depthwise_s2_dsp(const dse_conv_params *p, const int8_t *in, void *scratch, int8_t *out);

/* Scratch: the inputs rounded up to 4, 8 or 16 bytes, unless they need no rounding. */
void dse_linear_s8(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_linear_s4(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_linear_s2(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_linear_s8_dsp(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_linear_s4_dsp(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_linear_s2_dsp(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_linear_p4_dsp(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_linear_p3_dsp(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);

/* Scratch: four or eight rows of weights as bytes, then what s8 needs, as above. */
void dse_linear_p4(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_linear_p3(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_linear_sparse8(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_linear_sparse8_dsp(const dse_linear_params *p, const int8_t *in, void *scratch,
                            int8_t *out);

/* Scratch: as for s4. */
void dse_linear_p4_adding(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);
void dse_linear_p3_adding(const dse_linear_params *p, const int8_t *in, void *scratch, int8_t *out);

/* Scratch: the bits of the input in words. */
void dse_linear_xnor(const dse_linear_xnor_params *p, const int8_t *in, void *scratch, int8_t *out);

void dse_max_pool(const dse_max_pool_params *p, const int8_t *in, int8_t *out);
void dse_max_pool_dsp(const dse_max_pool_params *p, const int8_t *in, int8_t *out);
void dse_max_pool_bits(const dse_window *w, const int8_t *in, int8_t *out);
void dse_avg_pool(const dse_avg_pool_params *p, const int8_t *in, int8_t *out);
void dse_avg_pool_dsp(const dse_avg_pool_params *p, const int8_t *in, int8_t *out);

/* The output may be either input. */
void dse_add(const dse_add_params *p, const int8_t *first, const int8_t *second, int8_t *out);
void dse_add_dsp(const dse_add_params *p, const int8_t *first, const int8_t *second, int8_t *out);

/* Bytes are copied as they are: all tensors have one scale and zero point. s4 pixels take whole
 * bytes; all but the last input then have channels in fours. */
void dse_concat(const dse_concat_params *p, const uint8_t *arena, int8_t *out);
void dse_concat_dsp(const dse_concat_params *p, const uint8_t *arena, int8_t *out);

void dse_transpose(const dse_transpose_params *p, const int8_t *in, int8_t *out);

/* The output may be the input. */
void dse_lookup(const dse_lookup_params *p, const int8_t *in, int8_t *out);

/* The output may be the input. */
void dse_softmax(const dse_softmax_params *p, const int8_t *in, int8_t *out);

/* Index of the first largest element. */
void dse_argmax(const dse_argmax_params *p, const int8_t *in, int16_t *out);

#endif
