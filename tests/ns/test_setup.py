"""How a service's process is set up: each key of the header, seen from outside."""

import os
import re

from machine import Machine, applets, daemon, recorder, service
from poll import until
from tap import equal

ACCOUNTS = {
    "etc/passwd": "root:x:0:0:root:/:/bin/sh\nthermo:x:100:200::/tmp:/bin/sh\n"
                  "guest:x:101:201::/:/bin/sh\n",
    "etc/group": "root:x:0:\nthermo:x:200:\nguest:x:201:\n"
                 "dialout:x:20:thermo,guest\naudio:x:29:thermo\nvideo:x:44:\n",
}


def one(name, *header, do="hold", **options):
    """A machine with one daemon that is up."""
    m = Machine(scripts={name: daemon(name, *header, do=do)}, **options)
    try:
        equal(m.ready(), (1, 0), "services, failed")
        return m, m.wait_daemon(name)
    except BaseException:
        m.close()
        raise


def environ(pid):
    with open("/proc/%d/environ" % pid) as file:
        words = file.read().rstrip("\0").split("\0")
    got = dict(w.partition("=")[::2] for w in words)
    equal(len(got), len(words), "no word twice in %r" % words)
    return got


def ids(m, pid):
    """(uid, gid, groups) as the machine has them."""
    out = m.sh("grep -E '^(Uid|Gid|Groups):' /proc/%s/status"
               % m.status_of(pid)["NSpid"].split()[-1])
    found = dict(line.split(":", 1) for line in out.splitlines())
    uids, gids = set(found["Uid"].split()), set(found["Gid"].split())
    equal((len(uids), len(gids)), (1, 1), "real, effective, saved ids")
    return int(uids.pop()), int(gids.pop()), sorted(
        int(g) for g in found["Groups"].split())


if os.geteuid() == 0:
    # Without the host's root a user namespace has one user, root.
    def test_user():
        """user: its uid, its group, and the groups that it is a member of"""
        with Machine(scripts={
                "named": daemon("named", "user thermo"),
                "grouped": daemon("grouped", "user guest:video"),
                "number": daemon("number", "user 101"),
                "bare": daemon("bare", "user 555:666"),
                "chosen": daemon("chosen", "user thermo", "groups audio video"),
                "none": daemon("none", "user thermo", "groups none"),
                "root": daemon("root", "groups audio")},
                files=ACCOUNTS, users=True) as m:
            equal(m.ready(), (7, 0), "services, failed")
            for name, want in (("named", (100, 200, [20, 29])),
                               ("grouped", (101, 44, [20])),
                               ("number", (101, 201, [20])),
                               ("bare", (555, 666, [])),
                               ("chosen", (100, 200, [29, 44])),
                               ("none", (100, 200, [])),
                               ("root", (0, 0, [29]))):
                pid = m.wait_daemon(name)
                equal(ids(m, pid), want, "uid, gid, groups of " + name)
                if name not in ("root",):
                    status = m.status_of(pid)
                    for key in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
                        equal(int(status[key], 16), 0, key + " of " + name)

    def test_user_caps():
        """caps: another user keeps those, and no others can be had again"""
        with Machine(scripts={
                "web": daemon("web", "user thermo", "caps net_bind_service",
                              "ready tcp=80", do="tcp=80 hold"),
                "poor": daemon("poor", "user thermo", "ready tcp=81",
                               "restart no", do="tcp=81 hold")},
                files=ACCOUNTS, users=True) as m:
            m.ready()
            status = m.status_of(m.wait_daemon("web"))
            for key in ("CapEff", "CapPrm", "CapBnd"):
                equal(int(status[key], 16), 1 << 10, key)
            equal(status["Uid"].split()[0], str(1000001 + 99), "its user")
            m.con.must_have(r"^\[fail\] poor: ")

    def test_passwd_changes():
        """a user that moves in /etc/passwd restarts its service as that user"""
        with Machine(scripts={"a": daemon("a", "user thermo"),
                              "b": daemon("b", "user guest"),
                              "c": daemon("c")},
                     files=ACCOUNTS, users=True) as m:
            m.ready()
            a, b, c = (m.wait_daemon(n) for n in "abc")
            m.write("/etc/passwd", ACCOUNTS["etc/passwd"].replace(
                "thermo:x:100", "thermo:x:105"), 0o644)
            equal(m.reload(), (3, 1), "services, new or changed")
            equal(ids(m, m.wait_daemon("a", other_than=(a,)))[0], 105, "uid")
            equal((m.daemons("b"), m.daemons("c")), ([b], [c]), "the others")


def test_caps_root():
    """caps: root's processes as well have no more than those"""
    with Machine(scripts={
            "some": daemon("some", "caps net_admin CAP_CHOWN"),
            "none": daemon("none", "caps none"), "all": daemon("all")}) as m:
        equal(m.ready(), (3, 0), "services, failed")
        for name, mask in (("some", 1 << 12 | 1), ("none", 0)):
            status = m.status_of(m.wait_daemon(name))
            for key in ("CapEff", "CapPrm", "CapBnd"):
                equal(int(status[key], 16), mask, key + " of " + name)
        equal(m.status_of(m.wait_daemon("all"))["CapBnd"],
              m.status_of()["CapBnd"], "CapBnd of all")


def test_no_new_privs():
    """no-new-privs, and the lack of it"""
    with Machine(scripts={"y": daemon("y", "no-new-privs yes"),
                          "n": daemon("n", "no-new-privs no")}) as m:
        m.ready()
        for name, value in (("y", "1"), ("n", "0")):
            equal(m.status_of(m.wait_daemon(name))["NoNewPrivs"], value, name)


def test_umask():
    """umask of what a service makes"""
    m, pid = one("u", "umask 027", do="file=/made hold")
    with m:
        equal(m.status_of(pid)["Umask"], "0027", "umask")
        until(lambda: m.sh("ls /").count("made"), 5, "its file")
        equal(m.lstat("/made").st_mode & 0o777, 0o640, "mode of its file")


def test_chdir():
    """chdir: where a service starts"""
    m, pid = one("c", "chdir /var/lib/x",
                 files={"var/lib/x": ("dir", None, 0o755)})
    with m:
        equal(m._link(pid, "cwd"), "/var/lib/x", "its folder")


def test_chroot():
    """chroot: the program, its folder and its files are in there"""
    m = Machine(scripts={
        "jail": service("run /payload do name=jail file=/made hold",
                        "require fill", "chroot /srv/jail", "chdir /home"),
        "fill": service("type oneshot", body="mkdir -p /srv/jail/home && "
                        "cp /bin/payload /srv/jail/payload")})
    with m:
        equal(m.ready(), (2, 0), "services, failed")
        until(lambda: m.find("/payload", "do", "name=jail", "file=/made",
                             "hold"), 5, "it runs")
        pid = m.find("/payload", "do", "name=jail", "file=/made", "hold")[0]
        equal(m._link(pid, "root"), "/srv/jail", "its root")
        equal(m._link(pid, "cwd"), "/srv/jail/home", "its folder")
        assert "made" in m.sh("ls /srv/jail"), "its file"


def test_env():
    """env: quoted values, and words that replace the usual ones"""
    m, pid = one("e", "env ONE=1 'TWO=a  b' HOME=/root")
    with m:
        got = environ(pid)
        equal({k: got[k] for k in ("ONE", "TWO", "HOME")},
              {"ONE": "1", "TWO": "a  b", "HOME": "/root"}, "environment")
        equal(sorted(got), ["HOME", "ONE", "PATH", "TERM", "TWO"], "its words")


def test_env_file():
    """env-file: comments, quotes and empty values"""
    m, pid = one("e", "env-file /etc/default/e", files={
        "etc/default/e": ("# a comment\nA=plain\nB='quoted  one'\n\n"
                          "C=\"two\"\nD=\n", 0o644)})
    with m:
        got = environ(pid)
        equal({k: got.get(k) for k in "ABCD"},
              {"A": "plain", "B": "quoted  one", "C": "two", "D": ""},
              "environment")


def test_priorities():
    """nice, sched, ionice and oom-score"""
    with Machine(scripts={
            "n": daemon("n", "nice 7"), "b": daemon("b", "sched batch"),
            "i": daemon("i", "sched idle"), "io": daemon("io", "ionice idle"),
            "be": daemon("be", "ionice best-effort:6"),
            "o": daemon("o", "oom-score 500"), "plain": daemon("plain")}) as m:
        equal(m.ready(), (7, 0), "services, failed")
        pid = {n: m.wait_daemon(n) for n in ("n", "b", "i", "io", "be", "o",
                                             "plain")}
        equal(os.getpriority(os.PRIO_PROCESS, pid["n"]), 7, "nice")
        equal(os.sched_getscheduler(pid["b"]), os.SCHED_BATCH, "batch")
        equal(os.sched_getscheduler(pid["i"]), os.SCHED_IDLE, "idle")
        for name, score in (("o", "500"), ("plain", "0")):
            with open("/proc/%d/oom_score_adj" % pid[name]) as file:
                equal(file.read().strip(), score, "oom-score of " + name)
        if "ionice" in applets():
            for name, word in (("io", "idle"), ("be", "6")):
                out = m.inside("ionice", "-p", m.status_of(
                    pid[name])["NSpid"].split()[-1])
                assert word in out.lower(), "%s: %r" % (name, out)


def test_limits():
    """limit: soft and hard, each that was named and no other"""
    def limits(pid):
        with open("/proc/%d/limits" % pid) as file:
            return {line[:26].strip(): tuple(line[26:].split()[:2])
                    for line in file}
    m, pid = one("l", "limit nofile=64:128 core=0 memory=512M")
    with m:
        got, before = limits(pid), limits(m.pid)
        equal(got["Max open files"], ("64", "128"), "nofile")
        equal(got["Max core file size"][0], "0", "core")
        equal(got["Max address space"][0], str(512 << 20), "memory")
        changed = {k for k in got if got[k] != before[k]}
        assert changed <= {"Max open files", "Max core file size",
                           "Max address space"}, changed


def test_tty():
    """tty: a terminal of its own, for its descriptors and its session"""
    m = Machine(scripts={"t": service(
        "run /bin/sh -c 'tty; echo $TERM; exec /bin/payload do name=t hold'",
        "tty console", "restart no")}, getty=None,
        words=["tinyinit.patience=1"])
    with m:
        m.con.expect(r"^/dev/console$|^/dev/pts/\d+$", 10)
        pid = m.wait_daemon("t")
        fds = m.fds(pid)
        equal(sorted(fds), [0, 1, 2], "its descriptors")
        equal(len(set(fds.values())), 1, "terminals")
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rpartition(")")[2].split()
        equal(int(fields[3]), pid, "its session")
        assert int(fields[4]) != 0, "it has a terminal"


def test_tty_away():
    """a terminal that is not there is awaited, and nobody waits with it"""
    with Machine(scripts={"t": daemon("t", "tty ttyNONE"),
                          "good": recorder()}) as m:
        m.ready()
        equal(m.lines("/order"), ["good start"], "the other one")
        equal(len(re.findall(r"^.*\bt: .*(no such terminal|trying again).*$",
                             m.con.clean(), re.M)), 1, "lines")
        equal(m.daemons("t"), [], "it does not run")


def test_all():
    """many keys at once"""
    m, pid = one("all", "umask 077", "chdir /tmp", "nice 3", "oom-score 100",
                 "limit nofile=50", "env A=1", "caps chown", "ready notify",
                 "no-new-privs yes", "watchdog 1h", "sched batch",
                 do="notify=READY=1 hold")
    with m:
        status = m.status_of(pid)
        equal((status["Umask"], status["NoNewPrivs"], m._link(pid, "cwd"),
               os.getpriority(os.PRIO_PROCESS, pid), int(status["CapEff"], 16)),
              ("0077", "1", "/tmp", 3, 1), "what can be seen")
        got = environ(pid)
        equal((got["A"], got["WATCHDOG_USEC"], got["WATCHDOG_PID"],
               got["NOTIFY_SOCKET"]),
              ("1", "3600000000", status["NSpid"].split()[-1],
               "/run/tinyinit/notify"), "the environment")
        equal(sorted(m.fds(pid)), [0, 1, 2], "its descriptors")
