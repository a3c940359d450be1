#!/bin/sh
# Pack the root file system of one board, without root and reproducibly: the
# bytes depend on what goes in, SOURCE_DATE_EPOCH and COMMIT, and on nothing
# else (not on the umask, the user, the order or the place of the tree).
#
#   pack.sh OUT        make OUT, a gzipped cpio for the kernel's initramfs
#   pack.sh --inputs   list all that would go in, one fact a line
#
# From the environment: BOARD ARCH COMMIT SOURCE_DATE_EPOCH, and OVERLAY and RC,
# colon-separated directories.  Layers, a later one covers an earlier one:
# mount points, toybox and its links, sh, tinyinit, rootfs/skel, rc/, board/
# BOARD/overlay and rc, RC, OVERLAY.  Our own files get the modes below; those of
# RC and OVERLAY keep theirs.  What rootfs/modes names has that mode, wherever it
# comes from: an /etc/shadow out of git is readable by all.  All belong to root.
set -eu
export LC_ALL=C
umask 022

die() {
	echo "pack: $*" >&2
	exit 1
}

# each DIRS COMMAND...: run COMMAND DIR for every one of colon-separated DIRS.
each() {
	list=$1:
	shift
	while [ -n "$list" ]; do
		one=${list%%:*}
		list=${list#*:}
		if [ -n "$one" ]; then
			"$@" "$one"
		fi
	done
}

check_dir() {
	[ -d "$2" ] || die "$1: no such directory: $2"
}

own_layers="rootfs/skel rc"
for dir in "board/$BOARD/overlay" "board/$BOARD/rc"; do
	if [ -d "$dir" ]; then
		own_layers="$own_layers $dir"
	fi
done
each "${RC:-}" check_dir RC
each "${OVERLAY:-}" check_dir OVERLAY

# Mode, path and target of all files of a directory, and the hash of each.
list_dir() {
	echo "directory $1"
	(
		cd "$1"
		find . -printf '%M %p %l\n' | sort
		find -L . -type f -print0 | sort -z | xargs -0r sha256sum
	)
}

inputs() {
	echo "board $BOARD arch $ARCH commit $COMMIT date $SOURCE_DATE_EPOCH"
	for dir in $own_layers; do
		list_dir "$dir"
	done
	if [ -e rootfs/modes ]; then
		cat rootfs/modes
	fi
	each "${RC:-}" list_dir
	each "${OVERLAY:-}" list_dir
}

# copy_tree DIR: with its own modes, but a directory that is there keeps its.
# A link is never followed: it may lead out of the tree.
copy_tree() {
	(cd "$1" && find . -type d) >"$work/list"
	while IFS= read -r name; do
		if [ -L "$root/$name" ]; then
			die "$1/${name#./}: the image has a link there, to" \
			    "$(readlink "$root/$name")"
		fi
	done <"$work/list"
	tar -C "$1" -cf - . | tar -C "$root" -xpf - --no-overwrite-dir \
	    --no-same-owner
}

# Files of ours come out of git, which keeps of a mode whether it executes.
copy_own_tree() {
	rm -rf "$work/own"
	cp -R "$1" "$work/own"
	find "$work/own" -name .gitkeep -delete
	own_modes "$work/own"
	copy_tree "$work/own"
}

own_modes() {
	find "$1" -type d -exec chmod 755 {} +
	find "$1" -type f -perm /111 -exec chmod 755 {} +
	find "$1" -type f ! -perm /111 -exec chmod 644 {} +
}

# rc_files DIR: its scripts and what they share, without what only explains
# them or is an editor's.  A link to a script elsewhere becomes the script.
rc_files() {
	(cd "$1" && find -L . \( -name 'README*' -o -name '*.md' -o -name '.?*' \
	    -o -name '*~' \) -prune -o \( -type f -o -type l \) -print | sort) >"$work/list"
	while IFS= read -r name; do
		target=$root/etc/rc.d/${name#./}
		mkdir -p "${target%/*}"
		rm -f "$target"
		if [ -e "$1/$name" ]; then
			cp -pL "$1/$name" "$target"
		else
			cp -P "$1/$name" "$target"
		fi
	done <"$work/list"
}

own_rc_files() {
	rm -rf "$work/own"
	cp -R "$1" "$work/own"
	own_modes "$work/own"
	rc_files "$work/own"
}

mount_points() {
	for dir in bin sbin usr/bin usr/sbin etc/rc.d dev proc sys run mnt \
	    var/log var/lib; do
		mkdir -p "$root/$dir"
	done
	mkdir -m 700 "$root/root"
	mkdir -m 1777 "$root/tmp" "$root/var/tmp"
	ln -s ../run "$root/var/run"
}

# toybox.links has a path a line, /usr/bin/ls; the links are relative, so that
# the tree works under any other root.
programs() {
	install -m 755 "build/$ARCH/toybox" "$root/bin/toybox"
	while IFS= read -r path; do
		path=${path#/}
		up=$(echo "${path%/*}/" | sed 's,[^/]*/,../,g')
		mkdir -p "$root/${path%/*}"
		ln -sf "${up}bin/toybox" "$root/$path"
	done <"build/$ARCH/toybox.links"
	install -m 755 "build/$ARCH/sh" "$work/sh"
	mv -f "$work/sh" "$root/bin/sh"
	install -m 755 "build/$ARCH/tinyinit" "$work/init"
	mv -f "$work/init" "$root/sbin/init"
	ln -s sbin/init "$root/init"
	for name in tinyctl rcc; do
		install -m 755 "build/$ARCH/$name" "$work/$name"
		mv -f "$work/$name" "$root/sbin/$name"
	done
	for name in rcexec rcwait; do
		ln -sf tinyctl "$root/sbin/$name"
	done
}

# The service table, for a boot that reads one file.  It holds how each script
# looks, so it comes last; PID 1 has it made again where one looks otherwise.
service_table() {
	find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	mkdir -p "$root/etc/tinyinit"
	build/host/rcc check --root "$root" ||
		echo "pack: the image is made with these scripts as they are" >&2
	build/host/rcc compile --root "$root" -o "$root/etc/tinyinit/table" 2>/dev/null ||
		die "the service table could not be made"
}

release() {
	cat >"$root/etc/tinyinit-release" <<-EOR
	COMMIT=$COMMIT
	BOARD=$BOARD
	ARCH=$ARCH
	BUILD_DATE=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
	EOR
}

fixed_modes() {
	[ -e rootfs/modes ] || return 0
	while read -r mode path; do
		case $mode in
		'' | '#'*) continue ;;
		esac
		# A link of an overlay's may lead out of the tree.
		if [ ! -L "$root/${path#/}" ]; then
			chmod "$mode" "$root/${path#/}"
		fi
	done <rootfs/modes
}

pack() {
	find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	(cd "$root" && find . -print0 | sort -z | cpio --null --create \
	    --quiet --format=newc --reproducible --owner=0:0) >"$work/cpio"
	gzip -9n <"$work/cpio" >"$work/image"
	mv "$work/image" "$1"
}

if [ "$1" = --inputs ]; then
	inputs
	exit
fi

out=$1
work=$(mktemp -d "$(dirname "$out")/pack.XXXXXX")
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
root=$work/root
mkdir "$root"

mount_points
programs
copy_own_tree rootfs/skel
own_rc_files rc
if [ -d "board/$BOARD/overlay" ]; then
	copy_own_tree "board/$BOARD/overlay"
fi
if [ -d "board/$BOARD/rc" ]; then
	own_rc_files "board/$BOARD/rc"
fi
release
each "${RC:-}" rc_files
each "${OVERLAY:-}" copy_tree
fixed_modes
service_table
pack "$out"
