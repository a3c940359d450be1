"""What PID 1 may find, or not find, when the kernel starts it."""

import os
import stat

from machine import AGAIN, DOWN, NODES, Machine, recorder, script
from poll import stays, until
from tap import equal


def boots_and_ends(m, scripts=1):
    equal(m.ready(), (scripts, 0), "scripts, failed")
    m.signal("TERM")
    m.ends_with(AGAIN, 10)


def test_fds_closed():
    """fds 0 to 2 closed at entry: they are made valid, scripts get theirs"""
    with Machine(scripts={"10-hold": script(
            "echo said; exec /bin/sleep 100000")}, close_fds=True) as m:
        m.con.expect(r"^said$", 20)
        pid = m.wait_for("/bin/sleep", "100000")
        equal(sorted(m.fds(pid)), [0, 1, 2], "the script's fds")
        for fd in (0, 1, 2):
            assert fd in m.fds(), "fd %d of PID 1: %r" % (fd, m.fds())


def test_fds_closed_no_dev():
    """fds closed and an empty /dev: it boots in silence, and goes down"""
    with Machine(scripts={"10-a": recorder()}, close_fds=True, dev=(),
                 dev_mounted=False) as m:
        m.wait_lines("/order", 1)
        m.signal("USR2")
        equal(m.wait_end(10), DOWN, "how PID 1 ended")
        equal(m.lines("/order"), ["10-a start", "10-a stop"], "the order")


def test_no_null():
    """a /dev without null: it boots, and no plain file takes null's place"""
    nodes = tuple(n for n in NODES if n != "null")
    with Machine(scripts={"10-a": recorder("exec /bin/sleep 100000")}, dev=nodes,
                 words=["tinyinit.patience=1"]) as m:
        pid = m.wait_for("/bin/sleep", "100000")
        equal(sorted(m.fds(pid)), [0, 1, 2], "the script's fds")
        try:
            mode = m.lstat("/dev/null").st_mode
            assert stat.S_ISCHR(mode), "/dev/null has mode %o" % mode
        except FileNotFoundError:
            pass
        m.signal("TERM")
        equal(m.wait_end(21), AGAIN, "how PID 1 ended")


def test_readonly_root():
    """a read-only root: the scripts run and can write to /run and /tmp"""
    with Machine(scripts={"10-a": script("""
touch /x 2>/dev/null && echo "root is writable"
touch /run/x && touch /tmp/x && echo "run and tmp are writable"
""")}, readonly=True) as m:
        equal(m.ready(), (1, 0), "scripts, failed")
        m.con.must_have(r"^run and tmp are writable$")
        m.con.must_not_have("root is writable")
        m.shell()
        m.signal("TERM")
        m.ends_with(AGAIN, 10)


def mounts_of(m):
    """Mount point -> (type, options) of the machine; a list of doubles."""
    found, doubles = {}, []
    with open("/proc/%d/mountinfo" % m.pid) as file:
        for line in file:
            left, _, right = line.partition(" - ")
            where, options = left.split()[4:6]
            if where in found:
                doubles.append(where)
            found[where] = (right.split()[0], options.split(","))
    return found, doubles


def test_mounts():
    """the table is mounted: once each, with nosuid, nodev and noexec"""
    with Machine(scripts={"10-a": recorder()}, bare=False,
                 dev_mounted=True) as m:
        m.ready()
        found, doubles = mounts_of(m)
        equal(doubles, [], "mounted twice")
        for where, kind, options in (
                ("/proc", "proc", "nosuid nodev noexec"),
                ("/sys", "sysfs", "nosuid nodev noexec"),
                ("/dev/pts", "devpts", "nosuid noexec"),
                ("/dev/shm", "tmpfs", "nosuid nodev"),
                ("/run", "tmpfs", "nosuid nodev"),
                ("/tmp", "tmpfs", "nosuid nodev")):
            assert where in found, "%s is not mounted: %r" % (where,
                                                              sorted(found))
            equal(found[where][0], kind, where)
            for option in options.split():
                assert option in found[where][1], (where, option, found[where])
        for path, mode in (("/tmp", 0o1777), ("/run", 0o755),
                           ("/dev/shm", 0o1777)):
            equal(m.lstat(path).st_mode & 0o7777, mode, "mode of " + path)


def test_mounted_already():
    """what is mounted already is left alone and not mounted again"""
    with Machine(scripts={"10-a": recorder()},
                 mounts=[("proc", "/proc"), ("tmpfs", "/run"),
                         ("tmpfs", "/tmp")],
                 files={"run/keep": "x"}) as m:
        m.ready()
        _, doubles = mounts_of(m)
        equal(doubles, [], "mounted twice")
        m.con.must_not_have(r"(?i)tinyinit: .*(/proc|/run|/tmp)")
        m.signal("TERM")
        m.ends_with(AGAIN, 10)


def test_missing_mount_points():
    """mount points that do not exist are made"""
    with Machine(scripts={"10-a": recorder()}, folders=()) as m:
        equal(m.ready(), (1, 0), "scripts, failed")
        found, _ = mounts_of(m)
        for where in ("/proc", "/run", "/tmp"):
            assert where in found, sorted(found)


def test_missing_mount_points_readonly():
    """mount points that cannot be made cost a line each and nothing else"""
    with Machine(scripts={"10-a": script("echo ran")}, folders=("proc",),
                 readonly=True) as m:
        equal(m.ready(), (1, 0), "scripts, failed")
        m.con.must_have(r"^ran$")
        for where in ("/run", "/tmp"):
            m.con.must_have(r"^tinyinit: .*%s" % where)


def test_dev_links():
    """/dev has fd, stdin, stdout and stderr"""
    with Machine(scripts={"10-a": recorder()}) as m:
        m.ready()
        for name, target in (("fd", "/proc/self/fd"),
                             ("stdin", "/proc/self/fd/0"),
                             ("stdout", "/proc/self/fd/1"),
                             ("stderr", "/proc/self/fd/2")):
            got = os.readlink("dev/" + name, dir_fd=m.root)
            assert got in (target, target[len("/proc/self/"):]), (name, got)


def test_hostname():
    """the host name comes from /etc/hostname"""
    for content, want in (("nsbox\n", "nsbox"), ("  padded \n", "padded"),
                          ("# comment\nsecond\n", "second")):
        with Machine(scripts={"10-a": recorder()},
                     files={"etc/hostname": content}) as m:
            m.ready()
            if content.startswith("nsbox"):
                equal(m.inside("cat", "/proc/sys/kernel/hostname").strip(),
                      want, "the host name of %r" % content)
            assert m.alive()


def test_bad_hostname():
    """an empty, huge, binary or missing /etc/hostname harms nothing"""
    for content in ("", "\n\n", "x" * 100000, "\0\0\0", "a b\n",
                    ("dir", None, 0o755)):
        with Machine(scripts={"10-a": recorder()},
                     files={"etc/hostname": content}) as m:
            equal(m.ready(), (1, 0), "scripts, failed")


def test_no_rc():
    """an empty rc.d, none at all, or a file in its place: the login comes"""
    for options in ({}, {"rc_dir": False},
                    {"rc_dir": False, "files": {"etc/rc.d": "no folder"}}):
        with Machine(compiled=False, **options) as m:
            equal(m.ready(), (0, 0), "scripts, failed")
            m.shell()
            m.signal("TERM")
            m.ends_with(AGAIN, 10)


def test_nothing():
    """a root with nothing but tinyinit: it stays up, and goes down"""
    with Machine(rc_dir=False, shell=False, getty=None, folders=()) as m:
        m.con.expect(r"^tinyinit: ready", 20)
        stays(m.alive, 0.5, "PID 1 lives")
        m.signal("USR2")
        m.ends_with(DOWN, 10)


def test_no_sysfs():
    """without sysfs and cgroups: a line each, and a login all the same"""
    with Machine(scripts={"10-a": recorder()}, bare=True) as m:
        equal(m.ready(), (1, 0), "scripts, failed")
        m.shell()


def test_argv0():
    """PID 1 called by another name is PID 1"""
    for argv in (["/init"], ["init"], ["x"], ["-"]):
        with Machine(scripts={"10-a": recorder()}, argv=argv) as m:
            boots_and_ends(m)


def test_empty_environment():
    """an empty environment, and one of 200 words, are no trouble"""
    for env in ({}, {"V%d" % n: "x" * 100 for n in range(200)}):
        with Machine(scripts={"10-a": recorder()}, env=env) as m:
            boots_and_ends(m)


def test_umask_and_limits():
    """a strange umask, folder and few fds at entry are not passed on"""
    with Machine(scripts={"10-hold": script("exec /bin/sleep 100000")},
                 umask=0o077, cwd="/mnt", nofile=16) as m:
        pid = m.wait_for("/bin/sleep", "100000")
        equal(m.status_of(pid)["Umask"], "0022", "umask")
        equal(m._link(pid, "cwd"), "/", "the folder")
        m.signal("TERM")
        until(lambda: not m.alive(), 21, "the way down")
