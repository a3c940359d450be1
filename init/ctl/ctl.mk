# tinyctl and the names that it also answers to, rcexec and rcwait: one static
# program for the image, and the same for this host with the host's own compiler
# (tests/ctl).  ARCH, CC_ARCH, CROSS and INIT_LDFLAGS come from init.mk's side.

CTL_SRC := $(sort $(wildcard init/ctl/*.c))
# What it reads of PID 1's, it reads with PID 1's own eyes.
CTL_CORE := $(addprefix init/core/,action.c message.c table.c text.c) \
	$(wildcard init/core/service*.c)
CTL_OBJ := $(CTL_SRC:init/%.c=build/$(ARCH)/ctl.o/%.o) \
	$(CTL_CORE:init/%.c=build/$(ARCH)/ctl.o/%.o)
CTL_HOST_OBJ := $(patsubst init/%.c,build/host/ctl.o/%.o,$(CTL_SRC) $(CTL_CORE))
CTL_VIEW := -std=gnu11 -D_GNU_SOURCE -iquote init/ctl -iquote init/core -iquote init

build/$(ARCH)/ctl.o/%.o: init/%.c $(CC_ARCH) init/init.mk init/ctl/ctl.mk
	@mkdir -p $(@D)
	$(Q)$(CC_ARCH) $(INIT_CFLAGS) $(CTL_VIEW) -c $< -o $@

build/$(ARCH)/tinyctl.debug: $(CTL_OBJ)
	$(call say,linking tinyctl for $(ARCH),tinyinit.debug)
	$(Q)$(CC_ARCH) $(INIT_CFLAGS) $(INIT_LDFLAGS) $(CTL_OBJ) -o $@.tmp && mv $@.tmp $@

build/$(ARCH)/tinyctl: build/$(ARCH)/tinyctl.debug
	$(Q)$(CROSS)strip -s -R .comment -R .note.gnu.property -o $@.tmp $< && mv $@.tmp $@

build/host/ctl.o/%.o: init/%.c init/ctl/ctl.mk
	@mkdir -p $(@D)
	$(Q)gcc -g -Os -Wall -Wextra -Werror -MMD -MP $(CTL_VIEW) -c $< -o $@

build/host/tinyctl: $(CTL_HOST_OBJ)
	$(Q)gcc $(CTL_HOST_OBJ) -o $@.tmp && mv $@.tmp $@

-include $(CTL_OBJ:.o=.d) $(CTL_HOST_OBJ:.o=.d)
