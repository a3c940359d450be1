"""A root file system in a temporary folder, and rcc's view of it."""

import os
import shutil
import subprocess
import sys
import tempfile

from table import Table

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
RCC = os.environ.get("RCC", os.path.join(TOP, "build", "host", "rcc-asan"))

PASSWD = """root:x:0:0:root:/root:/bin/sh
# a comment

broken line
app:x:1000:1001:An app:/:/bin/false
nobody:x:65534:65534::/:/bin/false
"""
GROUP = """root:x:0:
app:x:1001:
dialout:x:20:other,app
audio:x:29:app
video:x:44:application
"""


class Place:
    """`with Place({name: text}) as p:` -> scripts in p.root/etc/rc.d."""

    def __init__(self, scripts=(), **more):
        self.root = tempfile.mkdtemp(prefix="rcc-test-")
        self.rc = os.path.join(self.root, "etc", "rc.d")
        os.makedirs(self.rc)
        self.write("/etc/passwd", PASSWD, 0o644)
        self.write("/etc/group", GROUP, 0o644)
        for name, text in dict(scripts, **more).items():
            self.script(name, text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.root, ignore_errors=True)

    def write(self, path, text, mode=0o755):
        full = self.root + path
        os.makedirs(os.path.dirname(full), exist_ok=True)
        data = text if isinstance(text, bytes) else text.encode()
        with open(full, "wb") as out:
            out.write(data)
        os.chmod(full, mode)
        return full

    def script(self, name, text, mode=0o755):
        return self.write("/etc/rc.d/" + name, text, mode)

    def rcc(self, *args, cwd=None, limit_s=60):
        out = subprocess.run([RCC, *args], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             cwd=cwd, timeout=limit_s)
        text = out.stderr.decode("utf-8", "surrogateescape")
        if "Sanitizer" in text or "runtime error" in text:
            raise AssertionError(text[-3000:])
        if out.returncode < 0:
            raise AssertionError("killed by signal %d" % -out.returncode)
        for line in text.splitlines():
            assert line.isascii() and line.isprintable(), ascii(line)
        return out.returncode, out.stdout.decode(), text.replace(
            self.root, "R").splitlines()

    def compile(self, *args):
        """Compile; the table, with .errors as the lines said."""
        path = os.path.join(self.root, "table")
        status, _, errors = self.rcc("compile", "--root", self.root, "-o",
                                     path, *args)
        assert status == 0, "exit %d: %s" % (status, errors)
        with open(path, "rb") as one:
            table = Table(one.read())
        table.errors = errors
        return table

    def check(self, *args):
        status, _, errors = self.rcc("check", "--root", self.root, *args)
        return status, errors


def header(*lines):
    """A script whose header begins in line 2."""
    return "#!/bin/sh\n" + "".join("#: %s\n" % x for x in lines) + "exit 0\n"


def row(*lines, name="svc"):
    """The row of one sound service with this header."""
    with Place({name: header(*lines)}) as p:
        table = p.compile()
        got = table[name]
        assert not got["fault"], got["fault"]
        assert table.errors == [], table.errors
        return got


def fault(*lines, name="svc", extra=()):
    """(place, text) of the first message about a bad service."""
    with Place(dict(extra, **{name: header(*lines)})) as p:
        table = p.compile()
        got = table[name]
        assert "bad" in got["flags"], "taken: %r" % (lines,)
        assert got["start"] == [], got
        mine = [x for x in table.errors if "/" + name + ":" in x
                and "warning" not in x]
        assert mine, table.errors
        place, _, text = mine[0].partition(": ")[2].partition(": ")
        assert text == got["fault"], (text, got["fault"])
        assert ":%d" % got["line"] in place + ":0"
        return place.rsplit("/", 1)[1].partition(":")[2], text
