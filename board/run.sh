#!/bin/sh
# Start a board in QEMU with its console on this terminal, or with --print
# show the command, one argument a line, for a program that starts it itself.
# The Makefile says in the environment what to start (board.mk's facts).
set -eu

# KVM only where it is asked for: inside another virtual machine a /dev/kvm that
# can be opened need not work, and then QEMU ends or the guest stands still.
accel=tcg cpu=$QEMU_CPU
if [ -n "${KVM:-}" ]; then
	accel=kvm cpu=host
fi

print=${1:-}
# No defaults: no network card, no disk, no screen, nothing that wants a ROM
# file from yet another package.
# shellcheck disable=SC2086 # board.mk's arguments are a list of words
set -- "$QEMU" -nodefaults -no-user-config $QEMU_ARGS -accel "$accel" \
    -cpu "$cpu" -display none -serial mon:stdio -kernel "$KERNEL" \
    -initrd "$INITRD" -append "$KERNEL_WORDS${APPEND:+ $APPEND}" \
    ${GDB:+-gdb tcp:127.0.0.1:1234 -S}

if [ "$print" = --print ]; then
	printf '%s\n' "$@"
	exit
fi

echo "starting $QEMU ($accel): log in as root, no password;" \
    "to leave: poweroff, or Ctrl-A x"
if [ -n "${GDB:-}" ]; then
	echo "waiting for the debugger; in another terminal, in $PWD:"
	echo "  gdb-multiarch $DEBUG_FILE -ex 'target remote 127.0.0.1:1234'" \
	    "-ex 'hbreak main' -ex continue"
fi
exec "$@"
