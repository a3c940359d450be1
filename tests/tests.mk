# The tests: what has to be built for them, and how they are run.
#
# tests/run runs and counts; see tests/README.md.  The binary under test in lint
# and namespaces is the very file that goes into the image of the board whose
# architecture is this host's.

HOST_ARCH := $(patsubst armv7l,armv7,$(shell uname -m))
HOST_BOARD := $(firstword $(foreach b,$(BOARDS),$(if $(filter $(HOST_ARCH),\
	$(shell sed -n 's/^ARCH := //p' board/$b/board.mk)),$b)))

# A group's own options, for instance T="ns/reap" or T="-v boot:qemu-arm/login".
T ?=

UNIT_TESTS := $(patsubst tests/%.c,build/host/%,$(wildcard tests/unit/test_*.c))
SYS_TESTS := $(patsubst tests/%.c,build/host/%,$(wildcard tests/sys/test_*.c))
CORE_HOST := $(patsubst init/%.c,build/host/asan/%.o,$(wildcard init/core/*.c))
SYS_HOST := $(patsubst init/%.c,build/host/plain/%.o,\
	$(wildcard init/core/*.c init/sys/*.c))

HOST_CFLAGS := -g -O1 -Wall -Wextra -Werror -fno-omit-frame-pointer
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover
# What a file of init/ sees here is what it sees in init.mk.
host_view = $(if $(filter init/core/%,$<),-std=c11 -iquote init/core,\
	-std=gnu11 -D_GNU_SOURCE -iquote init/sys)
host_deps = -MMD -MP -MF $@.d -MT $@

build/host/asan/%.o: init/%.c tests/tests.mk | need
	@mkdir -p $(@D)
	$(Q)gcc $(HOST_CFLAGS) $(SANITIZE) $(host_view) $(host_deps) -c -o $@ $<

build/host/plain/%.o: init/%.c tests/tests.mk | need
	@mkdir -p $(@D)
	$(Q)gcc $(HOST_CFLAGS) $(host_view) $(host_deps) -c -o $@ $<

$(UNIT_TESTS): build/host/unit/%: tests/unit/%.c $(CORE_HOST) tests/tests.mk \
		| need
	@mkdir -p $(@D)
	@echo 'building unit test $*'
	$(Q)gcc $(HOST_CFLAGS) $(SANITIZE) -std=gnu11 -iquote init/core \
		-iquote tests/unit $(host_deps) -o $@ $< $(CORE_HOST) -lcmocka

$(SYS_TESTS): build/host/sys/%: tests/sys/%.c $(SYS_HOST) tests/tests.mk \
		| need
	@mkdir -p $(@D)
	@echo 'building sys test $*'
	$(Q)gcc $(HOST_CFLAGS) -std=gnu11 -D_GNU_SOURCE -iquote init/core \
		-iquote init/sys -iquote tests/sys $(host_deps) -o $@ $< \
		$(SYS_HOST) -lcmocka

# rcc under the sanitizers, and its fuzz targets, which replay their corpora.
RCC_ASAN := $(patsubst init/%.c,build/host/rcc.asan/%.o,$(RCC_SRC))
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,build/host/fuzz/%,\
	$(wildcard tests/fuzz/fuzz_*.c))

build/host/rcc.asan/%.o: init/%.c tests/tests.mk | need
	@mkdir -p $(@D)
	$(Q)gcc $(HOST_CFLAGS) $(SANITIZE) $(if $(filter init/core/%,$<),-std=c11,\
		-std=gnu11 -D_GNU_SOURCE) -iquote init/rcc -iquote init/core \
		$(host_deps) -c -o $@ $<

build/host/rcc-asan: $(RCC_ASAN)
	$(Q)gcc $(SANITIZE) $(RCC_ASAN) -o $@

$(FUZZ_TARGETS): build/host/fuzz/%: tests/fuzz/%.c tests/fuzz/replay.c \
		$(filter-out %/rcc/main.o,$(RCC_ASAN))
	@mkdir -p $(@D)
	$(Q)gcc $(HOST_CFLAGS) $(SANITIZE) -std=gnu11 -D_GNU_SOURCE \
		-iquote init/rcc -iquote init/core $(host_deps) -o $@ $< \
		tests/fuzz/replay.c $(filter-out %/rcc/main.o,$(RCC_ASAN))

# What runs inside the machines under test, made by the image's own compiler.
build/%/test/payload: tests/lib/payload.c build/%/cc
	@mkdir -p $(@D)
	$(Q)build/$*/cc -Os -Wall -Wextra -Werror -static -o $@ $<

-include $(wildcard build/host/*/*.d build/host/*/*/*.d)

.PHONY: host-init host-files host-programs payload payloads
host-programs: $(UNIT_TESTS) $(SYS_TESTS) $(FUZZ_TARGETS) build/host/rcc-asan \
	build/host/rcc

host-init: need
	$(call host_make,tinyinit tinyctl rcc)

host-files: need
	$(call host_make,tinyinit tinyctl rcc toybox sh test/payload)

host_make = $(if $(HOST_BOARD),,$(error the tests need a board of this \
	architecture, $(HOST_ARCH)))$(Q)$(MAKE) --no-print-directory \
	BOARD=$(HOST_BOARD) $(addprefix build/$(HOST_ARCH)/,$1)

# The boots need their architecture's payload, beside the image.
payloads: images
	$(Q)for board in $(BOARDS); do \
		$(MAKE) --no-print-directory BOARD=$$board payload || exit; \
	done

payload: build/$(ARCH)/test/payload

test: host-programs payloads
	$(Q)tests/run $(or $(T),lint unit fuzz rcc sys ctl ns $(BOARDS:%=boot:%))

test-fast: host-programs host-files
	$(Q)tests/run $(or $(T),lint unit fuzz rcc sys ctl ns)

test-boot: payload
	$(Q)tests/run $(or $(T),boot:$(BOARD))

lint: host-init
	$(Q)tests/run lint
