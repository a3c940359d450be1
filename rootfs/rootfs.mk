# From Debian's sources and kernels to the image of one board: sysroot, toybox,
# shell, kernel, initramfs.
#
# Every artefact is made under another name and renamed when whole.  Downloads
# are in build/dl, under names without a version, and are never fetched twice:
# remove one to have it renewed.

ARCHES := aarch64 armv7 x86_64
TRIPLET_aarch64 := aarch64-linux-gnu
TRIPLET_armv7 := arm-linux-gnueabihf
TRIPLET_x86_64 := x86_64-linux-gnu
DEB_ARCH_aarch64 := arm64
DEB_ARCH_armv7 := armhf
DEB_ARCH_x86_64 := amd64

ifeq ($(filter $(ARCH),$(ARCHES)),)
$(error board/$(BOARD)/board.mk: unknown ARCH "$(ARCH)"; known: $(ARCHES))
endif
TRIPLET := $(TRIPLET_$(ARCH))
DEB_ARCH := $(DEB_ARCH_$(ARCH))
CROSS := $(TRIPLET)-
CC_ARCH := build/$(ARCH)/cc

# Local files that stand in for a download.
local = $(if $(wildcard $($1)),$($1),$(error $1: no such file: $($1)))
from = $(if $($1),$(call local,$1),build/dl/$2)
MUSL_TAR := $(call from,MUSL_SRC,musl.orig.tar)
TOYBOX_TAR := $(call from,TOYBOX_SRC,toybox.orig.tar)
SHELL_PACKAGE := mksh
SHELL_TAR := $(call from,SHELL_SRC,$(SHELL_PACKAGE).orig.tar)
KERNEL_DEB := build/dl/$(KERNEL_PACKAGE)-$(DEB_ARCH).deb
KERNEL_FROM := $(if $(KERNEL),$(call local,KERNEL),$(KERNEL_DEB))

# build/set/NAME changes when the value of a variable does: what depends on it
# is made again when another file is named, or the default comes back.
$(addprefix build/set/,MUSL_TAR HEADERS_DEB TOYBOX_TAR SHELL_TAR): \
		build/set/%: FORCE
	@mkdir -p $(@D)
	@[ -e $@ ] && [ "$$(cat $@)" = '$($*)' ] || printf '%s\n' '$($*)' >$@

source_step_musl := cc
source_step_toybox := toybox
source_step_$(SHELL_PACKAGE) := sh
$(addprefix build/dl/,$(addsuffix .orig.tar,musl toybox $(SHELL_PACKAGE))): \
		build/dl/%.orig.tar:
	$(call say,fetching the source of $*,$(source_step_$*))
	$(Q)rootfs/fetch.sh source $* $@

DEB_ARCHES := $(foreach a,$(ARCHES),$(DEB_ARCH_$a))
$(DEB_ARCHES:%=build/dl/linux-libc-dev-%.deb): build/dl/linux-libc-dev-%.deb:
	$(call say,fetching kernel headers for $*,cc)
	$(Q)rootfs/fetch.sh deb $* linux-libc-dev $@

$(KERNEL_DEB):
	$(call say,fetching $(KERNEL_PACKAGE) for $(BOARD),kernel)
	$(Q)rootfs/fetch.sh kernel $(DEB_ARCH) $(KERNEL_PACKAGE) $@

# The compiler of an architecture; its sysroot is in place when cc is.
headers = $(if $(HEADERS_DEB),$(call local,HEADERS_DEB),\
	build/dl/linux-libc-dev-$(DEB_ARCH_$1).deb)
$(ARCHES:%=build/%/cc): build/%/cc: rootfs/musl.sh $(MUSL_TAR) \
		build/set/MUSL_TAR build/set/HEADERS_DEB
	$(Q)rootfs/setup.sh cc:$(TRIPLET_$*) build
	$(call say,building musl for $*)
	$(Q)rootfs/musl.sh $* $(TRIPLET_$*) $(MUSL_TAR) \
		$(call headers,$*) build/$*
$(foreach a,$(ARCHES),$(eval build/$a/cc: $(call headers,$a)))

build/%/toybox build/%/toybox.links: build/%/cc rootfs/toybox.sh \
		rootfs/toybox.config $(wildcard rootfs/patches/*) \
		$(TOYBOX_TAR) build/set/TOYBOX_TAR
	$(call say,building toybox for $*,toybox)
	$(Q)rootfs/toybox.sh $* $(TRIPLET_$*)- $(TOYBOX_TAR) build/$*

build/%/sh: build/%/cc rootfs/shell.sh $(SHELL_TAR) build/set/SHELL_TAR
	$(call say,building the shell for $*)
	$(Q)rootfs/shell.sh $* $(TRIPLET_$*)- $(SHELL_TAR) build/$*

build/$(BOARD)/kernel: $(KERNEL_FROM) build/$(BOARD)/kernel.from
	$(call say,unpacking the kernel of $(BOARD))
	$(Q)rootfs/kernel.sh '$(KERNEL_FROM)' '$(KERNEL_FILE)' $@

build/$(BOARD)/kernel.from: FORCE
	@mkdir -p $(@D)
	@[ -e $@ ] && [ "$$(cat $@)" = '$(KERNEL_FROM)' ] || \
		echo '$(KERNEL_FROM)' >$@

# The image.  root.inputs names every file that goes in, with mode and hash,
# and every fact: it changes when one is added, edited or removed.
build/$(BOARD)/root.inputs: FORCE
	@mkdir -p $(@D)
	@BOARD=$(BOARD) ARCH=$(ARCH) rootfs/pack.sh --inputs >$@.tmp
	@cmp -s $@.tmp $@ && rm $@.tmp || mv $@.tmp $@

build/$(BOARD)/rootfs.cpio.gz: build/$(BOARD)/root.inputs rootfs/pack.sh \
		$(addprefix build/$(ARCH)/,tinyinit tinyctl rcc toybox \
		toybox.links sh) build/host/rcc
	$(call say,packing the image of $(BOARD))
	$(Q)BOARD=$(BOARD) ARCH=$(ARCH) rootfs/pack.sh $@
