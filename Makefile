# tinyinit: the frame.  What is built, and how, stands in the .mk files that
# are included below; what a board is, in board/NAME/board.mk.
#
# Variables that a user sets, on the command line or in the environment (`make
# help` prints this list):
#|  BOARD=NAME         the board (qemu-x86_64)
#|  RC=DIR[:DIR]       rc scripts to add to the image's /etc/rc.d
#|  OVERLAY=DIR[:DIR]  files to add to the image, last
#|  APPEND="WORD..."   kernel words to add, with run
#|  GDB=1              run waits for a debugger, and says how to start one
#|  KERNEL=FILE        this kernel, or its .deb, instead of Debian's
#|  MUSL_SRC=FILE TOYBOX_SRC=FILE SHELL_SRC=FILE
#|                     these upstream tarballs instead of Debian's
#|  HEADERS_DEB=FILE   this linux-libc-dev for the kernel's headers
#|  KVM=1              run with KVM, where it works (boards of this architecture)
#|  V=1                show the commands

ifneq ($(words $(CURDIR)),1)
$(error this folder has a blank in its path, which make and compilers cannot \
	handle: $(CURDIR))
endif

BOARD ?= qemu-x86_64
BOARDS := $(sort $(patsubst board/%/board.mk,%,$(wildcard board/*/board.mk)))

ifeq ($(filter $(BOARDS),$(BOARD)),)
$(error unknown board "$(BOARD)"; the boards are: $(BOARDS))
endif

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := image

BUILD := build
Q := $(if $(filter 1,$(V)),,@)

# $(call say,TEXT) as a recipe's first line: what a long step does, and which it
# is of those that a board takes (a download names the step that it is for).
# Steps that are up to date stay silent.
step_kernel := 1
step_cc := 2
step_tinyinit.debug := 3
step_toybox := 4
step_sh := 5
step_rootfs.cpio.gz := 6
say = @printf '[%s/6] %s\n' '$(step_$(or $2,$(notdir $@)))' '$1'

# The commit and its date go into the image.  A tree without git takes the
# date of this file.  Git distrusts a tree that belongs to somebody else, as a
# mounted or copied one does; here it is only asked for the commit.
git := git -c safe.directory='$(CURDIR)' -c core.fsmonitor=false
COMMIT := $(or $(shell $(git) describe --always --dirty --abbrev=12 \
	--exclude='*' 2>/dev/null),unknown)
ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(or $(shell $(git) log -1 --format=%ct 2>/dev/null),\
	$(shell stat -c %Y Makefile))
endif
export COMMIT SOURCE_DATE_EPOCH OVERLAY RC

include board/$(BOARD)/board.mk
include rootfs/rootfs.mk
include init/init.mk
include init/rcc/rcc.mk
include init/ctl/ctl.mk
include tests/tests.mk

.PHONY: FORCE image images run setup need needs-of-board help qemu-argv \
	test test-fast test-boot lint check-rc graph new-service clean distclean
FORCE:

# The host's tools are looked for first, every time: it takes milliseconds
# when all are there, and one installation when not.
needs_of_board = cc:$(TRIPLET) build qemu:$(QEMU):$(QEMU_PACKAGE)
needs_of_all = test $$(for board in $(BOARDS); do \
	$(MAKE) -s --no-print-directory BOARD=$$board needs-of-board; done)

ifneq ($(filter setup test test-fast lint,$(MAKECMDGOALS)),)
NEEDS = $(needs_of_all)
else ifneq ($(filter test-boot,$(MAKECMDGOALS)),)
NEEDS = $(needs_of_board) test
else ifneq ($(filter run,$(MAKECMDGOALS)),)
NEEDS = $(needs_of_board) $(if $(GDB),gdb)
else ifneq ($(filter graph new-service,$(MAKECMDGOALS)),)
NEEDS = $(if $(filter graph,$(MAKECMDGOALS)),graph,host)
else
NEEDS = cc:$(TRIPLET) build
endif

need:
	$(Q)rootfs/setup.sh $(NEEDS)

needs-of-board:
	@echo $(needs_of_board)

## run: build what is missing and start BOARD in QEMU, console on this terminal
run: need image
	$(Q)$(machine) GDB='$(GDB)' DEBUG_FILE=build/$(ARCH)/tinyinit.debug \
		board/run.sh

## test: lint, unit, sys, namespaces, boots of every board
test: need images

## test-fast: all but the boots
test-fast: need

## test-boot: the boots of BOARD
test-boot: need image

## lint: style, static analysis, the gates on core, sys and the binary
lint: need

## image: build kernel and root file system of BOARD (what plain make does)
image: need build/$(BOARD)/kernel build/$(BOARD)/rootfs.cpio.gz

## images: the same for all boards
images: need
	$(Q)for board in $(BOARDS); do \
		$(MAKE) --no-print-directory BOARD=$$board image || exit; \
	done

## setup: only look for the tools that run and test need, and install them
setup: need

## qemu-argv: print QEMU's arguments for BOARD, one a line, for programs
qemu-argv:
	@$(machine) INITRD=@INITRD@ APPEND=@APPEND@ board/run.sh --print

# The machine, for board/run.sh: the same for a user and for the boot tests.
machine = KVM='$(KVM)' ARCH='$(ARCH)' QEMU='$(QEMU)' QEMU_ARGS='$(QEMU_ARGS)' \
	QEMU_CPU='$(QEMU_CPU)' KERNEL='build/$(BOARD)/kernel' \
	INITRD='build/$(BOARD)/rootfs.cpio.gz' \
	KERNEL_WORDS='console=$(CONSOLE) $(KERNEL_WORDS)'

## clean: remove what was built; the compilers and downloads stay
clean:
	$(Q)rm -rf $(BOARDS:%=build/%) build/host build/test
	$(Q)rm -rf $(foreach a,$(ARCHES),$(filter-out build/$a/cc \
		build/$a/sysroot,$(wildcard build/$a/*)))

## distclean: remove everything that was built or downloaded
distclean:
	$(Q)rm -rf build

## help: this text
help:
	@echo 'make [TARGET] [VARIABLE=VALUE]...'
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  \1\t\2/p' Makefile init/rcc/rcc.mk | expand -t 14
	@echo 'boards: $(BOARDS)'
	@echo 'variables:'
	@sed -n 's/^#|//p' Makefile
