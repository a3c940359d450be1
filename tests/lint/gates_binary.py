"""Gates on what was built: core's symbols, and the PID 1 that is shipped."""

import os
import tempfile

from elf import (PF_X, PT_DYNAMIC, PT_GNU_STACK, PT_INTERP, Elf, NotElf)
from gates_tools import VIEW, gcc_of
from tree import ask_each

SIZE_MAX = 48 * 1024

# What gcc may call by itself or core may call: memory, and on 32-bit ARM the
# compiler's own division (libgcc, __aeabi_*).
CORE_ALLOWED = {"memcpy", "memmove", "memset", "memcmp", "strlen", "strcmp",
                "strncmp", "strchr", "memchr", "strcpy",
                "_GLOBAL_OFFSET_TABLE_"}
CORE_ALLOWED_PREFIX = ("__aeabi_",)

# None of our objects may ask for these.
OBJECTS_REFUSED = set("""
exit _Exit abort __assert_fail atexit quick_exit longjmp raise
sleep usleep nanosleep system popen pclose opendir readdir closedir
fork vfork waitpid wait execvp execlp execl getaddrinfo getpwnam getgrnam
tcdrain sigwait pthread_create setlocale strtol strtoul atoi sscanf
""".split())

# Nothing of these may be in the linked program, whoever brought it.
LINKED_REFUSED = set("""
malloc calloc realloc free memalign aligned_alloc posix_memalign reallocarray
__libc_malloc __libc_malloc_impl __libc_calloc __libc_realloc __libc_free
__libc_malloc_init __simple_malloc lite_malloc __malloc_donate
__malloc_alloc_meta brk sbrk
printf fprintf vprintf vfprintf sprintf snprintf vsprintf vsnprintf dprintf
vdprintf printf_core puts fputs fputc putc putchar fwrite fopen fdopen fclose
fflush fgets fgetc fread fscanf scanf sscanf vfscanf getline getdelim perror
__stdio_write __stdio_read __stdio_seek __stdio_close __overflow __towrite
__stdout_FILE __stderr_FILE __stdin_FILE __ofl_add __ofl_lock __fwritex
system popen opendir readdir fdopendir scandir glob qsort strtol strtoul atoi
abort __assert_fail syslog openlog dlopen getaddrinfo setlocale iconv_open
pthread_create regcomp
""".split())


def objects(tree, arch, layer=""):
    return tree.glob("build/%s/init/%s**/*.o" % (arch, layer and layer + "/"))


def load(tree, name, problems):
    try:
        return Elf(tree.path(name))
    except (NotElf, OSError) as error:
        problems.append(str(error))
        return None


def core_problems(elves):
    """Symbols that core's objects want from outside, and their variables."""
    problems = []
    own = set().union(*[e.defined() for _, e in elves])
    for name, elf in elves:
        for symbol in sorted(elf.undefined() - own - CORE_ALLOWED):
            if not symbol.startswith(CORE_ALLOWED_PREFIX):
                problems.append("%s: core uses %s" % (name, symbol))
        for variable in elf.variables():
            problems.append("%s: core keeps a variable, %s"
                            % (name, variable))
    return problems


def core_built(tree, arch):
    """The objects that are in the image."""
    problems = []
    names = objects(tree, arch, "core")
    if not names:
        return ["build/%s/init/core holds no object (make builds them)"
                % arch]
    elves = [(n, load(tree, n, problems)) for n in names]
    return problems + core_problems([x for x in elves if x[1]])


def core_host(tree):
    """core compiled as nothing but C11, at two levels of optimisation."""
    problems = []
    for level in ("-O0", "-O2"):
        with tempfile.TemporaryDirectory() as out:
            pairs = [(n, os.path.join(out, os.path.basename(n) + ".o"))
                     for n in tree.sources("core")]
            calls = [(n, [gcc_of(tree, tree.host_arch), level, *VIEW["core"],
                          "-fno-stack-protector", "-c", n, "-o", o])
                     for n, o in pairs]
            failed = ask_each(calls, tree.top)
            problems += failed
            if not failed:
                problems += core_problems([("%s %s" % (n, level), Elf(o))
                                           for n, o in pairs])
    return problems


def object_calls(tree, arch):
    """No object of ours asks for what ends, waits or allocates."""
    problems = []
    names = objects(tree, arch)
    if not names:
        return ["build/%s/init holds no object" % arch]
    for name in names:
        elf = load(tree, name, problems)
        if elf:
            problems += ["%s: calls %s" % (name, symbol) for symbol in sorted(
                elf.undefined() & (OBJECTS_REFUSED | LINKED_REFUSED))]
    return problems


def linked(tree, arch):
    """No malloc, no stdio, no loader, no stack to run code on."""
    problems = []
    name = "build/%s/tinyinit.debug" % arch
    elf = load(tree, name, problems)
    if not elf:
        return problems
    if "main" not in elf.defined():
        problems.append("%s: has no symbols to look at" % name)
    problems += ["%s: holds %s" % (name, symbol) for symbol in
                 sorted(elf.defined() & LINKED_REFUSED)]
    problems += ["%s: %s" % (name, why) for why in shape(elf)]
    return problems


def shape(elf):
    kinds = {s.kind for s in elf.segments}
    if PT_INTERP in kinds or PT_DYNAMIC in kinds:
        yield "is dynamic"
    stacks = [s for s in elf.segments if s.kind == PT_GNU_STACK]
    if not stacks:
        yield "does not say that its stack is not executable"
    elif stacks[0].flags & PF_X:
        yield "has an executable stack"
    if elf.undefined():
        yield "wants %s" % " ".join(sorted(elf.undefined()))


def same_program(tree, arch):
    """The stripped file is the one whose symbols were looked at."""
    problems = []
    small = load(tree, "build/%s/tinyinit" % arch, problems)
    full = load(tree, "build/%s/tinyinit.debug" % arch, problems)
    if problems:
        return problems
    problems += ["build/%s/tinyinit: %s" % (arch, why)
                 for why in shape(small)]
    if small.symbols:
        problems.append("build/%s/tinyinit: is not stripped" % arch)
    for section in (".text", ".rodata", ".data"):
        parts = [[e.data[s.offset:s.offset + s.size] for s in e.sections
                  if s.name == section] for e in (small, full)]
        if parts[0] != parts[1]:
            problems.append("build/%s/tinyinit: %s differs from "
                            "tinyinit.debug's" % (arch, section))
        if section == ".text" and not parts[0]:
            problems.append("build/%s/tinyinit: has no .text" % arch)
    return problems


def size(tree, arch):
    """48 KiB at most."""
    name = "build/%s/tinyinit" % arch
    if not tree.exists(name):
        return ["%s is missing (make builds it)" % name]
    got = os.path.getsize(tree.path(name))
    if got > SIZE_MAX:
        return ["%s: %d bytes, %d allowed" % (name, got, SIZE_MAX)]
    return []


def size_notes(tree, arch):
    name = "build/%s/tinyinit" % arch
    return ["%s: %d bytes of %d" % (name, os.path.getsize(tree.path(name)),
                                    SIZE_MAX)] if tree.exists(name) else []


def gates(tree):
    found = [("core's symbols, as plain C11", core_host)]
    # The host's architecture must be there, the others are looked at when
    # they have been built (make test builds all).
    for arch in tree.built_arches() or [tree.host_arch]:
        for name, gate in (("core's symbols", core_built),
                           ("calls of our objects", object_calls),
                           ("no malloc, no stdio, static", linked),
                           ("the stripped file", same_program),
                           ("size", size)):
            found.append(("%s, %s" % (name, arch),
                          lambda t, g=gate, a=arch: g(t, a)))
    return found
