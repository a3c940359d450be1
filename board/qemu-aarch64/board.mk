ARCH := aarch64
KERNEL_PACKAGE := linux-image-cloud-arm64
KERNEL_FILE := boot/vmlinuz-*
KERNEL_WORDS := loglevel=4 panic=5
CONSOLE := ttyAMA0
QEMU := qemu-system-aarch64
QEMU_PACKAGE := qemu-system-arm
QEMU_ARGS := -M virt -m 256M
QEMU_CPU := cortex-a57
