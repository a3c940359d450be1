ARCH := x86_64
KERNEL_PACKAGE := linux-image-cloud-amd64
KERNEL_FILE := boot/vmlinuz-*
KERNEL_WORDS := loglevel=4 panic=5
CONSOLE := ttyS0
QEMU := qemu-system-x86_64
QEMU_PACKAGE := qemu-system-x86
QEMU_ARGS := -M q35 -m 256M
QEMU_CPU := max
