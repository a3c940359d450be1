#!/bin/sh
# Build musl and a compiler wrapper that sees nothing but musl and the
# kernel's own headers:
#
#   musl.sh ARCH TRIPLET MUSL_TARBALL HEADERS_DEB OUT_DIR
#
# makes OUT_DIR/sysroot/{include,lib} and, last, OUT_DIR/cc.  Debian's musl-dev
# is not used because its libc has no crypt(), which login and su need; its
# source is.
set -eu

[ $# -eq 5 ] || {
	echo "usage: musl.sh ARCH TRIPLET TARBALL HEADERS_DEB DIR" >&2
	exit 2
}
arch=$1 triplet=$2 tarball=$3 headers=$4 out=$5

umask 022
mkdir -p "$out"
out=$(cd "$out" && pwd -P)
tarball=$(readlink -f "$tarball")
headers=$(readlink -f "$headers")
# musl's configure survives a Ctrl-C for a moment, and writes on into a folder
# that is being removed: what such a run has left goes first.
rm -rf "$out"/musl.??????
work=$(mktemp -d "$out/musl.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
root=$work/sysroot

fail() {
	tail -n 15 "$work/log" >&2
	echo "musl: $arch: $1" >&2
	exit 1
}

# The kernel's headers first, so that where both have a file musl's wins.
# asm/ is apart, under the multiarch name, in newer packages by a symbolic
# link.
mkdir -p "$work/deb" "$root/include" "$root/lib" "$work/src"
dpkg-deb --fsys-tarfile "$headers" | tar -xf - -C "$work/deb" ./usr
cp -RL "$work/deb/usr/include/." "$work/copy"
mv "$work/copy/$triplet/asm" "$work/copy/asm" 2>/dev/null || {
	echo "musl: $headers holds no headers for $triplet" >&2
	exit 1
}
for dir in "$work/copy"/*; do
	case ${dir##*/} in
	*-linux-*) ;;
	*) mv "$dir" "$root/include/" ;;
	esac
done

tar -xf "$tarball" -C "$work/src" --strip-components=1 || {
	echo "musl: cannot unpack $tarball" >&2
	exit 1
}
# musl's objects hold no path of the machine they were built on.
(
	cd "$work/src"
	CFLAGS="-Os -ffile-prefix-map=$work/src=musl" \
	CROSS_COMPILE=$triplet- CC=$triplet-gcc \
	    ./configure --target="$triplet" --prefix=/ --disable-shared \
	    --disable-wrapper --disable-gcc-wrapper
	make -j"$(nproc)" lib/libc.a
	make install DESTDIR="$root"
) >"$work/log" 2>&1 </dev/null || fail "build failed"

# What gcc's driver takes from the system is replaced: header path, start
# files, library path.  The sysroot's place comes from the environment, so
# that a copied tree goes on working.
cat >"$root/lib/musl.specs" <<'EOS'
%rename cpp_options old_cpp_options

*cpp_options:
-nostdinc -isystem %:getenv(TINYINIT_SYSROOT /include) -isystem include%s %(old_cpp_options)

*cc1:
%(cc1_cpu) -nostdinc -isystem %:getenv(TINYINIT_SYSROOT /include) -isystem include%s

*link_libgcc:
-L%:getenv(TINYINIT_SYSROOT /lib) -L .%s

*libgcc:
libgcc.a%s %:if-exists(libgcc_eh.a%s)

*startfile:
%{static-pie: %:getenv(TINYINIT_SYSROOT /lib/rcrt1.o); :%:getenv(TINYINIT_SYSROOT /lib/crt1.o)} %:getenv(TINYINIT_SYSROOT /lib/crti.o) %{static-pie:crtbeginS.o%s; :crtbeginT.o%s}

*endfile:
%{static-pie:crtendS.o%s; :crtend.o%s} %:getenv(TINYINIT_SYSROOT /lib/crtn.o)

EOS

cat >"$work/cc" <<EOC
#!/bin/sh
# C compiler for $arch: $triplet-gcc, static, against the musl beside this
# file.  Made by rootfs/musl.sh.  Object files do not tell where the tree was.
here=\$(cd "\${0%/*}" && pwd -P) || exit
top=\${here%/*/*}
cd -P . || exit
export TINYINIT_SYSROOT="\$here/sysroot"
exec $triplet-gcc -specs="\$here/sysroot/lib/musl.specs" -static \\
    -ffile-prefix-map="\$top=." "\$@"
EOC
chmod 755 "$work/cc"

check() {
	cat >"$work/check.c" <<'EOT'
#include <features.h>
#include <crypt.h>
#include <linux/reboot.h>
#include <asm/unistd.h>
#include <stdio.h>
#ifdef __GLIBC__
#error a glibc header leaks in
#endif
int main(void) { return !puts(crypt("x", "$6$salt$")); }
EOT
	"$work/cc" -Os -o "$work/check" "$work/check.c" || return 1
	"$work/cc" -M "$work/check.c" | tr -s '[:space:]' '\n' | grep '^/' |
		grep -v -F -e "$work/" -e "$("$triplet-gcc" \
		    -print-file-name=include)/" >"$work/alien" || return 0
	echo "headers from outside the sysroot:"
	cat "$work/alien"
	return 1
}
check >"$work/log" 2>&1 || fail "the compiler wrapper does not work"

rm -rf "$out/sysroot" "$out/cc"
mv "$root" "$out/sysroot"
mv "$work/cc" "$out/cc"
