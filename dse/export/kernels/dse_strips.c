#include "dse_strips.h"

#include "dse_arithmetic.h"

/* Parameters of any kernel with a window, which comes first. */
typedef union {
    dse_window window;
    dse_conv_params conv;
    dse_conv_xnor_params conv_xnor;
    dse_grouped_params grouped;
    dse_max_pool_params max_pool;
    dse_avg_pool_params avg_pool;
} any_params;

/* The sizes of a window along which strips are cut. */
typedef struct {
    uint16_t *in, *out, *before;
    int stride, kernel;
} cut;

static cut cut_of(dse_window *w, int is_flat)
{
    if (is_flat) {
        return (cut){&w->in_width, &w->out_width, &w->left, w->stride_x, w->kernel_width};
    }
    return (cut){&w->in_height, &w->out_height, &w->top, w->stride_y, w->kernel_height};
}

static void copy(const void *from, uint32_t halves, void *to)
{
    typedef uint16_t __attribute__((may_alias)) half_word;
    const half_word *source = from;
    half_word *target = to;
    for (uint32_t i = 0; i < halves; i++) {
        DSE_KEEP_LOOP();
        target[i] = source[i];
    }
}

void dse_strips(const dse_strips_params *s, const int8_t *in, uint8_t *scratch, int8_t *out)
{
    any_params params;
    dse_max_pool_params pool;
    copy(s->params, s->halves, &params);
    dse_window *w = &params.window;
    const cut own = cut_of(w, s->is_flat), pooled = cut_of(&pool.window, s->is_flat);
    if (s->pool) {
        copy(s->pool_params, sizeof pool / 2, &pool);
    }
    const int size = *own.in, before = *own.before;
    const int pixels = s->is_flat ? 1 : w->in_width, channels = w->channels;
    const int in_bytes = pixels * (s->unpack ? (channels + 1) / 2 : channels);
    const int out_bytes = s->line * (s->pack ? (s->channels + 1) / 2 : s->channels);
    int8_t *const strip = (int8_t *)scratch;
    for (int line = 0; line < s->lines; line += s->step) {
        const int kept = s->lines - line < s->step ? s->lines - line : s->step;
        const int made = kept * s->window;
        const int first = line * s->window * own.stride - before;
        const int last = first + (made - 1) * own.stride + own.kernel;
        const int start = first < 0 ? 0 : first, end = last < size ? last : size;
        const int8_t *image = in + start * in_bytes;
        int8_t *result = s->pool || s->pack ? strip + s->made : out;
        *own.in = (uint16_t)(end - start);
        *own.before = (uint16_t)(start - first);
        *own.out = (uint16_t)made;
        if (s->unpack) {
            s->unpack(image, (uint32_t)((end - start) * pixels), (uint32_t)channels, strip);
            image = strip;
        }
        s->kernel(&params, image, scratch + s->inner, result);
        if (s->pool) {
            int8_t *larger = result;
            *pooled.in = (uint16_t)made;
            *pooled.out = (uint16_t)kept;
            result = s->pack ? strip : out;
            s->pool(&pool, larger, result);
        }
        if (s->pack) {
            s->pack(result, (uint32_t)(kept * s->line), s->channels, out);
        }
        out += kept * out_bytes;
    }
}
