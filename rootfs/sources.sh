#!/bin/sh
# From the host's apt sources, write those of its own Debian release, one file
# a suite, for a private apt state:
#
#   sources.sh deb|deb-src DIR
#
# Kept: entries whose suite is the host's code name, bare or with -updates or
# -security, with component main, and their Signed-By.  Dropped: everything
# else, and the limits to an architecture, since foreign ones are wanted.
# Binary entries serve for source packages too: a mirror holds both.
set -eu

type=$1 dir=$2
etc=${APT_ETC:-/etc/apt}
# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[ -n "$codename" ] || {
	echo "sources: /etc/os-release has no VERSION_CODENAME" >&2
	exit 1
}

# One-line form: deb [ options ] uri suite component...
one_line() {
	awk -v want="$codename" -v type="$type" -v dir="$dir" -v id="$2" '
	$1 != "deb" { next }
	{
		sub(/[ \t]*#.*/, "")
		options = ""
		if (match($0, /\[[^]]*\]/)) {
			options = substr($0, RSTART + 1, RLENGTH - 2)
			$0 = substr($0, 1, RSTART - 1) " " \
			    substr($0, RSTART + RLENGTH)
		}
		suite = $3
		if (suite != want && suite != want "-updates" &&
		    suite != want "-security")
			next
		main = 0
		for (i = 4; i <= NF; i++)
			main += ($i == "main")
		if (!main)
			next
		n = split(options, option, /[ \t]+/)
		kept = ""
		for (i = 1; i <= n; i++)
			if (option[i] != "" && option[i] !~ /^arch[-+]?=/)
				kept = kept " " option[i]
		if (kept != "")
			kept = " [" kept " ]"
		print type kept, $2, suite, "main" \
		    > (dir "/" id NR "-" suite ".list")
	}' "$1"
}

# deb822 form: stanzas of "Field: value", continued by indented lines.
deb822() {
	awk -v want="$codename" -v type="$type" -v dir="$dir" -v id="$2" '
	function flush(    n, i, suite) {
		if (types ~ /(^|[ \t])deb([ \t]|$)/ && enabled &&
		    components ~ /(^|[ \t])main([ \t]|$)/) {
			n = split(suites, suite, /[ \t]+/)
			for (i = 1; i <= n; i++)
				emit(suite[i])
		}
		types = suites = components = rest = field = ""
		enabled = 1
		stanza++
	}
	function emit(suite,    file) {
		if (suite != want && suite != want "-updates" &&
		    suite != want "-security")
			return
		file = dir "/" id (stanza + 0) "-" suite ".sources"
		printf "Types: %s\nSuites: %s\nComponents: main\n%s", \
		    type, suite, rest > file
	}
	BEGIN { enabled = 1 }
	/^#/ { next }
	/^[ \t]*$/ { flush(); next }
	/^[^ \t]/ {
		field = tolower($0)
		sub(/:.*/, "", field)
		value = $0
		sub(/^[^:]*:[ \t]*/, "", value)
	}
	/^[ \t]/ { value = $0 }
	field == "types" { types = types " " value; next }
	field == "suites" { suites = suites " " value; next }
	field == "components" { components = components " " value; next }
	field == "enabled" { enabled = (tolower(value) !~ /^no/); next }
	field == "architectures" { next }
	{ rest = rest $0 "\n" }
	END { flush() }' "$1"
}

n=10
for file in "$etc/sources.list" "$etc"/sources.list.d/*; do
	[ -r "$file" ] || continue
	n=$((n + 1))
	case $file in
	*.list) one_line "$file" "$n." ;;
	*.sources) deb822 "$file" "$n." ;;
	esac
done
