#include "dse_features.h"

void dse_features_dsp(const dse_features_params *p, const int16_t *frame, void *scratch,
                      int8_t *out)
{
    uint32_t *words = scratch;
    int16_t *logs = (int16_t *)(void *)(words + p->points / 2 + 1);
    dse_block block;
    dse_frame_window(p, frame, &block, words);
    dse_fft_dsp(p, &block, words);
    dse_power_dsp(p, &block, words);
    dse_mel(p, words, &block, logs);
    dse_cepstrum(p, logs, out);
}
