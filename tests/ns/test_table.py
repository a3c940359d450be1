"""The service table: missing, damaged, out of date; and a compiler that fails."""

import os
import struct

from machine import AGAIN, Machine, daemon, recorder, service
from poll import until
from tap import equal

SCRIPTS = {"10-a": recorder(), "d": daemon("d", "require 10-a")}
PATH = "etc/tinyinit/table"


def sound_table(**options):
    """The table of SCRIPTS, as the image has it."""
    with Machine(scripts=SCRIPTS, **options) as m:
        m.ready()
        fd = os.open(PATH, os.O_RDONLY, dir_fd=m.root)
        with os.fdopen(fd, "rb") as file:
            return file.read()


def boots(m, *said):
    """All of SCRIPTS come up, and these lines were said."""
    equal(m.ready(), (2, 0), "services, failed")
    m.wait_daemon("d")
    equal(m.lines("/order"), ["10-a start"], "what has run")
    for line in said:
        m.con.must_have(line)


def with_table(data, **options):
    """A machine whose table is these bytes."""
    text = data.decode("utf-8", "surrogateescape")
    return Machine(scripts=SCRIPTS, compiled=False,
                   files={PATH: (text, 0o644)}, **options)


def test_compiled():
    """with the image's table no compiler runs, and needs not be there"""
    with Machine(scripts=SCRIPTS,
                 files={"sbin/rcc": ("#!/bin/sh\n: >/ran\n", 0o755)}) as m:
        boots(m)
        equal(m.sh("ls /ran", check=False).count("No such"), 1, "no rcc")
        equal(os.access("/proc/%d/root/run/tinyinit/table" % m.pid, os.F_OK),
              False, "a table of the device")


def test_first_boot():
    """with no table the device compiles one, and starts"""
    with Machine(scripts=SCRIPTS, compiled=False) as m:
        boots(m)
        assert m.sh("ls /run/tinyinit/table"), "the device's own table"


def test_stale():
    """a script, a folder, passwd or group that looks otherwise is compiled anew"""
    text = sound_table().decode("utf-8", "surrogateescape")
    changes = (("etc/rc.d/new", recorder(), 3), ("etc/group", "g:x:9:\n", 2),
               ("etc/passwd", "root:x:0:0::/:/bin/sh\nx:x:9:9::/:/\n", 2))
    for path, content, n in changes:
        with Machine(scripts=SCRIPTS, compiled=False,
                     files={PATH: (text, 0o644), path: content}) as m:
            equal(m.ready(), (n, 0), "services, failed, with another " + path)
            m.wait_daemon("d")
            m.sh("ls /run/tinyinit/table")


def test_damaged():
    """a table that is cut, turned over, or of another version is compiled anew"""
    good = sound_table()

    def at(offset, value):
        return good[:offset] + struct.pack("<I", value) + good[offset + 4:]

    for data, why in ((b"", "cut off"), (good[:7], "cut off"),
                      (good[:-4], "cut off"), (good + b"\0" * 4, None),
                      (at(0, 1), None), (at(4, 99), None),
                      (at(len(good) // 8 * 4, 0x5a5a5a5a), "checksum differs"),
                      (b"\xff" * 5000, None), (b"\0" * 5000, None)):
        with with_table(data) as m:
            boots(m, r"^(tinyinit|rcc): /etc/tinyinit/table: (warning: )?%s$"
                  % (why or ".+"))


def test_strange():
    """what is no file in the table's place is no table"""
    for thing in (("dir", None, 0o755), ("fifo", None, 0o600),
                  ("link", "/dev/zero", 0), ("link", "table", 0),
                  ("link", "/dev/tty", 0)):
        with Machine(scripts=SCRIPTS, compiled=False,
                     files={PATH: thing}) as m:
            boots(m)


def rescue(m, why):
    """The rescue shell, after a line that says why."""
    m.con.expect(why, 20)
    m.con.expect(r"^tinyinit: there is no service table that can be used$", 10)
    m.con.expect(r"^tinyinit: rescue shell on the console", 10)
    m.con.send("echo li''ves\n")
    m.con.expect("^lives$", 10)
    m.signal("TERM")
    m.ends_with(AGAIN, 15)


def test_no_compiler():
    """no table and no compiler: the rescue shell, and why"""
    with Machine(scripts=SCRIPTS, compiled=False,
                 files={"sbin/rcc": ("link", "/none", 0)}) as m:
        rescue(m, r"^tinyinit: /sbin/rcc: no such file or interpreter; the "
               "scripts were not read$")


def test_bad_compilers():
    """no table and a compiler that crashes, fails or writes rubbish: the same"""
    for body, why in (
            ("kill -SEGV $$", "/sbin/rcc: killed by SIGSEGV; the scripts"),
            ("exit 3", "/sbin/rcc: exit 3; the scripts"),
            (":", "there is no service table|/run/tinyinit/table: "),
            ("echo x >/run/tinyinit/table", "/run/tinyinit/table: cut off")):
        with Machine(scripts=SCRIPTS, compiled=False,
                     files={"sbin/rcc": "#!/bin/sh\n%s\n" % body}) as m:
            if body == ":":
                m.con.expect(r"^tinyinit: rescue shell on the console", 10)
                m.con.must_have(r"^tinyinit: there is no service table")
            else:
                rescue(m, "^tinyinit: " + why)


def test_hanging_compiler():
    """a compiler that hangs is ended; a request meanwhile is heard"""
    with Machine(scripts=SCRIPTS, compiled=False, files={
            "sbin/rcc": "#!/bin/sh\nexec /bin/sleep 100000\n"}) as m:
        m.wait_for("/bin/sleep", "100000")
        m.signal("TERM")
        m.ends_with(AGAIN, 15)


def test_hanging_compiler_killed():
    """a compiler that hangs for half a minute is killed, and there is a shell"""
    with Machine(scripts=SCRIPTS, compiled=False, files={
            "sbin/rcc": "#!/bin/sh\nexec /bin/sleep 100000\n"}) as m:
        m.wait_for("/bin/sleep", "100000")
        begin = m.clock()
        m.con.expect(r"^tinyinit: /sbin/rcc: killed by SIGKILL; ", 45)
        assert m.clock() - begin >= 25, "its time"
        m.con.expect(r"^tinyinit: rescue shell on the console", 10)
        until(lambda: not m.find("/bin/sleep", "100000"), 5, "it is gone")


def test_stale_without_compiler():
    """a table that is out of date is better than none"""
    text = sound_table().decode("utf-8", "surrogateescape")
    with Machine(scripts=SCRIPTS, compiled=False,
                 files={PATH: (text, 0o644), "etc/group": "g:x:9:\n",
                        "sbin/rcc": "#!/bin/sh\nexit 1\n"}) as m:
        boots(m, r"^tinyinit: /sbin/rcc: exit 1; the scripts were not read$")


def test_readonly():
    """a root that cannot be written has its table in /run"""
    with Machine(scripts={"d": daemon("d")}, compiled=False,
                 readonly=True) as m:
        equal(m.ready(), (1, 0), "services, failed")
        m.wait_daemon("d")


def test_bad_scripts():
    """files of every kind of nonsense cost themselves, compiled here or there"""
    bad = {"b1": "#!/bin/sh\n#: \n", "b2": "#!/bin/sh\n#: run\n",
           "b3": "#!/bin/sh\n#: nice 100\n", "b4": "#!/bin/sh\n#: type x\n",
           "b5": "#!/bin/sh\n#: run /bin/x 'open\n",
           "b6": "#!/bin/sh\n#: ready fd=1\n", "b7": "#!/bin/sh\n#:\xff\xfe\n",
           "b8": "#!/bin/sh\n#: env 1=2\n", "b9": "#!/bin/sh\n#: after x\n"
           "#: type target\n#: run /bin/x\n",
           "c1": "#!/bin/sh\n#: restart always 2s..1s\n",
           "c2": "#!/bin/sh\n" + "#: describe x\n" * 2,
           "c3": "#!/bin/sh\n#: require " + "x" * 70000 + "\n"}
    for compiled in (True, False):
        with Machine(scripts=dict(bad, good=recorder(),
                                  fine=service("type target", "require good")),
                     compiled=compiled) as m:
            equal(m.ready(), (len(bad) + 2, len(bad)), "services, failed")
            equal(m.lines("/order"), ["good start"], "what has run")
            for name in bad:
                m.con.must_have(r"^tinyinit: /etc/rc\.d/%s(:\d+)?: \S" % name)
