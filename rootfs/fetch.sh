#!/bin/sh
# Fetch one file from the host's own Debian mirrors, through a private apt
# state: its own lists, cache, architecture and sources.  The host's dpkg
# architectures and apt sources are read, never changed.
#
#   fetch.sh source PACKAGE OUT         upstream tarball of a source package
#   fetch.sh deb DEB_ARCH PACKAGE OUT   binary package
#   fetch.sh kernel DEB_ARCH PACKAGE OUT   the kernel a metapackage stands for
#
# The state lives beside OUT in apt/.  apt checks what it downloads: signature
# of the index, hash of the file.  OUT appears whole or not at all; OUT.origin
# says which package, version and SHA-256 it came from.
set -eu

die() {
	echo "fetch: $*" >&2
	exit 1
}

usage() {
	die "usage: fetch.sh source PACKAGE OUT | deb|kernel DEB_ARCH PACKAGE OUT"
}

[ $# -ge 1 ] || usage
kind=$1
shift
case $kind in
source)
	[ $# -eq 2 ] || usage
	arch=$(dpkg --print-architecture) state_name=source
	;;
deb | kernel)
	[ $# -eq 3 ] || usage
	arch=$1 state_name=$1
	shift
	;;
*) usage ;;
esac
package=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)

umask 022
mkdir -p "$(dirname "$out")"
dl=$(cd "$(dirname "$out")" && pwd)
out=$dl/$(basename "$out")
state=$dl/apt/$state_name
mkdir -p "$state/lists/partial" "$state/archives/partial" "$state/sources"
log=$state/log
work=$(mktemp -d "$dl/apt/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Two fetches of one make -j share a state: one after the other.
exec 9>"$state/lock"
flock 9
: >"$state/status"

# -c is read after the host's apt.conf.d: its proxies stay in force, its hooks
# (which would work on the host's own cache) do not.
cat >"$state/apt.conf" <<EOC
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg;
#clear APT::Architectures;
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Get::List-Cleanup "false";
APT::Default-Release "";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::GzipIndexes "true";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Dir::State "$state";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state";
Dir::Cache::archives "$state/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$state/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
EOC
# apt as root drops to the user _apt, who cannot look into every home.
if [ "$(id -u)" = 0 ]; then
	echo 'APT::Sandbox::User "root";' >>"$state/apt.conf"
fi

apt() {
	tool=$1
	shift
	LC_ALL=C "apt-$tool" -c "$state/apt.conf" "$@"
}

# Suite by suite: one that does not verify, or cannot be fetched, is left out
# of the sources with a warning, and the others go on.
update() {
	echo "reading the package lists ($state_name)"
	rm -f "$state/fresh"
	rm -rf "$state/sources" "$work/all"
	mkdir -p "$state/sources" "$work/all"
	if [ "$kind" = source ]; then
		sh "$here/sources.sh" deb-src "$work/all"
	else
		sh "$here/sources.sh" deb "$work/all"
	fi
	usable=0 found=0
	for one in "$work/all"/*; do
		[ -e "$one" ] || continue
		found=$((found + 1))
		if apt get -q -o Dir::Etc::sourceparts=/dev/null \
		    -o Dir::Etc::sourcelist="$one" \
		    -o APT::Update::Error-Mode=any update >"$log" 2>&1
		then
			cp "$one" "$state/sources/"
			usable=$((usable + 1))
		else
			echo "fetch: warning: $(suite_of "$one") left out:" \
			    "$(sed -n 's/^[EW]: //p' "$log" | head -n 1)" >&2
		fi
	done
	[ "$found" -gt 0 ] ||
		die "no package list; the host's apt sources need an entry" \
		    "for its own suite, component main"
	[ "$usable" -gt 0 ] ||
		die "no package list for $arch was fetched and verified: no" \
		    "network, or a mirror that is being updated; try later," \
		    "or name a local file, see 'make help'"
	touch "$state/fresh"
}

suite_of() {
	name=${1##*/}
	name=${name#*-}
	echo "${name%.*}"
}

# Lists older than an hour may name files that the mirror has removed since.
lists_are_fresh() {
	[ -n "$(find "$state" -maxdepth 1 -name fresh -mmin -60)" ]
}

# A metapackage's first dependency of its own kind is the kernel itself.
real_package() {
	case $kind in
	kernel)
		apt cache depends "$package" 2>>"$log" |
			sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p' |
			head -n 1
		;;
	*) echo "$package" ;;
	esac
}

download() {
	rm -rf "$work/get"
	mkdir "$work/get"
	real=$(real_package)
	[ -n "$real" ] || return 1
	if [ "$kind" = source ]; then
		# The packaging tarball is not needed, and not always served.
		(cd "$work/get" && apt get -q source --download-only \
		    --tar-only "$real") >"$log" 2>&1 || return 1
	else
		(cd "$work/get" && apt get -q download "$real") \
		    >"$log" 2>&1 || return 1
	fi
	file=$(find "$work/get" -type f \( -name '*.orig.tar.*' -o \
	    -name '*.deb' \) ! -name '*.asc' | head -n 1)
	[ -n "$file" ]
}

lists_are_fresh || update
if ! download; then
	update
	download || {
		tail -n 5 "$log" >&2
		die "$package: not found or not fetched (log: $log);" \
		    "a local file can stand in for it, see 'make help'"
	}
fi
sum=$(sha256sum "$file" | cut -d ' ' -f 1)
echo "$(basename "$file") sha256:$sum" >"$out.origin.tmp"
mv "$out.origin.tmp" "$out.origin"
touch "$file"
mv "$file" "$out"
