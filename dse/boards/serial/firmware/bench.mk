# make CROSS=arm-none-eabi- CPU=cortex-m4     build/libbench.a: link it with your start-up code
CROSS ?= arm-none-eabi-
CPU ?= @CPU@
ABI ?= soft
CFLAGS ?=
PROJECT ?= ..
PORT ?= .

CC := $(CROSS)gcc
AR := $(CROSS)ar
FLAGS := $(strip -mcpu=$(CPU) -mthumb -mfloat-abi=$(ABI) -O2 -std=c11 -ffunction-sections -fdata-sections $(CFLAGS))
SOURCES := bench.c dse_link.c dse_cycles.c $(PROJECT)/network.c $(wildcard $(PROJECT)/kernels/*.c)
OBJECTS := $(patsubst %.c,build/%.o,$(notdir $(SOURCES)))
vpath %.c . $(PROJECT) $(PROJECT)/kernels

build/libbench.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

build/%.o: %.c harness_config.h
	@mkdir -p build
	$(CC) $(FLAGS) -DDSE_FLAGS='"$(FLAGS)"' -I$(PORT) -I. -I$(PROJECT) -I$(PROJECT)/kernels -c -o $@ $<

.PHONY: clean
clean:
	rm -rf build
