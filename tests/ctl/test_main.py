"""rcwait main: the main process of a forking service, found and told."""

import os
import signal
import socket
import subprocess

from poll import stays, until
from tap import equal
from tools import (ENV, RCWAIT, WORK, Run, Waiter, folder, fresh_tmpfs,
                   status_of, write)

GROUP = "/sys/fs/cgroup/rc/svc"
NEVER = 4000000         # a pid that nobody has

sleepers = []


def sleeper():
    """A process that is a child of PID 1, which this program is."""
    child = subprocess.Popen(["sleep", "100000"])
    sleepers.append(child)
    return child.pid


def grandchild():
    """A process whose starter, a child of PID 1, is still there."""
    child = subprocess.Popen(["sh", "-c", "sleep 100000 & echo $!; wait"],
                             stdout=subprocess.PIPE, text=True)
    sleepers.append(child)
    return child, int(child.stdout.readline())


def members(*pids):
    """What is in the service's cgroup: a file in its place."""
    new = write(GROUP + "/new", "".join("%d\n" % p for p in pids))
    os.rename(new, GROUP + "/cgroup.procs")


class Scene:
    """A notify socket and a folder; with a cgroup or without."""

    def __init__(self, cgroup=True, abstract=False):
        self.pidfile = folder("run") + "/svc.pid"
        self.path = "@tinyctl-test" if abstract else WORK + "/run/notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path.replace("@", "\0"))
        self.socket.settimeout(5)
        self.env = dict(ENV, NOTIFY_SOCKET=self.path)
        fresh_tmpfs("/sys/fs/cgroup")
        if cgroup:
            members()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        for child in sleepers:
            child.kill()
            child.wait()
            if child.stdout:
                child.stdout.close()
        sleepers.clear()

    def waiter(self, *words):
        return Waiter("main", "-n", "svc", *words, env=self.env)

    def told(self, pid):
        equal(self.socket.recv(4096), b"MAINPID=%d" % pid, "what was told")

    def finds(self, pid, *words):
        with self.waiter(*words) as w:
            w.ends()
            self.told(pid)

    def silent(self, w, during_s=0.4):
        self.socket.setblocking(False)

        def nothing():
            try:
                raise AssertionError("told %r" % self.socket.recv(4096))
            except BlockingIOError:
                return w.child.poll() is None
        stays(nothing, during_s, "it waits and tells nothing")
        self.socket.settimeout(5)


def test_pidfile():
    """-p: the pidfile is there, whatever blanks are in it"""
    for text in ("%d\n", "%d", "%d  \n", "%d\r\n", "%d\n/var/lib/db\n5432\n"):
        with Scene() as s:
            pid = sleeper()
            members(NEVER, pid)
            write(s.pidfile, text % pid)
            s.finds(pid, "-p", s.pidfile)


def test_abstract():
    """an abstract notify socket"""
    with Scene(abstract=True) as s:
        pid = sleeper()
        members(pid)
        write(s.pidfile, "%d\n" % pid)
        s.finds(pid, "-p", s.pidfile)


def test_pidfile_later():
    """-p: the pidfile comes later, empty first; no wake-up before that"""
    with Scene() as s:
        pid = sleeper()
        members(pid)
        with s.waiter("-p", s.pidfile) as w:
            w.quiet()
            write(s.pidfile)
            s.silent(w)
            w.quiet(0.2)
            with open(s.pidfile, "w") as file:
                file.write("%d\n" % pid)
                file.flush()
                # The daemon may keep it open, and locked.
                w.ends()
            s.told(pid)


def test_pidfile_stale():
    """-p: a pidfile of a dead process is waited over until it is rewritten"""
    with Scene() as s:
        pid = sleeper()
        members(pid)
        for text in (str(NEVER), "1", "0", "-5", "x", "99999999999",
                     "%dx" % pid, " %d" % pid):
            write(s.pidfile, text + "\n")
            with s.waiter("-p", s.pidfile) as w:
                s.silent(w, 0.2)
                w.quiet(0.1)
                other = write(s.pidfile + ".new", "%d\n" % pid)
                os.rename(other, s.pidfile)
                w.ends()
                s.told(pid)


def test_pidfile_zombie():
    """-p: a process that has ended and is not reaped is dead"""
    with Scene() as s:
        pid = sleeper()
        zombie = sleeper()
        os.kill(zombie, signal.SIGKILL)
        until(lambda: status_of(zombie, "State")[0] == "Z", 5, "a zombie")
        members(pid, zombie)
        write(s.pidfile, "%d\n" % zombie)
        with s.waiter("-p", s.pidfile) as w:
            s.silent(w)
            write(s.pidfile, "%d\n" % pid)
            w.ends()
            s.told(pid)


def test_pidfile_foreign():
    """-p: a pidfile of a live process of somebody else is waited over"""
    with Scene() as s:
        pid, foreign = sleeper(), sleeper()
        members(pid, int(str(foreign) + "0"))
        write(s.pidfile, "%d\n" % foreign)
        with s.waiter("-p", s.pidfile) as w:
            s.silent(w)
            w.quiet(0.2)
            write(s.pidfile, "%d\n" % pid)
            w.ends()
            s.told(pid)


def test_pidfile_no_cgroup():
    """-p without cgroups: a child of PID 1, started about when it was written"""
    with Scene(cgroup=False) as s:
        pid = sleeper()
        write(s.pidfile, "%d\n" % pid)
        s.finds(pid, "-p", s.pidfile)
        for age_s in (100, -100):
            stat = os.stat(s.pidfile)
            os.utime(s.pidfile, (stat.st_mtime - age_s,) * 2)
            with s.waiter("-p", s.pidfile) as w:
                s.silent(w)
                w.quiet(0.2)
                # Written while it is looked at, it is believed, whatever the
                # clock was.
                other = write(s.pidfile + ".new", "%d\n" % pid)
                os.utime(other, (1, 1))
                os.rename(other, s.pidfile)
                w.ends()
                s.told(pid)
            write(s.pidfile, "%d\n" % pid)


def test_pidfile_starter_alive():
    """-p without cgroups: it is not told before the starter has ended"""
    with Scene(cgroup=False) as s:
        starter, pid = grandchild()
        write(s.pidfile, "%d\n" % pid)
        with s.waiter("-p", s.pidfile) as w:
            s.silent(w)
            starter.kill()
            starter.wait()
            w.ends()
            s.told(pid)
        os.kill(pid, signal.SIGKILL)


def test_oldest():
    """without -p: the oldest of the cgroup, itself and its ancestors apart"""
    with Scene() as s:
        pids = [sleeper() for _ in range(3)]
        with s.waiter() as w:
            s.silent(w, 0.2)
            members(1, os.getpid(), w.child.pid, *reversed(pids))
            w.ends()
            s.told(pids[0])


def test_oldest_ancestor():
    """without -p: neither itself nor what it was started by is the service"""
    with Scene() as s:
        with Waiter("-c", '"$0" "$@"; exit $?', RCWAIT, "main", "-n", "svc",
                    program="/bin/sh", env=s.env) as w:
            children = "/proc/%d/task/%d/children" % (w.child.pid, w.child.pid)

            def child():
                with open(children) as file:
                    return file.read().split()
            itself = int(until(child, 5, "rcwait runs")[0])
            members(1, w.child.pid, itself)
            s.silent(w, 2.5)
            pid = sleeper()
            members(1, w.child.pid, itself, pid)
            w.ends()
            s.told(pid)


def test_oldest_settles():
    """without -p: one that goes away at once is not the one"""
    with Scene() as s:
        first, second = sleeper(), sleeper()
        members(first, second)
        with s.waiter() as w:
            s.silent(w, 0.05)
            os.kill(first, signal.SIGKILL)
            w.ends()
            s.told(second)


def test_oldest_starter():
    """without -p: a starter that is still there is not the one"""
    with Scene() as s:
        starter = subprocess.Popen(
            ["sh", "-c", "sleep 100000 & echo $!; read x"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            start_new_session=True)
        sleepers.append(starter)
        pid = int(starter.stdout.readline())
        members(starter.pid, pid)
        with s.waiter() as w:
            s.silent(w, 0.8)
            starter.stdin.close()
            starter.wait()
            w.ends()
            s.told(pid)
        os.kill(pid, signal.SIGKILL)


def test_oldest_like_starter():
    """without -p: what looks like a starter and stays is the service"""
    with Scene() as s:
        child = subprocess.Popen(["sleep", "100000"], start_new_session=True)
        sleepers.append(child)
        members(child.pid)
        s.finds(child.pid)


def test_nothing_to_find():
    """without -p and without cgroups it says so, and ends well"""
    with Scene(cgroup=False) as s:
        with s.waiter() as w:
            w.ends(said="tinyinit: svc: its main process is not known: without "
                        "cgroups it needs a pidfile\n")


def test_condition():
    """a condition is waited for behind the telling"""
    with Scene() as s:
        pid = sleeper()
        members(pid)
        write(s.pidfile, "%d\n" % pid)
        ready = WORK + "/run/ready"
        with s.waiter("-p", s.pidfile, "file=" + ready) as w:
            s.told(pid)
            w.quiet()
            write(ready)
            w.ends()


def test_not_told():
    """no notify socket, or nobody behind it, is a failure that is said"""
    with Scene() as s:
        pid = sleeper()
        members(pid)
        write(s.pidfile, "%d\n" % pid)
        for env, text in (
                (ENV, "no NOTIFY_SOCKET to tell the main process to"),
                (dict(ENV, NOTIFY_SOCKET="relative"),
                 "no NOTIFY_SOCKET to tell the main process to"),
                (dict(ENV, NOTIFY_SOCKET="/nope"), "telling the main process: "
                 "/nope: No such file or directory")):
            run = Run([RCWAIT, "main", "-n", "svc", "-p", s.pidfile], env=env)
            equal((run.code, run.err), (1, ["tinyinit: svc: " + text]), text)


def test_usage():
    """words that are wrong end with 2"""
    for words in ([], ["-n"], ["-p", "/x"], ["-n", "a/b"], ["-n", "x", "-p"],
                  ["-n", "x", "-p", "relative"], ["-n", "x", "-q"],
                  ["-n", "x", "tcp=1", "tcp=2"], ["-n", "x", "nonsense"]):
        run = Run([RCWAIT, "main", *words])
        equal((run.code, run.out), (2, ""), str(words))
        assert run.err, words
