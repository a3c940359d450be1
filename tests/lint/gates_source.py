"""Gates on the text of the tree: layers, lengths, comments, leftovers."""

import os
import re

# <…> headers that core may see: types and memory, no OS, no clock, no errno.
CORE_SYSTEM = {"stdint.h", "stddef.h", "stdbool.h", "string.h", "limits.h"}
# <…> headers that bring stdio, malloc's users or parsers into PID 1.
SYS_REFUSED = {"stdio.h", "wchar.h", "locale.h", "pwd.h", "grp.h", "netdb.h",
               "regex.h", "glob.h", "ftw.h", "assert.h", "syslog.h",
               "setjmp.h", "pthread.h"}

FILE_WARN, FILE_MAX = 400, 600
FUNCTION_WARN, FUNCTION_MAX = 60, 80
LINE_MAX = 100

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')

TOP_LEVEL = {"Makefile", "init", "rc", "board", "rootfs", "tests",
             "README.md", "LICENSE", "build"}


def includes(tree, name):
    for number, line in enumerate(tree.lines(name), 1):
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(1), found.group(2)


def layer_includes(tree, layer):
    """core sees core and a few standard headers; sys sees sys and the system."""
    problems = []
    names = tree.glob("init/%s/*.[ch]" % layer)
    if not names:
        return ["init/%s holds no file" % layer]
    own = {os.path.basename(n) for n in names}
    for name in names:
        for number, kind, header in includes(tree, name):
            where = "%s:%d: " % (name, number)
            if kind == '"' and header not in own:
                problems.append(where + '"%s" is no header of %s'
                                % (header, layer))
            elif kind == "<" and layer == "core" \
                    and header not in CORE_SYSTEM:
                problems.append(where + "<%s> in core" % header)
            elif kind == "<" and header in SYS_REFUSED:
                problems.append(where + "<%s> in PID 1" % header)
    return problems


def tool_includes(tree, tool):
    """rcc and tinyctl see themselves and core, nothing of PID 1's system layer."""
    own = {os.path.basename(n) for n in tree.glob("init/%s/*.h" % tool)
           + tree.glob("init/core/*.h")} | {"version.h"}
    names = tree.glob("init/%s/*.[ch]" % tool)
    if not names:
        return ["init/%s holds no file" % tool]
    return ['%s:%d: "%s" is no header of %s or core'
            % (name, number, header, tool)
            for name in names for number, kind, header in includes(tree, name)
            if kind == '"' and header not in own]


def top_includes(tree):
    problems = []
    for name in tree.glob("init/*.[ch]"):
        for number, kind, header in includes(tree, name):
            if kind == "<" and header in SYS_REFUSED:
                problems.append("%s:%d: <%s> in PID 1" % (name, number,
                                                           header))
    return problems


def macro_gate(tree):
    """core asks for no feature macro, so that POSIX names stay invisible."""
    return ["%s:%d: feature macro in core" % (name, number)
            for name in tree.glob("init/core/*.[ch]")
            for number, line in enumerate(tree.lines(name), 1)
            if re.search(r"\b_(GNU|POSIX_C|XOPEN|DEFAULT|BSD)_SOURCE\b", line)]


def views(tree):
    """The build itself shows each layer only the headers that it may see."""
    text = tree.read("init/init.mk")
    wanted = {
        "INIT_CORE": "-std=c11 -iquote init/core",
        "INIT_SYS": "-std=gnu11 -D_GNU_SOURCE -iquote init/sys",
    }
    problems = []
    for variable, flags in wanted.items():
        found = re.search(r"^\$\(%s\): INIT_VIEW := (.*)$" % variable, text,
                          re.M)
        if not found or found.group(1).split() != flags.split():
            problems.append("init/init.mk: %s is not compiled with exactly %s"
                            % (variable, flags))
    common = re.search(r"^INIT_CFLAGS :?= ((?:.*\\\n)*.*)$", text, re.M)
    if common and re.search(r"-(I|iquote|D|isystem)", common.group(1)):
        problems.append("init/init.mk: INIT_CFLAGS shows headers to all")
    return problems


def functions(lines):
    """(name, first line, length) of each function, braces in column 0."""
    start = name = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            if not line.startswith(("};", "} ")) and name:
                yield name, start, number - start + 1
            start = name = None
        elif start is None and line[:1].strip() and not line.startswith(
                ("#", "/", "*", "}")):
            found = re.search(r"([A-Za-z_]\w*)\s*\(", line)
            if found and not line.rstrip().endswith((";", "{")):
                name = found.group(1)


def lengths(tree):
    """Files of 600 lines and functions of 80 at most; lines of 100 columns."""
    problems = []
    for name in tree.c_files():
        lines = tree.lines(name)
        if len(lines) > FILE_MAX:
            problems.append("%s: %d lines" % (name, len(lines)))
        for function, start, length in functions(lines):
            if length > FUNCTION_MAX:
                problems.append("%s:%d: %s has %d lines"
                                % (name, start, function, length))
        for number, line in enumerate(lines, 1):
            if len(line.expandtabs(8)) > LINE_MAX:
                problems.append("%s:%d: longer than %d columns"
                                % (name, number, LINE_MAX))
    for name in tree.shell_files() + tree.python_files():
        if len(tree.lines(name)) > FILE_MAX:
            problems.append("%s: %d lines" % (name, len(tree.lines(name))))
    return problems


def length_notes(tree):
    """What is getting long; printed, not refused."""
    notes = []
    for name in tree.c_files():
        lines = tree.lines(name)
        if len(lines) > FILE_WARN:
            notes.append("getting long: %s: %d lines" % (name, len(lines)))
        notes += ["getting long: %s:%d: %s: %d lines" % (name, start, f, n)
                  for f, start, n in functions(lines) if n > FUNCTION_WARN]
    return notes


def headers(tree):
    """Each header says first what it is: `name: …`, and has its guard."""
    problems = []
    for name in tree.glob("init/**/*.h"):
        text = tree.read(name)
        stem = os.path.basename(name)[:-2]
        found = re.match(r"/\*\n \* (%s):? .*\n" % re.escape(stem), text)
        if not found:
            problems.append('%s: does not begin with "/* %s: …"'
                            % (name, stem))
        if not re.search(r"^#ifndef TINYINIT_\w+_H$", text, re.M):
            problems.append("%s: no include guard" % name)
    return problems


def texts(tree):
    """No path of one machine, no host of a package mirror, no leftover."""
    # Put together here, so that this file does not hold what it looks for.
    refused = [re.compile(p) for p in (
        r"(?<![\w./-])/" + r"work(/|\b)", r"/root/\.[a-z]", r"/home/[a-z]",
        r"/tmp/" + r"w\b", r"\b(deb|security|snapshot|ftp\.\w+)\."
        + r"debian\.org", r"\bpypi\." + "org", r"\barchive\." + r"ubuntu\.com",
        "<<<<" + "<<< ", "FIX" + "ME", "XX" + "X:", "TO" + "DO")]
    problems = []
    for name in tree.files():
        if name.endswith((".patch", "LICENSE")):
            continue
        for number, line in enumerate(tree.lines(name), 1):
            for pattern in refused:
                found = pattern.search(line)
                if found:
                    problems.append("%s:%d: %s" % (name, number,
                                                   found.group(0)))
    return problems


def whitespace(tree):
    """No blanks at the end of lines, a newline at the end of files."""
    problems = []
    for name in tree.files():
        if name.endswith(".patch"):
            continue
        with open(tree.path(name), "rb") as file:
            data = file.read()
        if b"\0" in data:
            continue
        if data and not data.endswith(b"\n"):
            problems.append("%s: no newline at the end" % name)
        problems += ["%s:%d: blanks at the end" % (name, number)
                     for number, line in enumerate(data.split(b"\n"), 1)
                     if re.search(rb"[ \t\r]$", line)]
    return problems


def top_level(tree):
    """The top level holds what the design names, and dot-files."""
    return ["%s: does not belong on the top level" % name
            for name in sorted(os.listdir(tree.top))
            if name not in TOP_LEVEL and not name.startswith(".")]


SLEEPS = {
    ".py": re.compile(r"\btime\.sleep\(|\bfrom time import.*\bsleep\b"),
    ".c": re.compile(r"\b(sleep|usleep|nanosleep|thrd_sleep)\("),
}
# In a shell text only a process that is to hang may sleep, and then for a day.
SHELL_SLEEP = re.compile(r"\bu?sleep +(\d[\d.]*[a-z]?|\$)")
HANG_S = 100000


def sleeps(tree):
    """No test waits for a fixed time: lib/poll.py has the only sleep."""
    problems = []
    for name in tree.files():
        if not name.startswith("tests/") or name == "tests/lib/poll.py" \
                or name.startswith("tests/lint/") or name.endswith(".md"):
            continue
        pattern = SLEEPS.get(os.path.splitext(name)[1])
        for number, line in enumerate(tree.lines(name), 1):
            if pattern and pattern.search(line):
                problems.append("%s:%d: a fixed sleep" % (name, number))
            for found in SHELL_SLEEP.finditer(line):
                if not found.group(1).isdigit() \
                        or int(found.group(1)) < HANG_S:
                    problems.append("%s:%d: a fixed sleep: %s"
                                    % (name, number, found.group(0)))
    return problems


def gates(tree):
    return [
        ("core includes only core", lambda t: layer_includes(t, "core")),
        ("sys includes only sys", lambda t: layer_includes(t, "sys")),
        ("rcc includes only rcc and core", lambda t: tool_includes(t, "rcc")),
        ("ctl includes only ctl and core", lambda t: tool_includes(t, "ctl")),
        ("no stdio header in PID 1", top_includes),
        ("core asks for no feature macro", macro_gate),
        ("the build's views of the layers", views),
        ("lengths of files, functions and lines", lengths),
        ("headers say what they are", headers),
        ("no machine's paths and hosts, no leftovers", texts),
        ("white space", whitespace),
        ("the top level", top_level),
        ("no fixed sleep in a test", sleeps),
    ]
