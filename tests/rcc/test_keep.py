"""--keep: a file that has gone bad does not harm a service that runs."""

import os

from place import Place, header
from tap import equal

PLAIN = "#!/bin/sh\nexit 0\n"
LINES = ("describe old", "run /bin/app 'a b'", "require b", "after c",
         "tty tty1", "user app", "ready tcp=80", "wait time", "reload /r x",
         "keyword critical", "stop-signal INT")


def again(p, *args):
    os.rename(p.root + "/table", p.root + "/old")
    return p.compile("--keep", p.root + "/old", *args)


def test_keep():
    """A service whose file no longer parses keeps its row, with the fault."""
    with Place(a=header(*LINES), b=PLAIN, c=PLAIN, d=header("require a")) as p:
        old = p.compile()
        p.script("a", header("describe new", "nonsense 1"))
        new = again(p)
        was, now = old["a"], new["a"]
        for key in was:
            if key not in ("fault", "line"):
                equal(now[key], was[key], key)
        equal(now["fault"], 'unknown key "nonsense"', "fault")
        equal(now["line"], 3, "line")
        assert any("a:3:4: unknown key" in x for x in new.errors)


def test_keep_twice():
    """A kept row is kept again, and a sound file takes its place."""
    with Place(a=header(*LINES), b=PLAIN, c=PLAIN) as p:
        old = p.compile()
        p.script("a", header("nonsense 1"))
        again(p)
        t = again(p)
        equal(t["a"]["start"], old["a"]["start"], "start")
        equal(t["a"]["fault"], 'unknown key "nonsense"', "fault")
        p.script("a", header("describe new"))
        t = again(p)
        equal((t["a"]["fault"], t["a"]["describe"]), ("", "new"), "new")


def test_nothing_to_keep():
    """A new service, and one that was BAD before, is BAD."""
    with Place(a=header("nonsense 1"), b=PLAIN) as p:
        p.compile()
        p.script("new", header("nonsense 2"))
        t = again(p)
        equal(t["a"]["flags"], {"bad"}, "a")
        equal(t["new"]["flags"], {"bad"}, "new")


def test_gone():
    """A service whose file is gone is gone; what it needed may be missing."""
    with Place(a=header("require b"), b=PLAIN, c=PLAIN) as p:
        p.compile()
        p.script("a", header("nonsense 1"))
        os.remove(p.rc + "/b")
        os.remove(p.rc + "/c")
        t = again(p)
        equal(t.names(), ["a"], "names")
        equal(t["a"]["flags"], {"bad"}, "flags")
        assert t["a"]["fault"].startswith('requires "b", which does not')


def test_bad_old_table():
    """An old table that is broken or missing is told, and nothing is kept."""
    with Place(a=header(*LINES), b=PLAIN, c=PLAIN) as p:
        old = p.compile().data
        p.script("a", header("nonsense 1"))
        for data, text in ((old[:-4], "cut off"), (b"", "cut off"),
                           (old[:90] + b"\xff" + old[91:], "checksum"),
                           (b"x" * 4000, "not a service table")):
            p.write("/table", data, 0o644)
            t = again(p)
            equal(t["a"]["flags"], {"bad"}, text)
            assert any("old: warning: " + text in x for x in t.errors), \
                t.errors
        t = p.compile("--keep", "/no/such/table")
        equal(t["a"]["flags"], {"bad"}, "missing")


def test_kept_in_a_cycle():
    """Those of a new cycle keep the rows that they had, and why is told."""
    with Place(a=header("after b"), b=PLAIN) as p:
        p.compile()
        p.script("a", header("nonsense 1"))
        p.script("b", header("after a"))
        t = again(p)
        equal(sorted(row["name"] for row in t.rows if "bad" in row["flags"]),
              [], "bad")
        equal(t["b"]["flags"], {"plain"}, "b's row of before")
        assert t["b"]["fault"].startswith("in a cycle"), t["b"]["fault"]


def test_disabled_meanwhile():
    """The executable bit is the file's of now."""
    with Place(a=header("describe x")) as p:
        p.compile()
        p.script("a", header("nonsense 1"), 0o644)
        equal(again(p)["a"]["flags"], {"disabled"}, "flags")


def test_kept_instances():
    """The instances of a template that has gone bad keep their rows."""
    with Place({"g@": header("instance a b", "run /x %i"), "z": PLAIN}) as p:
        old = p.compile()
        for text in (b"", header("instance a b", "nonsense"),
                     header("instance /")):
            p.script("g@", text)
            t = again(p)
            for name in ("g@a", "g@b"):
                equal(t[name]["start"], old[name]["start"], name)
                equal(t[name]["flags"], {"wrapped"}, name)
                assert t[name]["fault"], name
            equal(("g@" in t, "z" in t), (text != header(
                "instance a b", "nonsense"), True), "the template")
