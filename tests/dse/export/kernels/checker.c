/* Runs a case and compares every byte of its arena; the table of cases follows. */
#include "dse_kernels.h"
#include "dse_strips.h"
#ifdef CHECK_BOUNDS
#include <sanitizer/asan_interface.h>
#define HIDE(from, size) ASAN_POISON_MEMORY_REGION(from, size)
#define SHOW(from, size) ASAN_UNPOISON_MEMORY_REGION(from, size)
#else
#define HIDE(from, size)
#define SHOW(from, size)
#endif
typedef struct {
    void (*run)(uint8_t *arena);
    const uint8_t *input, *expected;
    uint32_t offset[4], size[4]; /* first input, second input, output, scratch */
} test_case;

static const uint8_t *part(const test_case *c, int i)
{
    return i == 0 ? c->input : i == 1 ? c->input + c->size[0] : c->expected;
}

/* 0: right; 1: wrong output; 2: an input was changed; 3: bytes elsewhere were changed. */
static int check(const test_case *c, uint8_t *arena, uint32_t arena_bytes)
{
    int result = 0;
    for (uint32_t i = 0; i < arena_bytes; i++) arena[i] = 0xA5;
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < c->size[k]; i++) arena[c->offset[k] + i] = part(c, k)[i];
    HIDE(arena, arena_bytes);
    for (int k = 0; k < 4; k++) SHOW(arena + c->offset[k], c->size[k]);
    c->run(arena);
    SHOW(arena, arena_bytes);
    for (int k = 2; k >= 0; k--)
        for (uint32_t i = 0; i < c->size[k]; i++)
            if (arena[c->offset[k] + i] != part(c, k)[i] && result == 0) result = k == 2 ? 1 : 2;
    for (int k = 0; k < 4; k++)
        for (uint32_t i = 0; i < c->size[k]; i++) arena[c->offset[k] + i] = 0xA5;
    for (uint32_t i = 0; i < arena_bytes; i++)
        if (arena[i] != 0xA5 && result == 0) result = 3;
    return result;
}
