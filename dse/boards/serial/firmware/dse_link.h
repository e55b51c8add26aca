/* Runs the network and sends what it gave and cost, again and again. */
#ifndef DSE_LINK_H
#define DSE_LINK_H

/* Call it when clock and UART are up; it does not return. */
_Noreturn void dse_serve(void);

#endif
