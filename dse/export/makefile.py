"""The exported project's Makefile."""

__all__ = ["COMPILE_FLAGS", "OPTIMISE", "makefile"]

COMPILE_FLAGS = (
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-ffunction-sections",
    "-fdata-sections",
)
"""Flags of every build besides the optimisation level."""

OPTIMISE = "-O2"
"""The optimisation level that predicted cycles and bytes belong to."""

_TEXT = """\
# make test                                      self-test on this computer
# make lib CROSS=arm-none-eabi- CPU=@CPU@    library for the device
# make size CROSS=arm-none-eabi- CPU=@CPU@   its sections
NAME := @NAME@
CROSS ?=
CPU ?=
OPTIMISE ?= @OPTIMISE@

CC := $(CROSS)gcc
AR := $(CROSS)ar
SIZE := $(CROSS)size
ABI ?= soft
OUT := build/$(if $(CPU),$(CPU),host)
FLAGS := @FLAGS@
TARGET := $(if $(CPU),-mcpu=$(CPU) -mthumb -mfloat-abi=$(ABI))
SOURCES := network.c $(wildcard kernels/*.c)
HEADERS := $(wildcard *.h kernels/*.h)
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o)
LIBRARY := $(OUT)/lib$(NAME).a

.DEFAULT_GOAL := test
.PHONY: test lib size clean

test: $(OUT)/selftest
\t$(OUT)/selftest

lib: $(LIBRARY)

size: $(LIBRARY)
\t$(SIZE) -t $(LIBRARY)

$(OUT)/selftest: $(OUT)/main.o $(LIBRARY)
\t$(CC) $(CFLAGS) $(TARGET) -o $@ $^

$(LIBRARY): $(OBJECTS)
\t@rm -f $@
\t$(AR) rcs $@ $^

$(OUT)/%.o: %.c $(HEADERS)
\t@mkdir -p $(@D)
\t$(CC) $(FLAGS) $(OPTIMISE) $(CFLAGS) $(TARGET) -I. -Ikernels -c -o $@ $<

clean:
\trm -rf build
"""


def makefile(prefix: str, core: str) -> str:
    """Targets `test`, `lib`, `size` and `clean`.

    Args:
        prefix: Of the library's name.
        core: Of the device, for the examples.
    """
    values = {"NAME": prefix, "CPU": core, "OPTIMISE": OPTIMISE, "FLAGS": " ".join(COMPILE_FLAGS)}
    text = _TEXT
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text
