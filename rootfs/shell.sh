#!/bin/sh
# Build the shell, mksh, for one architecture, static.
#
#   shell.sh ARCH CROSS TARBALL OUTDIR
#
# Leaves OUTDIR/sh (stripped).  OUTDIR/cc is the compiler.
set -eu
export LC_ALL=C

arch=$1 cross=$2 tarball=$(readlink -f "$3") out=$(readlink -f "$4")
src=$out/sh.src

rm -rf "$src" "$src.log"
mkdir "$src"
tar -xf "$tarball" -C "$src" --strip-components=1
cd "$src"

# Its Build.sh only compiles and links what it asks the compiler about, and runs
# none of it.  BINSHPOSIX: called as sh it is a POSIX shell.
if ! CC="$out/cc" CFLAGS=-Os LDFLAGS='-static -no-pie' TARGET_OS=Linux \
    CPPFLAGS='-DMKSH_BINSHPOSIX -DMKSH_BINSHREDUCED' \
    sh Build.sh -r >"$src.log" 2>&1; then
	tail -n 5 "$src.log" | cut -c 1-300 >&2
	echo "shell: $arch: build failed; all of it is in $src.log" >&2
	exit 1
fi
"${cross}strip" -s -R .comment -o "$out/sh.tmp" mksh
cd /
rm -rf "$src" "$src.log"
mv "$out/sh.tmp" "$out/sh"
