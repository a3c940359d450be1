"""The tree that is checked: which files it has, and how a tool is asked.

Every gate is a function of a Tree that gives problems, one text each; none
means that the gate holds.  selftest.py gives the same functions trees that are
wrong on purpose.
"""

import concurrent.futures
import glob
import os
import platform
import subprocess

ARCHES = {"x86_64": "x86_64", "aarch64": "aarch64", "armv7l": "armv7"}


class Tree:
    def __init__(self, top):
        self.top = os.path.abspath(top)
        self.host_arch = ARCHES.get(platform.machine(), platform.machine())
        self._files = None

    def path(self, *parts):
        return os.path.join(self.top, *parts)

    def exists(self, *parts):
        return os.path.exists(self.path(*parts))

    def glob(self, pattern):
        """Matching files, as paths from the top, in order."""
        return sorted(os.path.relpath(p, self.top) for p in glob.glob(
            self.path(pattern), recursive=True) if os.path.isfile(p))

    # What is fed to parsers on purpose is data, whatever it looks like.
    CORPORA = ("tests/fuzz/corpus/", "tests/rcc/bad/")

    def files(self):
        """The project's own text: what git knows or would add."""
        if self._files is None:
            out = subprocess.run(
                ["git", "-c", "safe.directory=*", "-C", self.top, "ls-files",
                 "-z", "--cached", "--others", "--exclude-standard"],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            top_of = subprocess.run(
                ["git", "-c", "safe.directory=*", "-C", self.top, "rev-parse",
                 "--show-toplevel"], stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True).stdout.strip()
            if out.returncode == 0 and os.path.samefile(top_of or "/",
                                                        self.top):
                names = set(out.stdout.split("\0")) - {""}
            else:
                # An unpacked archive has no git: all but what was built.
                names = {n for n in self.glob("**/*") + self.glob(".*")
                         + self.glob(".ci/*") if not n.startswith("build/")}
            self._files = sorted(n for n in names
                                 if os.path.isfile(self.path(n))
                                 and not n.startswith(self.CORPORA))
        return self._files

    def read(self, name):
        with open(self.path(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def lines(self, name):
        return self.read(name).splitlines()

    def c_files(self):
        """C sources and headers of init/ and tests/."""
        return [n for n in self.files() if n.endswith((".c", ".h"))
                and n.startswith(("init/", "tests/"))]

    def shell_files(self):
        """Shell scripts: by their first line, or by their name."""
        found = []
        for name in self.files():
            if name.endswith((".py", ".c", ".h", ".md", ".patch")):
                continue
            with open(self.path(name), "rb") as file:
                first = file.readline(80)
            if name.endswith(".sh") or (
                    first.startswith(b"#!") and b"sh" in first
                    and b"python" not in first):
                found.append(name)
        return found

    def python_files(self):
        found = []
        for name in self.files():
            with open(self.path(name), "rb") as file:
                if name.endswith(".py") or b"python" in file.readline(80):
                    found.append(name)
        return [n for n in found if n.endswith(".py")
                or self.read(n).startswith("#!")]

    def layer(self, name):
        """core, sys, rcc, ctl, or top (runtime and main) for a file of init/."""
        for layer in ("core", "sys", "rcc", "ctl"):
            if name.startswith("init/%s/" % layer):
                return layer
        return "top"

    def sources(self, layer):
        pattern = "init/*.c" if layer == "top" else "init/%s/*.c" % layer
        return self.glob(pattern)

    def built_arches(self):
        """The architectures that tinyinit is built for, the host's first."""
        found = [os.path.basename(os.path.dirname(n))
                 for n in self.glob("build/*/tinyinit")]
        return sorted(found, key=lambda a: (a != self.host_arch, a))


def ask(argv, cwd, env=None):
    """Run a tool; return (exit code, its output)."""
    try:
        out = subprocess.run(argv, cwd=cwd, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, errors="replace",
                             env=dict(os.environ, LC_ALL="C", **(env or {})))
    except FileNotFoundError:
        return 127, "%s: not installed" % argv[0]
    return out.returncode, out.stdout


def ask_each(calls, cwd):
    """Run calls (name, argv) side by side; problems of those that fail."""
    problems = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        results = pool.map(lambda call: ask(call[1], cwd), calls)
        for (name, argv), (code, text) in zip(calls, results):
            if code:
                problems.append("%s: %s failed (exit %d)" % (name, argv[0],
                                                             code))
                problems += text.splitlines()[:40]
    return problems
