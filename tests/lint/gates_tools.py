"""Gates that are other people's tools: compilers, analysers, formatters."""

import glob
import os
import shutil
import tempfile

from tree import ask, ask_each

WARNINGS = """
-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
-Wmissing-declarations -Wold-style-definition -Wredundant-decls
-Wnested-externs -Wvla -Walloca -Wframe-larger-than=2048 -Wundef -Wformat=2
-Wcast-qual -Wcast-align -Wpointer-arith -Wwrite-strings -Wswitch-enum
-Wconversion -Wdouble-promotion -Wimplicit-fallthrough
-Wunused-macros -Wnull-dereference -Werror
""".split()
GCC_WARNINGS = """
-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wtrampolines
-Wcast-align=strict -Wstrict-aliasing=2 -Warith-conversion -Wsign-conversion
""".split()

# What each layer may see; init.mk says the same to the build (gate "views").
VIEW = {
    "core": ["-std=c11", "-iquote", "init/core"],
    "sys": ["-std=gnu11", "-D_GNU_SOURCE", "-iquote", "init/sys"],
    "top": ["-std=gnu11", "-D_GNU_SOURCE", "-iquote", "init", "-iquote",
            "init/core", "-iquote", "init/sys"],
}
VIEW["rcc"] = [*VIEW["sys"][:2], "-iquote", "init/rcc", "-iquote", "init/core"]
VIEW["ctl"] = [*VIEW["sys"][:2], "-iquote", "init/ctl", "-iquote", "init/core",
               "-iquote", "init"]
PID_1 = ("core", "sys", "top")
LAYERS = (*PID_1, "rcc", "ctl")


def compile_all(tree, layer, argv):
    """Compile the layer's sources with -O2, where the flow warnings work."""
    sources = tree.sources(layer)
    if not sources:
        return ["no source of layer %s" % layer]
    with tempfile.TemporaryDirectory() as out:
        calls = [(name, [*argv, "-O2", *VIEW[layer], "-c", name, "-o",
                         os.path.join(out, name.replace("/", "_") + ".o")])
                 for name in sources]
        return ask_each(calls, tree.top)


def gcc_of(tree, arch):
    """The architecture's compiler of the image, or the host's own."""
    wrapper = tree.path("build", arch, "cc")
    return wrapper if os.path.exists(wrapper) else "gcc"


def clang_of(tree):
    sysroot = tree.path("build", tree.host_arch, "sysroot", "include")
    if os.path.isdir(sysroot):
        return ["clang", "-nostdlibinc", "-isystem", sysroot]
    return ["clang"]


def gcc_warnings(tree, layer, arch):
    return compile_all(tree, layer, [gcc_of(tree, arch), *WARNINGS,
                                     *GCC_WARNINGS])


def clang_warnings(tree, layer):
    # clang calls every enum that is kept in an int a change of sign.
    return compile_all(tree, layer, [*clang_of(tree), *WARNINGS,
                                     "-Wno-sign-conversion"])


def analyzer(tree, layer):
    return compile_all(tree, layer, [gcc_of(tree, tree.host_arch),
                                     "-fanalyzer", "-Werror"])


def cppcheck(tree, layer):
    sources = tree.sources(layer)
    if not sources:
        return ["no source of layer %s" % layer]
    view = ["-I" + flag if flag.startswith("init") else flag
            for flag in VIEW[layer] if flag.startswith(("-D", "init"))]
    code, text = ask(["cppcheck", "--quiet", "--error-exitcode=1",
                      "--std=c11", "--enable=warning,performance,portability",
                      "--inline-suppr", "--suppress=missingIncludeSystem",
                      *view, *sources], tree.top)
    return (text.splitlines() or ["exit %d" % code]) if code else []


def shellcheck(tree):
    names = tree.shell_files()
    if not names:
        return ["no shell script"]
    problems = []
    for name in names:
        # Without -x: a script here sources nothing but what it brings itself.
        code, text = ask(["shellcheck", "-s", "sh", name], tree.top)
        if code:
            problems += text.splitlines()
    return problems


def clang_format(tree):
    tools = sorted({os.path.realpath(t) for t in
                    glob.glob("/usr/bin/clang-format-[0-9][0-9]")
                    + [shutil.which("clang-format") or "clang-format"]})
    problems = []
    for tool in tools:
        calls = [(name, [tool, "--dry-run", "-Werror", "--style=file", name])
                 for name in tree.c_files()]
        problems += ask_each(calls, tree.top)
    return problems


def python_compiles(tree):
    problems = []
    for name in tree.python_files():
        try:
            compile(tree.read(name), name, "exec")
        except SyntaxError as error:
            problems.append("%s:%s: %s" % (name, error.lineno, error.msg))
    return problems


def gates(tree):
    found = []
    arches = tree.built_arches() or [tree.host_arch]
    for layer in LAYERS:
        for arch in arches:
            found.append(("gcc warnings, %s, %s" % (layer, arch),
                          lambda t, la=layer, a=arch: gcc_warnings(t, la, a)))
        found.append(("clang warnings, %s" % layer,
                      lambda t, la=layer: clang_warnings(t, la)))
        found.append(("gcc -fanalyzer, %s" % layer,
                      lambda t, la=layer: analyzer(t, la)))
        found.append(("cppcheck, %s" % layer,
                      lambda t, la=layer: cppcheck(t, la)))
    found.append(("shellcheck", shellcheck))
    found.append(("clang-format", clang_format))
    found.append(("Python compiles", python_compiles))
    return found
