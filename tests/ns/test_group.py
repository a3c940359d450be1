"""What is left of a service: with a control group of its own, and without.

The host's root may give the machine a control group (machine.py, `group`);
where that cannot be, the boots in QEMU are left.  Controllers are the host's
own affair, so limits of a group are tried there too.
"""

import os

from machine import AGAIN, Machine, daemon, host_groups, recorder, service
from poll import stays, until
from tap import equal


def group_of(pid):
    """The path behind "0::", the group of version 2."""
    with open("/proc/%d/cgroup" % pid) as file:
        for line in file:
            if line.startswith("0::"):
                return line.rstrip("\n")[3:]
    return ""


def test_without():
    """without groups, what is left in a service's session goes with it"""
    with Machine(scripts={
            "d": daemon("d", do="child child hold"), "good": daemon("good"),
            "deaf": daemon("deaf", "stop-timeout 300ms",
                           do="deaf=15 child hold")}) as m:
        m.ready()
        good = m.wait_daemon("good")
        until(lambda: len(m.daemons("d")) == 3 and len(m.daemons("deaf")) == 2,
              5, "all are there")
        m.sh("rm /etc/rc.d/d /etc/rc.d/deaf")
        m.reload()
        m.no_daemon("d", 5)
        m.no_daemon("deaf", 5)
        equal(m.daemons("good"), [good], "the other one")


def test_settings_without():
    """without groups a service that wants limits of its own starts, and is told"""
    with Machine(scripts={"d": daemon("d", "cgroup pids.max=50")}) as m:
        equal(m.ready(), (1, 0), "services, failed")
        m.wait_daemon("d")
        m.con.must_have(r"^tinyinit: d: no cgroups here: .*pids\.max=50")


def test_bomb_down():
    """a fork bomb without any limit but the kernel's does not hold the board"""
    with Machine(scripts={"bomb": daemon("bomb", "limit nproc=300",
                                         do="child child child child hold"),
                          "good": daemon("good")}) as m:
        m.ready()
        m.wait_daemon("good")
        m.signal("TERM")
        m.ends_with(AGAIN, 15)


if host_groups():
    def grouped(scripts, **options):
        return Machine(scripts=scripts, group=True, **options)

    def test_own():
        """every service has a group of its own, named like it; PID 1 is in none"""
        with grouped({"a": daemon("a", do="child far hold"),
                      "b": daemon("b", "umask 077"),
                      "w@": service("run /bin/payload do name=w hold",
                                    "instance x"),
                      "job": recorder()}) as m:
            equal(m.ready(), (4, 0), "services, failed")
            until(lambda: len(m.daemons("a")) == 3, 5, "all of a")
            top = group_of(m.pid)
            for name, group in (("a", "a"), ("b", "b"), ("w", "w@x")):
                for pid in m.daemons(name):
                    equal(group_of(pid), "%s/rc/%s" % (top, group),
                          "the group of " + name)

    def test_stop():
        """all of a service is gone when it stops, also what has left its session"""
        with grouped({"d": daemon("d", do="child far far hold"),
                      "deaf": daemon("deaf", "stop-timeout 300ms",
                                     do="deaf=15 far hold"),
                      "good": daemon("good", do="far hold")}) as m:
            m.ready()
            until(lambda: len(m.daemons("d")) == 4 and
                  len(m.daemons("deaf")) == 2 and
                  len(m.daemons("good")) == 2, 5, "all are there")
            good = sorted(m.daemons("good"))
            m.sh("rm /etc/rc.d/d /etc/rc.d/deaf")
            m.reload()
            m.no_daemon("d", 5)
            m.no_daemon("deaf", 5)
            equal(sorted(m.daemons("good")), good, "the other one")
            m.no_zombies()
            for name in ("d", "deaf"):
                assert not m.sh("cat /sys/fs/cgroup/rc/%s/cgroup.procs"
                                % name, check=False).strip().isdigit(), name

    def test_crash():
        """what a service that died leaves behind is gone before it starts again"""
        with grouped({"d": daemon("d", "restart always 100ms..1s",
                                  do="far child hold")}) as m:
            m.ready()
            pids = until(lambda: len(m.daemons("d")) == 3 and m.daemons("d"),
                         5, "three processes")
            main = min(pids, key=lambda p: int(
                m.status_of(p)["NSpid"].split()[-1]))
            m.kill(main)
            m.con.expect(r"^tinyinit: d: ended: killed by SIGKILL", 5)
            until(lambda: len(m.daemons("d")) == 3 and
                  not set(pids) & set(m.daemons("d")), 5,
                  lambda: "three others: %r" % m.processes())

    def test_failed_start():
        """a start that fails or takes too long leaves nothing behind"""
        with grouped({
                "fails": service(body="setsid /bin/sleep 100000 &\nexit 1"),
                "slow": service("start-timeout 300ms",
                                body="setsid /bin/sleep 200000 &\n"
                                "exec /bin/sleep 300000"),
                "fine": service(body="setsid /bin/sleep 400000 &")}) as m:
            equal(m.ready(), (3, 2), "services, failed")
            until(lambda: not any(m.find("/bin/sleep", n) for n in (
                "100000", "200000", "300000")), 5,
                lambda: "they are gone: %r" % m.processes())
            m.wait_for("/bin/sleep", "400000")

    def test_bomb():
        """a fork bomb is ended as a whole when its service stops"""
        with grouped({"bomb": daemon("bomb", "limit nproc=400",
                                     "stop-timeout 200ms",
                                     do="deaf=15 bomb"),
                      "good": daemon("good")}, users=True) as m:
            m.ready()
            good = m.wait_daemon("good")
            until(lambda: len(m.daemons("bomb")) > 100, 20, "it forks")
            m.sh("mv /etc/rc.d/bomb /etc/bomb || :", check=False)
            m.signal("HUP")
            m.con.expect(r"^tinyinit: reloaded", 20)
            m.no_daemon("bomb", 20)
            equal(m.daemons("good"), [good], "the other one")
            m.no_zombies()
            m.signal("TERM")
            m.ends_with(AGAIN, 15)

    def test_forking():
        """a forking daemon is found in its group without a pidfile, and watched"""
        with grouped({"f": service(
                "type forking", "restart always 100ms..1s",
                "run /bin/payload do name=f fork setsid fork hold"),
                "user": service("require f", body="echo user >>/order")}) as m:
            equal(m.ready(), (2, 0), "services, failed")
            equal(m.lines("/order"), ["user"], "what needs it")
            pid = m.wait_daemon("f")
            m.kill(pid)
            m.con.expect(r"^tinyinit: f: ended: killed by SIGKILL; starting"
                         " again", 10)
            m.wait_daemon("f", other_than=(pid,))
            m.sh("rm /etc/rc.d/f")
            m.reload()
            m.no_daemon("f", 5)

    def test_notify():
        """READY=1 of any process of the service's group is believed"""
        with grouped({
                "near": service("type daemon", "ready notify", body="""
setsid /bin/payload do notify=READY=1 pause=500 &
exec /bin/payload do name=near hold"""),
                "user": service("require near", body=":")}) as m:
            equal(m.ready(), (2, 0), "services, failed")

    def test_frozen():
        """a frozen service can be stopped"""
        with grouped({"d": daemon("d", "stop-timeout 300ms", do="far hold")}
                     ) as m:
            m.ready()
            until(lambda: len(m.daemons("d")) == 2, 5, "both")
            with open(m.group + "/rc/d/cgroup.freeze", "w") as file:
                file.write("1")
            m.sh("rm /etc/rc.d/d")
            m.reload()
            m.no_daemon("d", 5)

    def test_down():
        """a board with groups goes down, and leaves none of its processes"""
        with grouped({"d%d" % n: daemon("d%d" % n, do="far child hold")
                      for n in range(8)}) as m:
            equal(m.ready(), (8, 0), "services, failed")
            m.signal("TERM")
            m.ends_with(AGAIN, 15)

    def test_plain_daemon():
        """what a plain script starts lives until its stop, and no longer"""
        with grouped({"10-x": recorder("/bin/sleep 100000 &")}) as m:
            m.ready()
            m.shell()
            stays(lambda: m.find("/bin/sleep", "100000"), 0.2, "it lives")
            m.sh("chmod -x /etc/rc.d/10-x")
            m.reload()
            until(lambda: not m.find("/bin/sleep", "100000"), 5, "it is gone")
