"""Which files are read, from where, and what bad ones cost."""

import glob
import os
import socket

from place import Place, header
from tap import equal

PLAIN = "#!/bin/sh\nexit 0\n"


def checksum_name(name):
    """FNV-1a over bytes, as table_name_hash()."""
    total = 0x811c9dc5
    for byte in name.encode():
        total = (total ^ byte) * 0x01000193 & 0xffffffff
    return total


HERE = os.path.dirname(os.path.abspath(__file__))


def test_plain():
    """A script without a header is plain, whatever its comments say."""
    with Place({"10-x": "#!/bin/sh\n# : describe x\n#\texit\nexit 0\n"
                        "#: describe late\n"}) as p:
        t = p.compile()
        row = t["10-x"]
        equal(row["flags"], {"plain"}, "flags")
        equal(row["file"], "/etc/rc.d/10-x", "file")
        equal((row["start"], row["stop"]), (["/etc/rc.d/10-x", "start"],
              ["/etc/rc.d/10-x", "stop"]), "commands")
        equal(t.errors, ["rcc: R/etc/rc.d/10-x:5:1: warning: below the first "
                         "command: this \"#:\" line is not read"], "errors")


def test_block():
    """Blank lines and comments are inside the block, a command ends it."""
    with Place(a="#: describe one\n\n# text\n \t\n#:want b\nset -eu\n#: nice 1"
                 "\n", b=header("describe x")) as p:
        t = p.compile()
        equal(t["a"]["describe"], "one", "describe")
        equal(t["a"]["edges"], [("want", "b")], "edges")
        equal(t["a"]["start"], ["/etc/rc.d/a", "start"], "start")


def test_no_newline_at_the_end():
    """A header line that the end of the file cuts is one."""
    with Place(a="#!/bin/sh\n#: describe last") as p:
        equal(p.compile()["a"]["describe"], "last", "describe")


def test_what_is_no_script():
    """Hidden files, copies, documentation and folders are left out."""
    with Place({name: PLAIN for name in (
            ".hidden", "a~", "a.bak", "a.dpkg-old", "a.dpkg-new", "README",
            "README.txt", "a.md", "#a#", "a.swp", "a.orig", "real")}) as p:
        os.mkdir(p.rc + "/folder")
        equal(p.compile().names(), ["real"], "names")


def test_disabled():
    """A file that is not executable is a row that is disabled."""
    with Place() as p:
        p.script("a", header("describe x"), 0o644)
        p.script("b", PLAIN, 0o600)
        t = p.compile()
        equal(t["a"]["flags"], {"disabled"}, "a")
        equal(t["b"]["flags"], {"plain", "disabled"}, "b")
        equal(t["b"]["fault"], "not executable", "b's fault")


def test_not_files():
    """FIFOs, sockets, devices and broken links cost a row, and never wait."""
    with Place(good=PLAIN) as p:
        os.mkfifo(p.rc + "/fifo")
        one = socket.socket(socket.AF_UNIX)
        one.bind(p.rc + "/socket")
        os.symlink("/nowhere", p.rc + "/dangling")
        os.symlink("loop", p.rc + "/loop")
        os.symlink("/dev/null", p.rc + "/null")
        t = p.compile()
        one.close()
        for name, text in (("fifo", "is not a regular file"),
                           ("socket", "is not a regular file"),
                           ("dangling", "a link to nothing"),
                           ("null", "a link to nothing"),
                           ("loop", "cannot be read: ")):
            equal("bad" in t[name]["flags"], True, name)
            assert t[name]["fault"].startswith(text), t[name]["fault"]
        equal(t["good"]["flags"], {"plain"}, "good")


def test_links_stay_below_the_root():
    """An absolute link is one of the device, and .. does not leave the root."""
    with Place() as p:
        p.write("/usr/lib/real", header("describe mine"))
        os.symlink("/usr/lib/real", p.rc + "/a")
        os.symlink("../../../../../../../usr/lib/real", p.rc + "/b")
        t = p.compile()
        equal((t["a"]["describe"], t["b"]["describe"]), ("mine", "mine"), "x")
        equal(t["a"]["file"], "/etc/rc.d/a", "file")


def test_names():
    """Names of 255 bytes, blanks and control characters cost nothing."""
    odd = ["x" * 255, "a b", "new\nline", "\x1b[2J", "caf\u00e9", "-n", "%s",
           "a'b\"c"]
    with Place({name: PLAIN for name in odd}) as p:
        t = p.compile()
        equal(sorted(t.names()), sorted(odd), "names")
        assert all("bad" not in row["flags"] for row in t.rows)
        equal(t["a b"]["start"], ["/etc/rc.d/a b", "start"], "start")
        p.script("b\x07ell", header("oops"))
        t = p.compile()
        assert any("b\\x07ell:2:4" in x for x in t.errors), t.errors
        equal(t["b\x07ell"]["fault"], 'unknown key "oops"', "fault")


# Name of a file in bad/: how its fault begins, or None for a sound one.
def expectation(path):
    with open(path, "rb") as one:
        for line in one.read().replace(b"\r", b"\n").split(b"\n"):
            if line.startswith(b"# expect: "):
                return line[10:].decode()
    return None


def test_corpus():
    """Each file of bad/ costs itself alone."""
    paths = sorted(glob.glob(os.path.join(HERE, "bad", "*")))
    assert len(paths) >= 60, len(paths)
    with Place(sound=header("describe x")) as p:
        for path in paths:
            with open(path, "rb") as one:
                p.script(os.path.basename(path), one.read())
        t = p.compile()
        assert "sound" in t and not t["sound"]["flags"]
        for path in paths:
            name = os.path.basename(path)
            row, want = t[name], expectation(path)
            assert "bad" in row["flags"], name + " was taken"
            assert row["fault"], name
            assert want is None or row["fault"].startswith(want), (
                name, row["fault"])
            assert any("/%s:" % name in x for x in t.errors), name


def test_generated():
    """Large, cut and binary files cost themselves alone."""
    big = 1 << 20
    files = {
        "long-comment": b"#!/bin/sh\n#" + b"x" * big + b"\n#: describe y\n",
        "long-header": b"#!/bin/sh\n#: env A=" + b"x" * big + b"\n",
        "endless": b"#\n" * big,
        "nul-comment": b"#!/bin/sh\n# a\0b\n#: describe x\nexit\n",
        "nul-header": b"#!/bin/sh\n#: describe a\0b\n",
        "nul-body": b"#!/bin/sh\n#: describe x\nexit 0\n\0\0\0",
        "zeros": b"\0" * 70000,
        "utf16": "#!/bin/sh\n#: describe x\n".encode("utf-16"),
        "bom": b"\xef\xbb\xbf#!/bin/sh\n",
        "crlf": b"#!/bin/sh\r\n#: describe x\r\nexit 0\r\n",
        "crlf-plain": b"#!/bin/sh\r\nexit 0\r\n",
        "crlf-header": b"#!/bin/sh\n#: describe x\r\nexit 0\n",
        "key-blanks": b"#!/bin/sh\n#:   \t  \n",
        "value-blank": b"#!/bin/sh\n#: require  \t\n",
        "cr-only": b"#!/bin/sh\n#: describe x\r#: nice 1\r",
        "empty": b"",
        "elf": b"\x7fELF" + bytes(range(256)) * 8,
        "many": b"#!/bin/sh\n" + b"#: env A=1\n" * 5000,
        "hash": b"#", "hash-colon": b"#:", "newline": b"\n",
    }
    want = {"long-header": "a line of", "nul-comment": "a NUL byte",
            "endless": "the leading comments do not end",
            "long-comment": "the leading comments do not end",
            "nul-header": "a NUL byte", "utf16": "UTF-16",
            "bom": "begins with a byte-order mark", "crlf": "line ends in CR",
            "crlf-plain": "line ends in CR", "cr-only": "a control character",
            "empty": "an empty file", "many": "the start with all its",
            "crlf-header": "line ends in CR",
            "key-blanks": '"#:" without a key',
            "value-blank": '"require" has no value',
            "hash-colon": '"#:" without a key'}
    with Place(files, good=PLAIN) as p:
        t = p.compile()
        for name in files:
            got = t[name]["fault"]
            if name in want:
                assert got.startswith(want[name]), (name, got)
            else:
                equal(got, "", name)
        equal(t["good"]["flags"], {"plain"}, "good")
        equal(t["crlf-plain"]["line"], 1, "line")


def test_sources():
    """Every file that was read is a source, also one that does not exist."""
    with Place(a=PLAIN) as p:
        os.symlink("nowhere", p.rc + "/gone")
        os.remove(p.root + "/etc/group")
        os.utime(p.rc + "/a", ns=(5, 7000000003))
        t = p.compile()
        equal(sorted(t.sources), ["/etc/group", "/etc/passwd", "/etc/rc.d",
                                  "/etc/rc.d/a", "/etc/rc.d/gone"], "sources")
        equal(t.sources["/etc/group"]["mode"], 0, "no group")
        equal(t.sources["/etc/rc.d/gone"]["mode"], 0, "gone")
        equal(t.sources["/etc/rc.d/a"], {"mode": 0o100755, "size": 17,
                                         "mtime": 7, "ns": 3}, "a")
        folder = t.sources["/etc/rc.d"]
        names = sum(checksum_name(x) for x in ("a", "gone")) & 0xffffffff
        equal((folder["size"], folder["mtime"], folder["ns"]),
              (2 << 32 | names, 0, 0), "the folder is its names")
        equal(folder["mode"] >> 12, 4, "its mode")


def test_no_folder():
    """Without a folder of scripts there is an empty table, and a line."""
    with Place() as p:
        os.rmdir(p.rc)
        t = p.compile()
        equal(t.rows, [], "rows")
        equal(t.errors, ["rcc: R/etc/rc.d: No such file or directory"], "")
        equal(t.sources["/etc/rc.d"]["mode"], 0, "mode")


def test_folders():
    """Of several folders the later counts; outside the root they are rc.d."""
    with Place(a=header("describe one"), b=PLAIN) as p, \
            Place(a=header("describe two"), c=PLAIN) as q:
        t = p.compile(p.rc, q.rc + "/")
        equal(t.names(), ["a", "b", "c"], "names")
        equal(t["a"]["describe"], "two", "a")
        equal(t["c"]["file"], "/etc/rc.d/c", "file")
        p.write("/usr/lib/rc.d/d", PLAIN)
        t = p.compile(p.root + "/usr/lib/rc.d")
        equal(t["d"]["file"], "/usr/lib/rc.d/d", "below the root")


def test_templates():
    """A template gives a row for each instance, and none itself."""
    with Place({"10-getty@": header(
            "instance tty1 ttyS0", "instance tty1", "describe on %i, 100%%",
            "run /sbin/getty %i '%i x' %%i", "tty %i", "wait dev=%i",
            "ready file=/run/%i", "provide login-%i", "env A=%i"),
            "a": header("require getty@tty1", "want getty@",
                        "after login-ttyS0")}) as p:
        t = p.compile()
        equal(t.errors, [], "errors")
        equal(t.names(), ["10-getty@tty1", "10-getty@ttyS0", "a"], "names")
        row = t["10-getty@ttyS0"]
        equal(row["describe"], "on ttyS0, 100%", "describe")
        equal(row["start"], ["/sbin/rcexec", "-n", "10-getty@ttyS0", "-e",
                             "RC_INSTANCE=ttyS0", "-e", "A=%i", "--",
                             "/sbin/getty", "ttyS0", "ttyS0 x", "%i"], "run")
        equal((row["tty"], row["wait"][2], row["probe"][2]),
              ("ttyS0", "dev=ttyS0", "file=/run/ttyS0"), "values")
        equal(row["file"], "/etc/rc.d/10-getty@", "file")
        equal(t["a"]["edges"], [("require", "10-getty@tty1"),
                                ("want", "10-getty@ttyS0")], "edges")


def test_template_without_instances():
    """A template without instances has no row, but its errors are told."""
    with Place({"a@": header("run /bin/%i"), "b@": header("nice x"),
                "c@": header("instance a/b"), "d@": PLAIN}) as p:
        t = p.compile()
        equal(t.names(), ["c@"], "names")
        equal(len(t.errors), 2, "errors")


def test_template_faults():
    """A fault of a template is that of each instance, and is told once."""
    with Place({"g@": header("instance a b", "run /x %q")}) as p:
        t = p.compile()
        equal([row["line"] for row in t.rows], [3, 3], "lines")
        equal(len(t.errors), 1, "errors")
        assert 'only %i and %% are known' in t["g@a"]["fault"]


def test_file_before_instance():
    """A file with the name of an instance counts before the template."""
    with Place({"g@": header("instance a b", "run /x"),
                "g@a": header("describe own")}) as p:
        t = p.compile()
        equal(t.names(), ["g@a", "g@b"], "names")
        equal(t["g@a"]["describe"], "own", "describe")


def test_hash():
    """The hash changes with what a process was started with, and no more."""
    def of(*lines):
        with Place(s=header(*lines), t=PLAIN) as p:
            return p.compile()["s"]["hash"]
    base = of("run /a")
    for same in (["describe x"], ["after t"], ["stop-timeout 5s"],
                 ["restart no"], ["stop-signal INT"]):
        equal(of("run /a", *same), base, same)
    seen = {base}
    for other in (["run /b"], ["run /a b"], ["run /a", "user app"],
                  ["run /a", "tty x"], ["run /a", "type oneshot"],
                  ["run /a", "ready notify"], ["run /a", "ready fd=4"],
                  ["run /a", "ready fd=5"], ["run /a", "env A=1"],
                  ["run /a", "cgroup pids.max=5"]):
        one = of(*other)
        assert one not in seen, other
        seen.add(one)


def test_accounts_are_the_roots():
    """Users are those of the root's passwd, broken lines are passed over."""
    with Place(a=header("run /x", "user late")) as p:
        p.write("/etc/passwd", b"late:x:bad:1::/:\n\0\xff:::\nlate:x:5:6::/:",
                0o644)
        equal(p.compile()["a"]["start"][3:7], ["-u", "5", "-g", "6"], "ids")
        os.remove(p.root + "/etc/passwd")
        os.mkfifo(p.root + "/etc/passwd")
        assert "does not exist" in p.compile()["a"]["fault"]


def test_reproducible():
    """The same files give the same bytes."""
    with Place({"s%d" % i: header("run /x", "want s%d" % (i + 1), "after y")
                for i in range(50)}, s50=PLAIN) as p:
        equal(p.compile().data, p.compile().data, "bytes")
