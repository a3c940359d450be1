#!/bin/sh
# Put a kernel image where the board's QEMU takes it from:
#
#   kernel.sh FROM PATTERN OUT
#
# FROM is the image itself, or a Debian package in which PATTERN names it.
set -eu

from=$1 pattern=$2 out=$3
tmp=$out.tmp

case $from in
*.deb)
	dpkg-deb --fsys-tarfile "$from" |
		tar -xf - -O --wildcards "./$pattern" >"$tmp"
	;;
*) cp "$from" "$tmp" ;;
esac
[ -s "$tmp" ] || {
	echo "kernel: $from: no $pattern in it" >&2
	exit 1
}
chmod 644 "$tmp"
touch "$tmp"
mv "$tmp" "$out"
