/* Each line goes out as "$NNNN TEXT*CCCC\n": its number in the pass and the CRC-16 (CCITT, from
   0xFFFF) of "NNNN TEXT", both in hexadecimal. The first line of a pass names the protocol and the
   image, the last one the number of lines before it. A receiver that lost a line waits for the
   next pass. */
#include "dse_link.h"

#include "dse_board.h"
#include "dse_cycles.h"
#include "harness_config.h"
#include "port.h"

#define STRING_OF(x) #x
#define STRING(x) STRING_OF(x)

#if defined(__clang__)
#define COMPILER "clang " STRING(__clang_major__) "." STRING(__clang_minor__)
#elif defined(__GNUC__)
#define COMPILER \
    "gcc " STRING(__GNUC__) "." STRING(__GNUC_MINOR__) "." STRING(__GNUC_PATCHLEVEL__)
#else
#define COMPILER "unknown"
#endif

#ifndef DSE_FLAGS
#define DSE_FLAGS "unknown"
#endif

int NET_MAIN(void);

static uint32_t line_number;
static uint16_t sum;
static uint32_t marks[NET_MARKS];
static uint32_t marked;

static uint16_t next_sum(uint16_t old, char data)
{
    uint32_t value = old ^ ((uint32_t)(uint8_t)data << 8);
    for (int bit = 0; bit < 8; bit++) {
        value = value & 0x8000u ? (value << 1) ^ 0x1021u : value << 1;
    }
    return (uint16_t)value;
}

static void put(const char *text, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        sum = next_sum(sum, text[i]);
    }
    dse_port_write(text, length);
}

static void put_text(const char *text)
{
    uint32_t length = 0;
    while (text[length] && text[length] != '\n') {
        length++;
    }
    put(text, length);
}

static void put_hex(uint32_t value, int digits)
{
    char text[8];
    for (int i = 0; i < digits; i++) {
        text[i] = "0123456789ABCDEF"[(value >> (4 * (digits - 1 - i))) & 15];
    }
    put(text, (uint32_t)digits);
}

static void begin_line(void)
{
    dse_port_write("$", 1);
    sum = 0xFFFF;
    put_hex(line_number++, 4);
    put_text(" ");
}

static void end_line(void)
{
    uint16_t whole = sum;
    put_text("*");
    put_hex(whole, 4);
    dse_port_write("\n", 1);
}

void dse_write(const char *text)
{
    begin_line();
    put_text(text);
    end_line();
}

static void write_pair(const char *name, const char *text)
{
    begin_line();
    put_text(name);
    put_text(text);
    end_line();
}

static void write_number(const char *name, uint32_t value)
{
    begin_line();
    put_text(name);
    put_hex(value, 8);
    end_line();
}

__attribute__((noinline)) void dse_mark(void)
{
    uint32_t now = dse_cycles();
    if (marked < NET_MARKS) {
        marks[marked++] = now;
    }
}

void dse_stack_begin(void)
{
}

void dse_stack_end(void)
{
}

static void pass(int counts)
{
    line_number = 0;
    marked = 0;
    write_pair("@dse 1 ", NET_IMAGE);
    write_pair("@compiler ", COMPILER);
    write_pair("@flags ", DSE_FLAGS);
    if (counts) {
        NET_MAIN();
        // Intervals, not times: a lost line is taken from another pass.
        for (uint32_t i = 1; i < marked; i++) {
            write_number("@cycles ", marks[i] - marks[i - 1]);
        }
    } else {
        dse_write("@error no cycle counter");
    }
    write_number("@end ", line_number);
}

_Noreturn void dse_serve(void)
{
    int counts = dse_cycles_start();
    for (;;) {
        pass(counts);
    }
}
