#include "dse_strips.h"

void dse_add_strips(const dse_add_strips_params *s, const int8_t *first, const int8_t *second,
                    uint8_t *scratch, int8_t *out)
{
    dse_add_params params = *s->params;
    const uint32_t channels = s->channels, packed = (channels + 1) / 2;
    int8_t *const strip = (int8_t *)scratch;
    for (uint32_t done = 0; done < s->pixels; done += s->step) {
        const uint32_t left = s->pixels - done, pixels = left < s->step ? left : s->step;
        const int8_t *a = first, *b = second;
        int8_t *sum = s->pack ? strip + s->made : out;
        if (s->is_packed[0]) {
            s->unpack(first, pixels, channels, strip);
            a = strip;
        }
        if (s->is_packed[1]) {
            s->unpack(second, pixels, channels, strip + s->second);
            b = strip + s->second;
        }
        params.elements = pixels * channels;
        s->kernel(&params, a, b, sum);
        if (s->pack) {
            s->pack(sum, pixels, channels, out);
        }
        first += pixels * (s->is_packed[0] ? packed : channels);
        second += pixels * (s->is_packed[1] ? packed : channels);
        out += pixels * (s->pack ? packed : channels);
    }
}
