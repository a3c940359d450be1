# tinyinit itself, for one architecture a call: ARCH, CC_ARCH and CROSS come from
# the Makefile.  Each part sees only the headers that it may include.

INIT_OUT := build/$(ARCH)/init
INIT_CORE := $(patsubst init/%.c,$(INIT_OUT)/%.o,$(sort $(wildcard init/core/*.c)))
INIT_SYS := $(patsubst init/%.c,$(INIT_OUT)/%.o,$(sort $(wildcard init/sys/*.c \
	init/sys/$(ARCH)/*.c)))
INIT_TOP := $(patsubst init/%.c,$(INIT_OUT)/%.o,$(sort $(wildcard init/*.c)))
INIT_OBJ := $(INIT_TOP) $(INIT_CORE) $(INIT_SYS)

# All of it lies within 1 MB, so that an address takes one instruction.
INIT_CFLAGS_aarch64 := -mcmodel=tiny
INIT_CFLAGS := -Os -g -Wall -Wextra -Werror -ffunction-sections -fdata-sections \
	-fno-asynchronous-unwind-tables -fno-unwind-tables -fno-stack-protector \
	-fno-pie -fomit-frame-pointer -MMD -MP $(INIT_CFLAGS_$(ARCH))
# The whole program at once, and without guesses at what is likely: together 5 KB.
# The objects stay complete, for the gates read what each of them asks for.
INIT_CFLAGS += -flto -flto-partition=one -ffat-lto-objects -fno-guess-branch-probability
$(INIT_CORE): INIT_VIEW := -std=c11 -iquote init/core
$(INIT_SYS): INIT_VIEW := -std=gnu11 -D_GNU_SOURCE -iquote init/sys
$(INIT_TOP): INIT_VIEW := -std=gnu11 -D_GNU_SOURCE -iquote init -iquote init/core -iquote init/sys

# It is the memory functions, and must not be made to call them.
$(INIT_OUT)/sys/aarch64/memory.o: INIT_VIEW += -fno-tree-loop-distribute-patterns

# No RELRO and no page between code and data: a static binary without relocations
# has nothing that RELRO could protect, and each costs a page of file and memory.
INIT_LDFLAGS := -static -no-pie -Wl,--gc-sections -Wl,-z,noseparate-code \
	-Wl,-z,norelro -Wl,-z,noexecstack -Wl,--build-id=none

$(INIT_OUT)/%.o: init/%.c $(CC_ARCH) init/init.mk
	@mkdir -p $(@D)
	$(Q)$(CC_ARCH) $(INIT_CFLAGS) $(INIT_VIEW) -c $< -o $@

build/$(ARCH)/tinyinit.debug: $(INIT_OBJ)
	$(call say,linking tinyinit for $(ARCH))
	$(Q)$(CC_ARCH) $(INIT_CFLAGS) $(INIT_LDFLAGS) $(INIT_OBJ) -o $@.tmp && mv $@.tmp $@

build/$(ARCH)/tinyinit: build/$(ARCH)/tinyinit.debug
	$(Q)$(CROSS)strip -s -R .comment -R .note.gnu.property -o $@.tmp $< && mv $@.tmp $@

-include $(INIT_OBJ:.o=.d)
