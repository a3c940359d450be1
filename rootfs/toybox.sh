#!/bin/sh
# Build toybox for one architecture, static, with the applets of toybox.config.
#
#   toybox.sh ARCH CROSS TARBALL OUTDIR
#
# Leaves OUTDIR/toybox (stripped) and OUTDIR/toybox.links, the paths that the
# applets are called by, one a line.  OUTDIR/cc is the compiler.
set -eu
export LC_ALL=C

arch=$1 cross=$2 tarball=$(readlink -f "$3") out=$(readlink -f "$4")
here=$(cd "$(dirname "$0")" && pwd -P)
config=$here/toybox.config
src=$out/toybox.src

die() {
	echo "toybox: $*" >&2
	exit 1
}

quietly() {
	"$@" >"$src.log" 2>&1 || {
		tail -n 30 "$src.log" >&2
		die "$arch: '$*' failed; all of it is in $src.log"
	}
}

rm -rf "$src" "$src.log"
mkdir "$src"
tar -xf "$tarball" -C "$src" --strip-components=1
cd "$src"
for patch in "$here"/patches/toybox-*.patch; do
	if [ -e "$patch" ]; then
		quietly patch -p1 -i "$patch"
	fi
done

# login logs the name of an account that it did not find, and crashes; a version
# that does not is left as it is.
find toys -name login.c -exec \
    sed -i '/invalid password for/s/pwd->pw_name/username/' {} +

# The fragment over "everything off".  What did not survive was dropped or
# renamed by another version of toybox, and has to be looked at by a person.
quietly make allnoconfig KCONFIG_ALLCONFIG=/dev/null
sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=y$/\1/p' "$config" >.wanted
sed -i "$(sed 's,.*,s/^# & is not set$/&=y/,' .wanted)" .config
quietly sh -c 'yes "" | make oldconfig'
while read -r option; do
	grep -qx "$option=y" .config ||
	    die "this version has no $option; see rootfs/toybox.config"
done <.wanted

# Its Makefile knows gcc by the names cc and gcc alone; ours is called by path.
# The host's own compiler makes the tools that make the rest, and the list of
# links, which must run here.
# SYSLOG_NAMES: musl has the names that syslogd looks up as macros only.
quietly make toybox CC="$out/cc" HOSTCC=gcc CROSS_COMPILE= STRIP="${cross}strip" \
    CFLAGS='-Os -DSYSLOG_NAMES=' LDFLAGS='-static -no-pie' CPUS="$(nproc)"
quietly gcc -I . scripts/install.c -o instlist

"${cross}strip" -s -R .comment -R .note.ABI-tag -o "$out/toybox.tmp" toybox
./instlist --long | sed 's,^/*,/,' | grep -vx /bin/toybox | sort -u \
    >"$out/toybox.links.tmp"
[ -s "$out/toybox.links.tmp" ] || die "the list of links is empty"
cd /
rm -rf "$src" "$src.log"
mv "$out/toybox.links.tmp" "$out/toybox.links"
mv "$out/toybox.tmp" "$out/toybox"
