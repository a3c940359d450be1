#!/usr/bin/env python3
"""Can the gates fail?  Each gets a good tree, and one with a fault.  TAP.

A gate that stays silent on its fault, or that complains about the good tree,
fails here.
"""

import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]

import gates_binary as binary  # noqa: E402
import gates_source as source  # noqa: E402
import gates_tools as tools  # noqa: E402
from tap import Tap  # noqa: E402
from tree import Tree  # noqa: E402

TOP = os.path.dirname(os.path.dirname(HERE))

GOOD_C = """#include "good.h"

#include <string.h>

int good_add(const char *s, int n)
{
	return n + (int)strlen(s);
}
"""

GOOD = {
    "Makefile": "all:\n",
    "README.md": "a tree\n",
    "init/init.mk": "INIT_CFLAGS := -Os -g\n"
                    "$(INIT_CORE): INIT_VIEW := -std=c11 -iquote init/core\n"
                    "$(INIT_SYS): INIT_VIEW := -std=gnu11 -D_GNU_SOURCE "
                    "-iquote init/sys\n",
    "init/core/good.c": GOOD_C,
    "init/core/good.h": "/*\n * good: nothing wrong.\n */\n"
                        "#ifndef TINYINIT_GOOD_H\n#define TINYINIT_GOOD_H\n\n"
                        "int good_add(const char *s, int n);\n\n#endif\n",
    "init/sys/os.c": '#include "os.h"\n\n#include <unistd.h>\n\n'
                     "int os_pid(void)\n{\n\treturn getpid();\n}\n",
    "init/sys/os.h": "/*\n * os: a call.\n */\n#ifndef TINYINIT_OS_H\n"
                     "#define TINYINIT_OS_H\n\nint os_pid(void);\n\n#endif\n",
    "init/main.c": '#include "good.h"\n#include "os.h"\n\nint main(void)\n{\n'
                   '\treturn good_add("", os_pid());\n}\n',
    "init/rcc/main.c": '#include "good.h"\n\nint main(void)\n{\n'
                       '\treturn good_add("", 1);\n}\n',
    "init/ctl/main.c": '#include "good.h"\n\nint main(void)\n{\n'
                       '\treturn good_add("", 2);\n}\n',
    "rc/10-good": "#!/bin/sh\nset -eu\necho \"$1\"\n",
    "tests/lib/poll.py": "import time\n\ntime.sleep(1)\n",
    "tests/ns/test_a.py": "HANG = 'sleep 100000'\n",
}

LONG_FUNCTION = "int f(void)\n{\n%s}\n" % ("\t;\n" * 90)


class Faulty:
    """A temporary tree: the good one with some files replaced."""

    def __init__(self, changes):
        self.top = tempfile.mkdtemp(prefix="lint-")
        files = dict(GOOD, **changes)
        with open(os.path.join(TOP, ".clang-format")) as file:
            files[".clang-format"] = file.read()
        for name, text in files.items():
            if text is None:
                continue
            path = os.path.join(self.top, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)
        self.tree = Tree(self.top)

    def __enter__(self):
        return self.tree

    def __exit__(self, *_):
        shutil.rmtree(self.top)


def build(tree, program=None, flags=("-Os", "-static"), strip=True):
    """Make build/ARCH as init.mk would, of the tree or of other C text."""
    out = tree.path("build", tree.host_arch)
    objects = []
    for layer in tools.PID_1:
        for name in tree.sources(layer):
            target = os.path.join(out, name[:-2] + ".o")
            os.makedirs(os.path.dirname(target), exist_ok=True)
            subprocess.run(["gcc", "-Os", "-fno-stack-protector",
                            *tools.VIEW["top"], "-c", name, "-o", target],
                           cwd=tree.top, check=True)
            objects.append(target)
    if program is not None:
        main = os.path.join(out, "program.c")
        with open(main, "w") as file:
            file.write(program)
        objects = [main]
    full = os.path.join(out, "tinyinit.debug")
    subprocess.run(["gcc", *flags, "-o", full, *objects], cwd=tree.top,
                   check=True, stderr=subprocess.DEVNULL)
    shutil.copy(full, full[:-len(".debug")])
    if strip:
        subprocess.run(["strip", "-s", full[:-len(".debug")]], check=True)


# No libc at all, so that the good program is as bare as PID 1 should be.
BARE = "void _start(void);\nint main;\nvoid _start(void)\n{\n\tfor (;;)\n\t\t;\n}\n"
BARE_FLAGS = ("-Os", "-static", "-nostdlib", "-Wl,-z,noexecstack",
              "-Wl,--build-id=none")


def source_cases():
    core, sys_, top = "init/core/bad.c", "init/sys/bad.c", "init/bad.c"

    def core_inc(t):
        return source.layer_includes(t, "core")

    def sys_inc(t):
        return source.layer_includes(t, "sys")
    yield "core with <errno.h>", core_inc, {core: "#include <errno.h>\n"}
    yield "core with a sys header", core_inc, {core: '#include "os.h"\n'}
    yield "core with <unistd.h>, spaced", core_inc, {
        core: "  #  include  <unistd.h>\n"}
    yield "sys with a core header", sys_inc, {sys_: '#include "good.h"\n'}
    yield "sys with <stdio.h>", sys_inc, {sys_: "#include <stdio.h>\n"}
    yield "sys with ../runtime.h", sys_inc, {
        sys_: '#include "../runtime.h"\n'}
    yield "rcc with a header of sys", lambda t: source.tool_includes(
        t, "rcc"), {"init/rcc/main.c": '#include "os.h"\n'}
    yield "main with <stdio.h>", source.top_includes, {
        top: "#include <stdio.h>\n"}
    yield "feature macro in core", source.macro_gate, {
        core: "#define _GNU_SOURCE\n"}
    yield "core built with more headers", source.views, {
        "init/init.mk": GOOD["init/init.mk"].replace(
            "-iquote init/core", "-iquote init/core -iquote init/sys")}
    yield "headers for all layers", source.views, {
        "init/init.mk": GOOD["init/init.mk"].replace("-Os", "-Iinit -Os")}
    yield "a long function", source.lengths, {core: LONG_FUNCTION}
    yield "a long file", source.lengths, {core: "\n" * 601}
    yield "a long line", source.lengths, {core: "/* %s */\n" % ("x" * 100)}
    yield "a long script", source.lengths, {"rc/20-x": "#!/bin/sh\n" * 601}
    yield "a header without its comment", source.headers, {
        "init/core/bad.h": "#ifndef TINYINIT_BAD_H\n#endif\n"}
    yield "a header without a guard", source.headers, {
        "init/core/bad.h": "/*\n * bad: x.\n */\n"}
    yield "a machine's path", source.texts, {
        "rc/20-x": "#!/bin/sh\ncd /" + "work/main\n"}
    yield "a mirror's name", source.texts, {
        "README.md": "from deb." + "debian.org\n"}
    yield "a leftover", source.texts, {core: "/* TO" + "DO */\n"}
    yield "blanks at the end", source.whitespace, {core: "int x; \n"}
    yield "no last newline", source.whitespace, {core: "int x;"}
    yield "a strange file on top", source.top_level, {"notes.txt": "x\n"}
    yield "time.sleep in a test", source.sleeps, {
        "tests/ns/test_b.py": "import time\ntime.sleep(1)\n"}
    yield "sleep in a test's script", source.sleeps, {
        "tests/ns/test_b.py": "X = 'sleep 2'\n"}
    yield "usleep in a C test", source.sleeps, {
        "tests/sys/test_b.c": "int main(void)\n{\n\tusleep(5);\n}\n"}


def tool_cases():
    core = "init/core/bad.c"
    arch = Tree(TOP).host_arch

    def gcc(t):
        return tools.gcc_warnings(t, "core", arch)

    def clang(t):
        return tools.clang_warnings(t, "core")
    proto = "int f(int n);\n"
    yield "gcc: unused variable", gcc, {
        core: proto + "int f(int n)\n{\n\tint x;\n\treturn n;\n}\n"}
    yield "gcc: a POSIX name in core", gcc, {
        core: proto + "int f(int n)\n{\n\treturn n + getpid();\n}\n"}
    yield "gcc: a huge frame", gcc, {
        core: "int g(char *s);\n" + proto + "int f(int n)\n{\n"
              "\tchar s[4096];\n\ts[0] = (char)n;\n\treturn g(s);\n}\n"}
    yield "gcc: an array of variable length", gcc, {
        core: "int g(char *s);\n" + proto + "int f(int n)\n{\n"
              "\tchar s[n];\n\treturn g(s);\n}\n"}
    yield "gcc: a lossy conversion", gcc, {
        core: "char f(int n);\nchar f(int n)\n{\n\treturn n;\n}\n"}
    yield "clang: unused variable", clang, {
        core: proto + "int f(int n)\n{\n\tint x;\n\treturn n;\n}\n"}
    yield "clang: no prototype", clang, {
        core: "int f(void)\n{\n\treturn 0;\n}\n"}
    yield "-fanalyzer: a null pointer", \
        lambda t: tools.analyzer(t, "core"), {
            core: proto + "int f(int n)\n{\n\tint *p = 0;\n\n\tif (n > 3)\n"
                  "\t\tp = &n;\n\telse if (n > 2)\n\t\treturn *p;\n"
                  "\treturn 0;\n}\n"}
    yield "cppcheck: beyond an array", \
        lambda t: tools.cppcheck(t, "core"), {
            core: proto + "int f(int n)\n{\n\tint a[2] = { n, n };\n\n"
                  "\treturn a[2];\n}\n"}
    yield "shellcheck: unquoted", tools.shellcheck, {
        "rc/20-x": "#!/bin/sh\nrm $1\n"}
    yield "clang-format: badly set", tools.clang_format, {
        core: "int  f( void ){ return 0 ; }\n"}
    yield "Python: a syntax error", tools.python_compiles, {
        "tests/ns/test_b.py": "def x(:\n"}


def binary_cases():
    """(name, gate(tree, arch), changes, arguments of build)"""
    core = "init/core/bad.c"
    bare = {"program": BARE, "flags": BARE_FLAGS}
    yield "core calls getpid", binary.core_built, {
        core: "int getpid(void);\nint f(void)\n{\n\treturn getpid();\n}\n"
    }, bare
    yield "core keeps a variable", binary.core_built, {
        core: "int n;\nint f(void)\n{\n\treturn n++;\n}\n"}, bare
    yield "core keeps a static variable", binary.core_built, {
        core: "int f(void)\n{\n\tstatic int n = 3;\n\n\treturn n++;\n}\n"
    }, bare
    yield "an object calls exit", binary.object_calls, {
        "init/sys/bad.c": "#include <stdlib.h>\nvoid f(void);\n"
                          "void f(void)\n{\n\texit(1);\n}\n"}, bare
    yield "an object calls opendir", binary.object_calls, {
        "init/sys/bad.c": "#include <dirent.h>\nvoid *f(void);\n"
                          "void *f(void)\n{\n\treturn opendir(\"/\");\n}\n"
    }, bare
    yield "malloc in the program", binary.linked, {}, {
        "program": "#include <stdlib.h>\nint main(int c, char **v)\n"
                   "{\n\t(void)v;\n\treturn malloc((size_t)c) != 0;\n}\n"}
    yield "printf in the program", binary.linked, {}, {
        "program": "#include <stdio.h>\nint main(int c, char **v)\n"
                   "{\n\treturn printf(v[0], c);\n}\n"}
    yield "a dynamic program", binary.linked, {}, {
        "program": "int main(void)\n{\n\treturn 0;\n}\n", "flags": ("-Os",)}
    yield "an executable stack", binary.linked, {}, {
        "program": BARE, "flags": BARE_FLAGS[:3] + ("-Wl,-z,execstack",)}
    yield "a program that is not stripped", binary.same_program, {}, {
        "program": BARE, "flags": BARE_FLAGS, "strip": False}
    yield "a program that is too big", binary.size, {}, {
        "program": BARE.replace("int main;", "int main;\n"
                                "const char big[50000] = { 1 };\n"),
        "flags": BARE_FLAGS}


def other_program(tree, arch):
    """tinyinit.debug is not the program that was stripped."""
    build(tree, program=BARE.replace("for (;;)", "for (main = 3;;)"),
          flags=BARE_FLAGS)
    os.rename(tree.path("build", arch, "tinyinit"),
              tree.path("build", arch, "kept"))
    build(tree, program=BARE, flags=BARE_FLAGS)
    os.rename(tree.path("build", arch, "kept"),
              tree.path("build", arch, "tinyinit"))
    return binary.same_program(tree, arch)


def main():
    tap = Tap()
    with Faulty({}) as tree:
        for module in (source, tools):
            for name, gate in module.gates(tree):
                tap.check("good tree: " + name, gate(tree))
        build(tree, program=BARE, flags=BARE_FLAGS)
        arch = tree.host_arch
        for gate in (binary.core_built, binary.object_calls, binary.linked,
                     binary.same_program, binary.size):
            tap.check("good tree: " + gate.__doc__.splitlines()[0],
                      gate(tree, arch))
        tap.check("good tree: plain C11", binary.core_host(tree))
    for cases in (source_cases(), tool_cases()):
        for name, gate, changes in cases:
            with Faulty(changes) as tree:
                tap.result(bool(gate(tree)), "is refused: " + name)
    for name, gate, changes, how in binary_cases():
        with Faulty(changes) as tree:
            build(tree, **how)
            tap.result(bool(gate(tree, tree.host_arch)),
                       "is refused: " + name)
    with Faulty({}) as tree:
        tap.result(bool(other_program(tree, tree.host_arch)),
                   "is refused: a stripped file of another program")
    with Faulty({}) as tree:
        for gate in (binary.core_built, binary.object_calls, binary.linked,
                     binary.same_program, binary.size):
            tap.result(bool(gate(tree, tree.host_arch)),
                       "is refused: nothing built: "
                       + gate.__doc__.splitlines()[0])
    with Faulty({"init/core/bad.c": "int g(void);\nint f(void)\n{\n"
                                    "\treturn g();\n}\n"}) as tree:
        tap.result(bool(binary.core_host(tree)),
                   "is refused: core calls what is not core's")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
