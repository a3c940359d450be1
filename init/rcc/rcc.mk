# rcc, the compiler of rc scripts: once for this host, whose image build runs it,
# and once for each architecture.

RCC_SRC := $(sort $(wildcard init/rcc/*.c)) init/core/table.c
RCC_HOST := $(patsubst init/%.c,build/host/rcc.o/%.o,$(RCC_SRC))
RCC_OUT := build/$(ARCH)/rcc.o
RCC_OBJ := $(patsubst init/%.c,$(RCC_OUT)/%.o,$(RCC_SRC))
RCC_CFLAGS := -g -Wall -Wextra -Werror -ffunction-sections -fdata-sections \
	-std=gnu11 -D_GNU_SOURCE -iquote init/rcc -iquote init/core -MMD -MP

build/host/rcc.o/%.o: init/%.c init/rcc/rcc.mk | need
	@mkdir -p $(@D)
	$(Q)gcc -O2 $(RCC_CFLAGS) -c $< -o $@

build/host/rcc: $(RCC_HOST)
	$(Q)gcc $(RCC_HOST) -o $@.tmp && mv $@.tmp $@

$(RCC_OUT)/%.o: init/%.c $(CC_ARCH) init/rcc/rcc.mk
	@mkdir -p $(@D)
	$(Q)$(CC_ARCH) -Os $(RCC_CFLAGS) -fno-asynchronous-unwind-tables \
		-fno-unwind-tables -fno-stack-protector -fno-pie -c $< -o $@

build/$(ARCH)/rcc.debug: $(RCC_OBJ)
	$(call say,linking rcc for $(ARCH),tinyinit.debug)
	$(Q)$(CC_ARCH) $(INIT_LDFLAGS) $(RCC_OBJ) -o $@.tmp && mv $@.tmp $@

build/$(ARCH)/rcc: build/$(ARCH)/rcc.debug
	$(Q)$(CROSS)strip -s -R .comment -R .note.gnu.property -o $@.tmp $< && mv $@.tmp $@

-include $(RCC_HOST:.o=.d) $(RCC_OBJ:.o=.d)

# Scripts are checked against the root file system of BOARD, unpacked, as far as
# there is one; else only what stands in them.
RCC_DIRS := $(if $(RC),$(subst :, ,$(RC)),rc)
RCC_ROOT := build/$(BOARD)/check-root

## check-rc: check the scripts of RC (of rc/ without it) against BOARD's image
check-rc: need build/host/rcc image
	$(Q)rm -rf $(RCC_ROOT) && mkdir -p $(RCC_ROOT)
	$(Q)gzip -dc build/$(BOARD)/rootfs.cpio.gz | (cd $(RCC_ROOT) && \
		cpio --quiet -idm --no-absolute-filenames)
	$(Q)build/host/rcc check --root $(RCC_ROOT) $(RCC_ROOT)/etc/rc.d $(if $(RC),$(RCC_DIRS))

## graph: draw the services of rc/ and RC, build/graph.svg (with Graphviz)
graph: need build/host/rcc
	$(Q)build/host/rcc graph --root rootfs/skel $(if $(RC),rc) $(RCC_DIRS) >build/graph.dot
	$(Q)command -v dot >/dev/null || { echo 'graph: no dot here (Debian: graphviz);' \
		'the graph is in build/graph.dot' >&2; exit 1; }
	$(Q)dot -Tsvg -o build/graph.svg build/graph.dot
	@echo build/graph.svg

## new-service: write a script to rc/ or RC: NAME=foo [TYPE=daemon|oneshot|forking]
new-service: need build/host/rcc
	$(Q)file='$(or $(firstword $(subst :, ,$(RC))),rc)/$(NAME)'; \
	if [ -z '$(NAME)' ]; then \
		echo 'make new-service NAME=foo [TYPE=daemon|oneshot|forking] [RC=dir]' >&2; \
		exit 2; \
	fi; \
	if [ -e "$$file" ] || [ -L "$$file" ]; then \
		echo "$$file is there already" >&2; exit 1; \
	fi; \
	build/host/rcc new '$(NAME)' $(or $(TYPE),daemon) >"$$file.new" || \
		{ rm -f "$$file.new"; exit 1; }; \
	chmod +x "$$file.new" && mv "$$file.new" "$$file" && echo "$$file"

.PHONY: check-rc graph new-service
