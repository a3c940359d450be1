"""rcwait for: each kind of thing, there already and coming later."""

import glob
import os
import re
import resource
import signal
import socket

from poll import stays, until
from tap import equal
from tools import (ENV, NOBODY, RCWAIT, TOP, WORK, Run, Waiter, command, folder,
                   fresh_tmpfs, write)


def holds(*items):
    run = Run([RCWAIT, "for", *items])
    equal((run.code, run.out, run.err), (0, "", []), "for %s" % (items,))


def comes(happen, *items, **more):
    """It sleeps soundly, nothing else wakes it for good, and then it comes."""
    with Waiter("for", *items, **more) as w:
        w.quiet()
        happen()
        w.ends()


def waits_on(w, why):
    """It has looked again, if there was a reason to, and goes on waiting."""
    w.asleep()
    stays(lambda: w.child.poll() is None, 0.2, why)
    w.asleep()


def test_there():
    """what holds already costs no sleep and no word"""
    command("ip", "link", "set", "lo", "up")
    target = write(folder("there") + "/file")
    os.symlink(target, WORK + "/there/link")
    holds("path=" + target)
    holds("path=" + WORK + "/there/link", "path=/", "path=/tmp/")
    holds("dev=null", "dev=/dev/null", "dev=pts")
    holds("mount=/proc", "mount=/", "mount=/proc/")
    holds("net=lo", "net=lo,up", "net=lo,carrier", "net=lo,address")
    holds("time")


def test_path_appears():
    """path: a file that is made, renamed, linked to its place"""
    base = folder("base")
    path = base + "/it"
    for happen in (lambda: write(path), lambda: os.mkdir(path),
                   lambda: os.rename(write(WORK + "/other"), path),
                   lambda: os.symlink("/proc", path),
                   lambda: os.link(write(WORK + "/other"), path),
                   lambda: os.mkfifo(path)):
        base = folder("base")
        comes(happen, "path=" + path)


def test_path_deep():
    """path: folders that appear one after the other, and all at once"""
    base = folder("base")
    with Waiter("for", "path=%s/a/b/c/d" % base) as w:
        for name in ("/a", "/a/b", "/a/b/c"):
            w.quiet(0.1)
            os.mkdir(base + name)
            waits_on(w, "only %s is there" % name)
        w.quiet()
        write(base + "/a/b/c/d")
        w.ends()
    for _ in range(30):
        base = folder("base")
        with Waiter("for", "path=%s/a/b/c/d" % base) as w:
            w.asleep()
            os.makedirs(base + "/a/b/c/d")
            w.ends()


def test_path_race():
    """path: made while it is being looked for, it is never missed"""
    for _ in range(60):
        base = folder("base")
        with Waiter("for", "path=%s/a/b/c" % base) as w:
            os.makedirs(base + "/a/b/c")
            w.ends()


def test_path_vanishes():
    """path: a folder on the way that is taken away or replaced"""
    base = folder("base")
    os.makedirs(base + "/a/b")
    with Waiter("for", "path=%s/a/b/c" % base) as w:
        w.asleep()
        os.rename(base + "/a", base + "/z")
        waits_on(w, "the folder is gone")
        os.makedirs(base + "/a/b")
        waits_on(w, "the new folder is empty")
        write(base + "/a/b/c")
        w.ends()


def test_path_not_a_folder():
    """path: something on the way is a file, and then a folder"""
    base = folder("base")
    write(base + "/a")

    def happen():
        os.unlink(base + "/a")
        os.mkdir(base + "/a")
        write(base + "/a/it")
    comes(happen, "path=%s/a/it" % base)


def test_path_links():
    """path: a link that leads nowhere yet, and one that is turned elsewhere"""
    base = folder("base")
    os.symlink("real/file", base + "/link")
    comes(lambda: write(base + "/real/file"), "path=%s/link" % base)
    base = folder("base")
    os.makedirs(base + "/v1")
    write(base + "/v2/file")
    os.symlink("v1", base + "/now")

    def happen():
        os.symlink("v2", base + "/next")
        os.rename(base + "/next", base + "/now")
    comes(happen, "path=%s/now/file" % base)
    base = folder("base")
    os.symlink("loop", base + "/loop")

    def unloop():
        os.unlink(base + "/loop")
        write(base + "/loop")
    comes(unloop, "path=%s/loop" % base)


def test_path_mounted():
    """path: a file that comes with a mount"""
    base = folder("base")
    source = folder("source")
    write(source + "/file")
    comes(lambda: command("mount", "--bind", source, base),
          "path=%s/file" % base)
    command("umount", base)


def test_path_unrelated():
    """path: what appears beside it does not end the wait"""
    base = folder("base")
    with Waiter("for", "path=%s/it" % base) as w:
        for name in ("i", "it2", "IT", ".it"):
            write(base + "/" + name)
            waits_on(w, name)
        write(base + "/it")
        w.ends()


def test_all():
    """all items have to hold at the same time"""
    base = folder("base")
    with Waiter("for", "path=%s/a" % base, "path=%s/b" % base) as w:
        w.asleep()
        write(base + "/a")
        waits_on(w, "b is missing")
        os.unlink(base + "/a")
        write(base + "/b")
        waits_on(w, "a is gone again")
        write(base + "/a")
        w.ends()


def test_device():
    """dev: a node that appears, also below folders and through a link"""
    fresh_tmpfs("/dev/shm")
    node = "shm/disk/by-label/data"

    def happen():
        os.makedirs("/dev/shm/disk/by-label")
        os.symlink("../../../null", "/dev/" + node)
    comes(happen, "dev=" + node)
    os.unlink("/dev/" + node)
    comes(lambda: os.symlink("/dev/null", "/dev/" + node), "dev=/dev/" + node)


def test_device_uevent():
    """dev: a uevent makes it look again, more than the socket holds do too"""
    kernel = "/sys/class/mem/null/uevent"
    fresh_tmpfs("/dev/shm")
    with Waiter("for", "dev=shm/none") as w:
        w.quiet()
        before = w.switches()[0]
        w.child.send_signal(signal.SIGSTOP)
        for _ in range(500 if os.access(kernel, os.W_OK) else 0):
            with open(kernel, "w") as file:
                file.write("change")
        w.child.send_signal(signal.SIGCONT)
        if os.access(kernel, os.W_OK):
            until(lambda: w.switches()[0] > before + 1, 5, "it has looked")
        w.quiet()
        write("/dev/shm/none")
        w.ends()


def test_mount():
    """mount: something is mounted there, also with odd names and over links"""
    base = folder("base")
    for name in ("plain", "with blank", "back\\slash", "tab\there"):
        where = base + "/" + name
        os.mkdir(where)
        comes(lambda: command("mount", "-t", "tmpfs", "tmpfs", where),
              "mount=" + where)
        holds("mount=" + where)
        command("umount", where)
    os.symlink("plain", base + "/link")
    comes(lambda: command("mount", "-t", "tmpfs", "tmpfs", base + "/plain"),
          "mount=%s/link/" % base)
    with Waiter("for", "mount=" + base) as w:
        waits_on(w, "only something below it is mounted")
    command("umount", base + "/plain")


def test_mount_later_folder():
    """mount: the folder itself is not there yet"""
    base = folder("base")

    def happen():
        os.makedirs(base + "/a/b")
        command("mount", "-t", "tmpfs", "tmpfs", base + "/a/b")
    comes(happen, "mount=%s/a/b" % base)
    command("umount", base + "/a/b")


def ip(*words):
    command("ip", *words)


def make_pair():
    """A virtual cable t0 - t1, both ends down."""
    Run(["ip", "link", "del", "t0"])
    ip("link", "add", "t0", "type", "veth", "peer", "name", "t1")


def test_net_up():
    """net=IFACE: up is the default"""
    Run(["ip", "link", "del", "t0"])
    with Waiter("for", "net=t0") as one, Waiter("for", "net=t0,up") as other:
        one.quiet()
        make_pair()
        waits_on(one, "it is there, but down")
        ip("link", "set", "t0", "up")
        one.ends()
        other.ends()


def test_net_carrier():
    """net=IFACE,carrier: the other end of the cable"""
    make_pair()
    ip("link", "set", "t0", "up")
    comes(lambda: ip("link", "set", "t1", "up"), "net=t0,carrier")


def test_net_address():
    """net=IFACE,address: of IPv4 or IPv6, on an interface that is up"""
    make_pair()
    ip("link", "set", "t0", "up")
    ip("link", "set", "t1", "up")
    ip("addr", "add", "192.0.2.9/24", "dev", "t1")
    with Waiter("for", "net=t0,address") as w:
        # IPv6 gets itself a link-local one, and soon knows it to be unique.
        until(lambda: re.search(r"fe80((?!tentative).)*$", Run(
            ["ip", "-o", "-6", "addr", "show", "dev", "t0"]).out), 10,
            "link-local address")
        waits_on(w, "link-local and the other interface's do not count")
        ip("addr", "add", "192.0.2.1/24", "dev", "t0")
        w.ends()
    ip("addr", "del", "192.0.2.1/24", "dev", "t0")
    comes(lambda: ip("addr", "add", "2001:db8::1/64", "dev", "t0"),
          "net=t0,address")
    make_pair()
    ip("addr", "add", "192.0.2.1/24", "dev", "t0")
    comes(lambda: ip("link", "set", "t0", "up"), "net=t0,address")


def test_net_tentative():
    """net=IFACE,address: not before an IPv6 address is known to be unique"""
    make_pair()
    ip("link", "set", "t0", "up")
    ip("addr", "add", "2001:db8::2/64", "dev", "t0")
    with Waiter("for", "net=t0,address") as w:
        waits_on(w, "without the other end it cannot be found out")
        ip("link", "set", "t1", "up")
        w.ends(timeout_s=10)


def test_net_route():
    """net=default-route: of IPv4 or IPv6, and no other route"""
    make_pair()
    for one in ("t0", "t1"):
        # No address of its own, whose event would hide that a route has none.
        ip("link", "set", one, "addrgenmode", "none", "up")
    ip("addr", "add", "192.0.2.1/24", "dev", "t0")
    ip("addr", "add", "2001:db8::3/64", "dev", "t0", "nodad")
    with Waiter("for", "net=default-route") as w:
        w.asleep()
        ip("route", "add", "198.51.100.0/24", "via", "192.0.2.7")
        ip("route", "add", "unreachable", "default", "metric", "999")
        waits_on(w, "these are not default routes")
        ip("route", "add", "default", "via", "192.0.2.7")
        w.ends()
    ip("route", "del", "default", "via", "192.0.2.7")
    comes(lambda: ip("-6", "route", "add", "default", "via", "2001:db8::9",
                     "dev", "t0"), "net=default-route")
    holds("net=default-route")
    ip("link", "del", "t0")
    with Waiter("for", "net=default-route") as w:
        waits_on(w, "it went with the interface")


def test_net_flood():
    """net: more events than the socket holds lose nothing"""
    make_pair()
    ip("link", "set", "t0", "up")
    with Waiter("for", "net=t0,address") as w:
        w.asleep()
        w.child.send_signal(signal.SIGSTOP)
        batch = "".join("route add 10.%d.%d.0/24 dev t0\n" % (i // 250, i % 250)
                        for i in range(5000))
        command("ip", "-batch", write(WORK + "/batch", batch))
        ip("addr", "add", "192.0.2.1/32", "dev", "t0")
        w.child.send_signal(signal.SIGCONT)
        w.ends()


# In place of the C library's: a clock that a file tells, "" is the real one.
CLOCK = """
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
time_t time(time_t *at)
{
	char text[32] = { 0 };
	int fd = open(getenv("CLOCK"), O_RDONLY);
	(void)!read(fd, text, sizeof(text) - 1);
	close(fd);
	(void)at;
	return atol(text);
}
"""


def clock_of(seconds):
    """rcwait linked with a clock of its own; nobody may set the host's."""
    program = WORK + "/clock/rcwait"
    if not os.path.exists(program):
        command("gcc", "-std=gnu11", "-D_GNU_SOURCE", "-iquote",
                TOP + "/init/ctl", "-iquote", TOP + "/init/core", "-iquote",
                TOP + "/init", "-o", program,
                write(WORK + "/clock/clock.c", CLOCK),
                *glob.glob(TOP + "/init/ctl/*.c"),
                *glob.glob(TOP + "/init/core/*.c"))
    return {"program": program, "env": dict(ENV, CLOCK=write(
        WORK + "/clock/now", str(seconds)))}


def test_time():
    """time: from 2024 on the clock has been set"""
    clock = clock_of(1704067200)
    run = Run([clock["program"], "for", "time"], env=clock["env"])
    equal((run.code, run.err), (0, []), "the first second of 2024")
    with Waiter("for", "time", **clock_of(1704067199)) as w:
        w.quiet()


def test_time_mark():
    """time: the clock is wrong, but somebody says that it is right"""
    fresh_tmpfs("/run")
    comes(lambda: write("/run/tinyinit/time"), "time", **clock_of(10))


def test_many():
    """items of all kinds together"""
    make_pair()
    base = folder("base")
    items = ["path=%s/x" % base, "net=t0,up", "mount=%s/m" % base, "time",
             "dev=null", "net=lo"]
    with Waiter("for", *items) as w:
        w.quiet()
        os.mkdir(base + "/m")
        command("mount", "-t", "tmpfs", "tmpfs", base + "/m")
        write(base + "/x")
        waits_on(w, "the interface is down")
        ip("link", "set", "t0", "up")
        w.ends()
    command("umount", base + "/m")


def test_unknown():
    """an item that is none ends with 2 and says so"""
    for item in ("", "pth=/x", "path=", "path=x", "dev=", "mount=x", "mount=",
                 "net=", "net=eth0,", "net=eth0,down", "net=,up", "time=1",
                 "net=" + "x" * 16, "net=a/b", "/x", "path"):
        run = Run([RCWAIT, "for", "path=/", item])
        equal((run.code, run.err), (2, [
            'tinyinit: rcwait: unknown item "%s"' % item]), item)
    for words in ([], ["for"], ["ready"], ["nope", "x"], ["ready", "a", "b"]):
        run = Run([RCWAIT, *words])
        equal((run.code, run.out), (2, ""), "usage of %s" % words)
        assert run.err[0].startswith("usage: rcwait for"), run.err


def without_inotify():
    """No descriptor left for what this process opens itself."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))


FALLBACK = "tinyinit: rcwait: no inotify (%s): looking every 500 ms\n"


def test_no_descriptors():
    """without descriptors it looks again and again, and says so once"""
    path = folder("base") + "/it"
    with Waiter("for", "path=" + path, preexec_fn=without_inotify) as w:
        w.asleep()
        write(path)
        w.ends(said=FALLBACK % "No file descriptors available")
    # What holds already is found without a word.
    with Waiter("for", "path=" + path, preexec_fn=without_inotify) as w:
        w.ends()


def test_no_watches():
    """with a folder that it may not watch it looks again and again, and says so once"""
    path = folder("base") + "/it"
    os.chmod(WORK + "/base", 0o711)

    def unreadable():
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)

    with Waiter("for", "path=" + path, preexec_fn=unreadable) as w:
        w.asleep()
        write(path)
        w.ends(said=FALLBACK % "Permission denied")


def test_no_sockets_leak():
    """it leaves the descriptors it was given alone"""
    ours, theirs = socket.socketpair()
    path = folder("base") + "/it"
    with Waiter("for", "path=" + path, pass_fds=[theirs.fileno()]) as w:
        w.asleep()
        theirs.close()
        write(path)
        w.ends()
    ours.setblocking(False)
    equal(ours.recv(1), b"", "nothing was written")
    ours.close()
