/* The one thing your board has to supply; fill it in and keep it beside the firmware.
   Clock, pins and UART are set up by your own start-up code, before it calls dse_serve(). */
#ifndef PORT_H
#define PORT_H

#include <stdint.h>

/* Sends bytes and returns when they are on their way. With a vendor's library for example
       HAL_UART_Transmit(&huart2, (const uint8_t *)data, (uint16_t)length, HAL_MAX_DELAY); */
void dse_port_write(const char *data, uint32_t length);

#endif
