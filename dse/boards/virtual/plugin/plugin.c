/* QEMU plugin: counts the cycles of every executed block and writes the count at each marker hit.
 *
 * Arguments: core=NAME, marker=ADDRESS (of a function, 0 for none), out=FILE. The file holds one
 * "mark CYCLES" line per hit, then "total CYCLES"; "unknown ADDRESS CODE" names the first executed
 * instruction that the core has no timing for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu_api.h"
#include "timing.h"

PLUGIN_EXPORT int qemu_plugin_version;
PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                      char **argv);

/* QEMU reads the version after loading the library, and refuses one it does not support. */
__attribute__((constructor)) static void choose_version(void) {
    qemu_plugin_version = qemu_plugin_n_vcpus ? 1 : 2;
}

struct block;

/* What entering a block costs when it is reached from one certain other block. */
struct edge {
    const struct block *from;
    struct edge *next;
    uint64_t cycles;
};

struct block {
    struct insn *code;
    size_t length;
    uint32_t start, end;
    struct edge *edges;
    const struct insn *unknown;
    uint32_t last_target; /* where its indirect branch went before */
    uint8_t confidence;   /* two-bit counter of its conditional branch: taken when 2 or more */
    bool is_marker;
};

static const struct core *core;
static uint64_t marker, total;
static FILE *out;
static struct block *before;
static const struct insn *unknown;

static _Noreturn void fail(const char *what, const char *detail) {
    fprintf(stderr, "dse plugin: %s %s\n", what, detail);
    exit(1);
}

static void *allocate(size_t bytes) {
    void *memory = calloc(1, bytes);
    if (!memory) fail("out of memory", "");
    return memory;
}

static bool left_early(const struct block *from, const struct block *to) {
    return is_branch(&from->code[from->length - 1]) && to->start != from->end;
}

/* Timed together with its predecessor, a block keeps the pipeline state across the border, also
 * where QEMU cut straight-line code in two. */
static uint64_t entry_cycles(const struct block *from, const struct block *to) {
    if (!from) return core->cycles(to->code, to->length, to->length);
    size_t length = from->length + to->length;
    struct insn *both = allocate(length * sizeof *both);
    memcpy(both, from->code, from->length * sizeof *both);
    memcpy(both + from->length, to->code, to->length * sizeof *both);
    bool jumped = to->start != from->end;
    unsigned joint = core->cycles(both, length, jumped ? from->length : length);
    free(both);
    unsigned alone = core->cycles(from->code, from->length, from->length);
    unsigned refill = left_early(from, to) ? core->refill(from->code, from->length, to->code) : 0;
    return joint - alone + refill;
}

/* Finds the edge and moves it to the front of the list. */
static const struct edge *edge_from(const struct block *from, struct block *to) {
    for (struct edge **link = &to->edges; *link; link = &(*link)->next) {
        struct edge *edge = *link;
        if (edge->from != from) continue;
        *link = edge->next;
        edge->next = to->edges;
        to->edges = edge;
        return edge;
    }
    struct edge *edge = allocate(sizeof *edge);
    *edge = (struct edge){.from = from, .next = to->edges, .cycles = entry_cycles(from, to)};
    to->edges = edge;
    return edge;
}

/* Direct branches are always predicted, indirect ones to where they went before. */
static uint64_t prediction_cycles(struct block *from, const struct block *to) {
    const struct insn *last = &from->code[from->length - 1];
    bool taken = to->start != from->end, wrong = false;
    if (!is_branch(last)) return 0;
    if (last->conditional) {
        wrong = taken != (from->confidence >= 2);
        if (taken && from->confidence < 3) from->confidence++;
        if (!taken && from->confidence > 0) from->confidence--;
    }
    if (taken && leaves_by_register(last)) {
        wrong |= from->last_target != to->start;
        from->last_target = to->start;
    }
    return wrong ? core->mispredict(from->code, from->length) : 0;
}

static void on_block(unsigned int cpu, void *data) {
    (void)cpu;
    struct block *block = data;
    if (block->is_marker) {
        /* Free: what follows is timed as if it came straight after the call. */
        fprintf(out, "mark %" PRIu64 "\n", total);
        return;
    }
    total += edge_from(before, block)->cycles;
    if (core->mispredict && before) total += prediction_cycles(before, block);
    if (block->unknown && !unknown) unknown = block->unknown;
    before = block;
}

/* Backward conditional branches start as taken (loops), forward ones as not taken. */
static uint8_t first_guess(const struct insn *last, uint16_t first) {
    if (last->kind != KIND_BRANCH_IF || last->reads) return 1;
    bool backward = last->size == 2 ? first & 0x80 : first & 0x0400;
    return backward ? 2 : 1;
}

static void fetch(const struct qemu_plugin_insn *handle, uint16_t words[2]) {
    size_t size = qemu_plugin_insn_size(handle);
    uintptr_t answer = qemu_plugin_insn_data(handle, words, size);
    if (answer != size) memcpy(words, (const void *)answer, size);
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    (void)id;
    struct block *block = allocate(sizeof *block);
    block->length = qemu_plugin_tb_n_insns(tb);
    block->code = allocate(block->length * sizeof *block->code);
    block->start = (uint32_t)qemu_plugin_tb_vaddr(tb);
    block->is_marker = marker && block->start == marker;
    unsigned it_left = 0;
    for (size_t i = 0; i < block->length; i++) {
        struct qemu_plugin_insn *handle = qemu_plugin_tb_get_insn(tb, i);
        uint16_t words[2] = {0, 0};
        fetch(handle, words);
        uint32_t address = (uint32_t)qemu_plugin_insn_vaddr(handle);
        struct insn *insn = &block->code[i];
        *insn = decode(address, words[0], words[1], it_left > 0);
        it_left = insn->kind == KIND_IT ? it_length(words[0]) : it_left ? it_left - 1 : 0;
        if (!has_timing(core, insn) && !block->unknown) block->unknown = insn;
        block->end = address + insn->size;
        block->confidence = first_guess(insn, words[0]);
    }
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, block);
}

static void on_end(qemu_plugin_id_t id, void *data) {
    (void)id, (void)data;
    if (unknown) fprintf(out, "unknown 0x%08" PRIx32 "\n", unknown->address_of);
    fprintf(out, "total %" PRIu64 "\n", total);
    fclose(out);
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++) {
        const char *value = strchr(argv[i], '=');
        if (!value) fail("argument without a value:", argv[i]);
        if (strncmp(argv[i], "core=", 5) == 0) {
            core = find_core(++value);
            if (!core) fail("no timing for the core", value);
        } else if (strncmp(argv[i], "marker=", 7) == 0) {
            marker = strtoull(++value, NULL, 0);
        } else if (strncmp(argv[i], "out=", 4) == 0) {
            out = fopen(++value, "w");
            if (!out) fail("cannot write", value);
        } else {
            fail("unknown argument", argv[i]);
        }
    }
    if (!core || !out) fail("needs core= and out=", "");
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_end, NULL);
    return 0;
}
