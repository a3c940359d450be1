"""The program itself: usage, writing, graph and new."""

import os
import shutil
import subprocess

from place import Place, header
from tap import equal

PLAIN = "#!/bin/sh\nexit 0\n"


def test_usage():
    """Wrong usage ends with 2 and says what is right."""
    with Place() as p:
        for args in ([], ["comple"], ["compile", "-o"], ["compile", "-x", "y"],
                     ["check", "-o", "x"], ["check", "--root"],
                     ["check", "--keep", "x"], ["new"], ["new", "a", "b"],
                     ["new", "a", "daemon", "x"], ["compile", "--root", ""]):
            status, out, errors = p.rcc(*args)
            equal((status, out), (2, ""), args)
            assert "usage: rcc" in errors[0] or "usage" in " ".join(errors)
        equal(p.rcc("new", "../x")[0], 2, "a bad name")
        equal(p.rcc("new", "x~")[0], 2, "a back-up's name")


def test_bad_rows_are_no_failure():
    """compile ends with 0 when a table was written, whatever is in it."""
    with Place(a=header("nonsense"), b=b"") as p:
        t = p.compile()
        equal([row["flags"] for row in t.rows], [{"bad"}] * 2, "rows")


def test_default_place():
    """Without -o the table goes where PID 1 looks for it, below the root."""
    with Place(a=PLAIN) as p:
        status, _, errors = p.rcc("compile", "--root", p.root)
        equal((status, errors), (0, []), "compile")
        path = p.root + "/etc/tinyinit/table"
        assert os.path.getsize(path) > 100
        equal(os.stat(path).st_mode & 0o777, 0o644, "mode")
        equal(os.listdir(os.path.dirname(path)), ["table"], "no other file")


def test_failed_write():
    """A table that cannot be written leaves the old one and no other file."""
    with Place(a=PLAIN) as p:
        os.makedirs(p.root + "/out/table")
        status, _, errors = p.rcc("compile", "--root", p.root, "-o",
                                  p.root + "/out/table")
        equal(status, 1, "status")
        assert "directory" in errors[-1].lower(), errors
        equal(os.listdir(p.root + "/out"), ["table"], "files")
        status, _, errors = p.rcc("compile", "--root", p.root, "-o",
                                  "/proc/no/table")
        equal(status, 1, "status in /proc")


def test_replaces_at_once():
    """The old table stays a file of its own: whoever has it open keeps it."""
    with Place(a=PLAIN) as p:
        p.compile()
        with open(p.root + "/table", "rb") as old:
            before = old.read()
            p.script("b", PLAIN)
            p.compile()
            old.seek(0)
            equal(old.read(), before, "the old one")
        assert os.path.getsize(p.root + "/table") > len(before)


def test_graph():
    """graph is dot with a node a service and an edge a relation."""
    with Place({"a\"b": PLAIN, "c": header("require a\"b", "conflict d"),
                "d": header("describe x"), "e": header("nonsense")}) as p:
        status, out, _ = p.rcc("graph", "--root", p.root)
        equal(status, 0, "status")
        assert out.startswith("digraph rc {\n") and out.endswith("}\n")
        assert '"c" -> "a\\"b" [style=bold];' in out, out
        assert '"c" -> "d" [dir=both' in out, out
        assert '"e" [shape=box, color=red' in out, out
        if shutil.which("dot"):
            subprocess.run(["dot", "-Tsvg", "-o", os.devnull],
                           input=out.encode(), check=True)


def test_new():
    """new prints a script that check and compile take as it is."""
    for kind, want in (("daemon", "daemon"), ("oneshot", "oneshot"),
                       ("forking", "forking")):
        with Place() as p:
            status, text, errors = p.rcc("new", "50-probe", kind)
            equal((status, errors), (0, []), "new")
            p.script("50-probe", text)
            t = p.compile()
            equal(t.errors, [], "errors")
            equal(t["50-probe"]["type"], want, "type")
            assert t["50-probe"]["describe"]
            assert "@" not in text and "50-probe" not in text, text
            # Its optional lines, too, once the second "#" is gone.
            p.script("50-probe", text.replace("##:", "#:").replace(
                "user       probe", "user app"))
            p.script("network", header("describe x"))
            equal(p.compile().errors, [], "errors of the options")
            if shutil.which("shellcheck"):
                one = subprocess.run(
                    ["shellcheck", "-s", "sh", p.rc + "/50-probe"],
                    stdout=subprocess.PIPE, text=True)
                equal(one.stdout, "", "shellcheck")


def test_new_default():
    """new without a type is a daemon."""
    with Place() as p:
        equal(p.rcc("new", "x")[1], p.rcc("new", "x", "daemon")[1], "text")
