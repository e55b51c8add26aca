/* A board of QEMU: start-up code, SysTick vector and the UART of the MPS2 machines. */
#include "dse_link.h"
#include "port.h"

#define UART_DATA (*(volatile uint32_t *)0x40004000)
#define UART_STATE (*(volatile uint32_t *)0x40004004)
#define UART_CONTROL (*(volatile uint32_t *)0x40004008)
#define UART_DIVIDER (*(volatile uint32_t *)0x40004010)

extern uint32_t dse_stack_top[];
extern uint32_t dse_data_start[], dse_data_end[], dse_data_load[];
extern uint32_t dse_bss_start[], dse_bss_end[];

void dse_reset(void);
__attribute__((weak)) void SysTick_Handler(void) { }
static void hang(void) { for (;;) { } }

__attribute__((section(".vectors"), used)) static const void *const VECTORS[16] = {
    dse_stack_top, (const void *)dse_reset, (const void *)hang, (const void *)hang,
    [11] = (const void *)hang, [14] = (const void *)hang, [15] = (const void *)SysTick_Handler,
};

void dse_port_write(const char *data, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        while (UART_STATE & 1u) {
        }
        UART_DATA = (uint8_t)data[i];
    }
}

void dse_reset(void)
{
    uint32_t *from = dse_data_load;
    for (uint32_t *to = dse_data_start; to < dse_data_end; to++) *to = *from++;
    for (uint32_t *to = dse_bss_start; to < dse_bss_end; to++) *to = 0;
    UART_DIVIDER = 16;
    UART_CONTROL = 1;
    dse_serve();
}
