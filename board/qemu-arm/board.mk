ARCH := armv7
KERNEL_PACKAGE := linux-image-armmp
KERNEL_FILE := boot/vmlinuz-*
KERNEL_WORDS := loglevel=4 panic=5
CONSOLE := ttyAMA0
QEMU := qemu-system-arm
QEMU_PACKAGE := qemu-system-arm
QEMU_ARGS := -M virt,highmem=off -m 256M
QEMU_CPU := cortex-a7
