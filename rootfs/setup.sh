#!/bin/sh
# Look for the tools that a purpose needs, and install what is missing with
# apt-get.  When all is there, nothing is run and no network is needed.
#
#   setup.sh PURPOSE...
#
#   cc:TRIPLET           C compiler and binutils of one architecture
#   build                what the root file system is built with
#   qemu:PROGRAM:PACKAGE the emulator of a board
#   gdb                  a debugger for every board
#   host                 what compiles for this host: rcc checks scripts here
#   graph                the same, and what draws
#   test                 what `make test` and `make lint` run
#
# Tools are looked for by what they do (a program in PATH, a header that
# compiles), so a tool that did not come from a Debian package counts too.
set -eu

packages="" reasons=""

# want PACKAGE WHY: the package is missing.
want() {
	case " $packages " in
	*" $1 "*) return 0 ;;
	esac
	packages="${packages:+$packages }$1"
	reasons="${reasons:+$reasons, }$1 ($2)"
}

# program NAME PACKAGE WHY
program() {
	command -v "$1" >/dev/null 2>&1 || want "$2" "$3"
}

# header FILE PACKAGE WHY: looked for in the places where gcc looks.
header() {
	for dir in /usr/include /usr/local/include \
	    "/usr/include/$(uname -m)-linux-gnu"; do
		if [ -e "$dir/$1" ]; then
			return 0
		fi
	done
	want "$2" "$3"
}

compiler() {
	case $1 in
	"$(uname -m)"-linux-gnu) package=gcc ;;
	*) package=gcc-$(echo "$1" | tr _ -) ;;
	esac
	program "$1-gcc" "$package" "compiles for $1"
	program "$1-objcopy" "$package" "compiles for $1"
}

host_compiler() {
	program gcc gcc "compiles for this host"
	program cc gcc "compiles for this host"
	header stdio.h libc6-dev "C library of this host"
}

purpose() {
	case $1 in
	cc:*) compiler "${1#cc:}" ;;
	build)
		host_compiler # toybox builds and runs generators of its own
		program cpio cpio "packs the image"
		program xz xz-utils "unpacks sources"
		program bzip2 bzip2 "unpacks sources"
		;;
	qemu:*)
		rest=${1#qemu:}
		program "${rest%:*}" "${rest#*:}" "runs the board"
		;;
	gdb)
		program gdb-multiarch gdb-multiarch "debugs a board"
		;;
	host)
		host_compiler
		;;
	graph)
		host_compiler
		program dot graphviz "draws the services"
		;;
	test)
		host_compiler
		header cmocka.h libcmocka-dev "unit tests"
		program python3 python3 "test drivers"
		program ip iproute2 "the network of tests"
		program clang clang "lint"
		program clang-format clang-format "lint"
		program cppcheck cppcheck "lint"
		program shellcheck shellcheck "lint"
		;;
	*)
		echo "setup: unknown purpose \"$1\"" >&2
		exit 2
		;;
	esac
}

install() {
	# shellcheck disable=SC2086 # a list of words
	$sudo env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -y \
	    -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 \
	    install --no-install-recommends $packages </dev/null >>"$log" 2>&1
}

for arg in "$@"; do
	purpose "$arg"
done
[ -n "$packages" ] || exit 0

by_hand="apt-get update && apt-get install --no-install-recommends $packages"
sudo=""
if [ "$(id -u)" != 0 ]; then
	if [ ! -t 0 ] || ! command -v sudo >/dev/null 2>&1; then
		echo "setup: missing: $reasons" >&2
		echo "setup: as root, run: $by_hand" >&2
		exit 1
	fi
	sudo=sudo
fi

# One set-up at a time: a second one of make -j finds all there.
mkdir -p build
exec 9>build/.setup.lock
if ! flock -n 9; then
	flock 9
	exec "$0" "$@" 9>&-
fi

echo "setup: installing with apt-get: $reasons"
if [ -n "$sudo" ]; then
	$sudo -v
fi
log=build/setup.log
: >"$log"
if ! install; then
	# No package lists yet, or old ones.  A source of the host's that
	# fails must not stop what can be installed without it.
	echo "setup: reading the package lists"
	$sudo apt-get -q update >>"$log" 2>&1 ||
		echo "setup: warning: apt-get update: not all lists were" \
		    "read (log: $log)" >&2
	if ! install; then
		tail -n 15 "$log" >&2
		echo "setup: apt-get failed (log: $log); by hand, as root:" \
		    "$by_hand" >&2
		exit 1
	fi
fi
packages="" reasons=""
for arg in "$@"; do
	purpose "$arg"
done
if [ -n "$packages" ]; then
	echo "setup: installed, and still not found: $reasons" >&2
	exit 1
fi
