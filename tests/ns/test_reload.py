"""HUP: from the services as they were to the services as they are written now."""

import random
import re

from machine import AGAIN, DOWN, Machine, daemon, recorder, service
from poll import stays, until
from tap import equal


def test_unchanged():
    """what did not change keeps its process, and its state"""
    with Machine(scripts={"d": daemon("d"), "n": daemon(
            "n", "ready notify", do="notify=READY=1 hold"),
            "job": recorder(), "t": service("type target", "require d")}) as m:
        m.ready()
        pids = [m.wait_daemon("d"), m.wait_daemon("n")]
        for _ in range(3):
            equal(m.reload(), (4, 0), "services, new or changed")
        m.sh("touch /etc/rc.d/* && chmod 700 /etc/rc.d/d")
        equal(m.reload(), (4, 0), "services, new or changed")
        equal([m.wait_daemon("d"), m.wait_daemon("n")], pids, "the same")
        equal(m.lines("/order"), ["job start"], "what ran once")


def test_changes():
    """gone stops, new starts, changed restarts, in the order of the graph"""
    with Machine(scripts={
            "base": daemon("base"), "gone": daemon("gone", "require base"),
            "gone-job": recorder(), "changed": daemon("changed"),
            "job": recorder()}) as m:
        m.ready()
        base, changed = m.wait_daemon("base"), m.wait_daemon("changed")
        m.sh("cd /etc/rc.d && rm gone gone-job && "
             "sed -i 's/changed hold/changed name=new hold/' changed")
        m.write("/etc/rc.d/fresh", daemon("fresh", "require base"))
        m.write("/etc/rc.d/fresh-job", recorder())
        equal(m.reload(), (5, 3), "services, new or changed")
        m.wait_daemon("fresh")
        equal(m.wait_daemon("new"), m.wait_daemon("changed",
                                                  other_than=(changed,)),
              "the changed one")
        m.no_daemon("gone")
        equal(m.daemons("base"), [base], "the unchanged one")
        until(lambda: sorted(m.lines("/order")) == [
            "fresh-job start", "gone-job start", "job start"], 5,
            lambda: "the jobs: %r" % m.lines("/order"))
        m.con.must_have(r"^\[fail\] gone-job stop: no such file")


def test_users_of_changed():
    """what requires a changed service stops before it and starts after it"""
    trap = ("trap 'echo %(n)s- >>/order; exit 0' TERM\necho %(n)s+ >>/order\n"
            "while :; do /bin/sleep 100000 & wait; done")
    with Machine(scripts={
            "base": service("type daemon", "env A=1", body=trap % {"n": "base"}),
            "user": service("type daemon", "require base", "ready exec",
                            body=trap % {"n": "user"})}) as m:
        m.ready()
        m.wait_lines("/order", 2)
        m.sh("sed -i s/A=1/A=2/ /etc/rc.d/base; : >/order")
        equal(m.reload(), (2, 1), "services, new or changed")
        lines = m.wait_lines("/order", 4)
        equal(lines[:2], ["user-", "base-"], "what stops")
        equal(sorted(lines[2:]), ["base+", "user+"], "what starts")


def test_broken():
    """a file that went bad harms nothing that runs, and says what is wrong"""
    with Machine(scripts={"d": daemon("d"), "u": daemon("u", "require d"),
                          "job": recorder()}) as m:
        m.ready()
        pids = [m.wait_daemon("d"), m.wait_daemon("u")]
        good = m.read("/etc/rc.d/d")
        for bad in ("#!/bin/sh\n#: rnu x\n", "#!/bin/sh\n#: run\n",
                    good + "#: require d\n",
                    good.replace("hold", "hold\n#: require nosuch"),
                    good.replace("hold", "hold\n#: user nosuch"),
                    good.replace("hold", "hold\n#: require u")):
            m.write("/etc/rc.d/d", bad)
            m.reload()
            equal([m.wait_daemon("d"), m.wait_daemon("u")], pids, "the same")
        m.con.must_have(r'^rcc: /etc/rc\.d/d:2:4: unknown key "rnu" ')
        m.write("/etc/rc.d/d", good)
        m.reload()
        equal([m.wait_daemon("d"), m.wait_daemon("u")], pids, "the same")
        equal(m.lines("/order"), ["job start"], "the job")
        m.kill(pids[0])
        m.wait_daemon("d", other_than=pids)


def test_mended():
    """what failed or was bad gets another try when it is written otherwise"""
    with Machine(scripts={
            "bad": "#!/bin/sh\n#: runn x\n", "fails": service(body="exit 1"),
            "absent": service("run /bin/none"),
            "user": service("require bad", body="echo user >>/order")}) as m:
        equal(m.ready(), (4, 4), "services, failed")
        m.write("/etc/rc.d/bad", daemon("bad"))
        m.write("/etc/rc.d/fails", daemon("fails"))
        m.write("/etc/rc.d/absent", daemon("absent"))
        m.reload()
        for name in ("bad", "fails", "absent"):
            m.wait_daemon(name)
        until(lambda: m.lines("/order") == ["user"], 5, "what needs it")


def test_enabled():
    """the executable bit starts and stops"""
    with Machine(scripts={"d": daemon("d"), "e": (daemon("e"), 0o644)}) as m:
        m.ready()
        m.wait_daemon("d")
        m.sh("chmod -x /etc/rc.d/d; chmod +x /etc/rc.d/e")
        m.reload()
        m.wait_daemon("e")
        m.no_daemon("d")


def test_empty():
    """all scripts gone, and back"""
    with Machine(scripts={"d%d" % n: daemon("d%d" % n) for n in range(4)}) as m:
        m.ready()
        m.sh("mv /etc/rc.d /etc/away")
        equal(m.reload()[0], 0, "services")
        for n in range(4):
            m.no_daemon("d%d" % n)
        m.sh("mv /etc/away /etc/rc.d")
        equal(m.reload()[0], 4, "services")
        for n in range(4):
            m.wait_daemon("d%d" % n)


def test_starting():
    """a reload while services start, wait and pause: each goes on"""
    with Machine(scripts={
            "slow": service(body='[ "$1" = stop ] || read x </gate\n'
                            "echo slow >>/order"),
            "never": daemon("never", "ready notify", "start-timeout 0"),
            "outside": service("wait path=/run/x", body="echo out >>/order"),
            "pause": daemon("pause", "restart always 60s..60s", do="exit=1"),
            "user": service("require slow", body="echo user >>/order")},
            files={"gate": ("fifo", None, 0o600)},
            words=["tinyinit.patience=1"]) as m:
        never = m.wait_daemon("never")
        m.con.expect(r"^tinyinit: pause: ended: exit 1; starting again in", 5)
        m.write("/etc/rc.d/new", recorder())
        equal(m.reload(), (6, 1), "services, new or changed")
        m.open_gate("/gate")
        until(lambda: m.lines("/order").count("user") == 1, 5, "the user")
        m.sh(": >/run/x")
        until(lambda: "out" in m.lines("/order"), 5, "what waited")
        equal(m.daemons("never"), [never], "what starts")
        equal(sorted(m.lines("/order")), ["new start", "out", "slow", "user"],
              "each once")


def test_renumbered():
    """one that starts is known by its line after a reload with others before it"""
    with Machine(scripts={"m": daemon("m", "ready fd=3",
                                      do="gate=/gate line=3 hold"),
                          "user": service("require m",
                                          body="echo user >>/order")},
                 files={"gate": ("fifo", None, 0o600)},
                 words=["tinyinit.patience=1"]) as m:
        pid = m.wait_daemon("m")
        m.ready()
        m.write("/etc/rc.d/a", daemon("a"))
        m.write("/etc/rc.d/b", daemon("b"))
        equal(m.reload(), (4, 2), "services, new or changed")
        m.open_gate("/gate")
        m.con.expect(r"^\[ ok \] m\b", 5)
        m.wait_lines("/order", 1)
        equal(m.daemons("m"), [pid], "its process")


def test_twice():
    """requests that come while one is under way are not lost, nor are they many"""
    with Machine(scripts={"deaf": daemon("deaf", "stop-timeout 500ms",
                                         do="deaf=15 hold"),
                          "d": daemon("d")}) as m:
        m.ready()
        d, deaf = m.wait_daemon("d"), m.wait_daemon("deaf")
        until(lambda: int(m.status_of(deaf)["SigIgn"], 16) & 1 << 14, 5,
              "it is deaf")
        m.sh("rm /etc/rc.d/deaf")
        m.signal("HUP")
        m.con.expect(r"deaf: still stopping", 10)
        m.write("/etc/rc.d/late", daemon("late"))
        for _ in range(20):
            m.signal("HUP")
        m.con.expect("^tinyinit: reloaded: ", 10)
        m.wait_daemon("late")
        equal(m.daemons("d"), [d], "the unchanged one")
        m.no_daemon("deaf")


def test_down_meanwhile():
    """a reload under way gives way to going down"""
    with Machine(scripts={"deaf": daemon("deaf", "stop-timeout 30s",
                                         do="deaf=15 hold"),
                          "d": daemon("d")},
                 words=["tinyinit.shutdown_timeout=4"]) as m:
        m.ready()
        m.wait_daemon("deaf")
        m.sh("rm /etc/rc.d/deaf")
        m.signal("HUP")
        m.signal("TERM")
        m.ends_with(AGAIN, 10)


def test_load():
    """twenty reloads, every file edited each time, while services crash"""
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    scripts = {"steady": daemon("steady", "restart always")}
    for n in range(4):
        scripts["crash%d" % n] = daemon(
            "crash%d" % n, "restart always 10ms..50ms, at most 10000 in 1h",
            do="pause=%d exit=%d" % (n * 10, n))
        scripts["kept%d" % n] = daemon("kept%d" % n, *(
            ["require kept%d" % (n - 1)] if n else []))
        scripts["job%d" % n] = service("want crash%d" % n, body=":")
    with Machine(scripts=scripts) as m:
        m.ready()
        steady = m.wait_daemon("steady")
        for turn in range(20):
            commands = ["cd /etc/rc.d"]
            for name in sorted(scripts):
                if name == "steady":
                    commands.append("touch steady")
                else:
                    commands.append("echo '# %d' >>%s" % (turn, name))
                    if rng.random() < 0.5:
                        commands.append(
                            "sed -i '/^#: env/d;1a #: env T=%d' %s"
                            % (turn, name))
            m.sh("\n".join(commands))
            equal(m.reload()[0], len(scripts), "services (seed %d)" % seed)
        for n in range(4):
            until(lambda n=n: len(m.daemons("kept%d" % n)) == 1, 10,
                  "kept%d (seed %d)" % (n, seed))
        equal(m.daemons("steady"), [steady], "the steady one")
        m.con.must_not_have("internal:")
        m.signal("USR2")
        m.ends_with(DOWN, 15)
        assert not re.search(r"still (stopping|starting)", m.con.clean())
    return ["seed %d" % seed]


def test_failing_compiler():
    """an rcc that fails at a reload changes nothing"""
    with Machine(scripts={"d": daemon("d")}) as m:
        m.ready()
        pid = m.wait_daemon("d")
        m.sh("rm /etc/rc.d/d; mv /sbin/rcc /sbin/away")
        m.signal("HUP")
        m.con.expect(r"^tinyinit: /sbin/rcc: no such file or interpreter; "
                     "the scripts were not read$", 10)
        m.write("/sbin/rcc", "#!/bin/sh\nkill -SEGV $$\n")
        m.signal("HUP")
        m.con.expect(r"^tinyinit: /sbin/rcc: killed by SIGSEGV; ", 10)
        m.write("/sbin/rcc", "#!/bin/sh\n"
                "echo rubbish >/run/tinyinit/table\n")
        m.signal("HUP")
        m.con.expect(r"^tinyinit: /run/tinyinit/table: cut off$", 10)
        stays(lambda: m.daemons("d") == [pid], 0.2, "it runs on")
        m.sh("mv /sbin/away /sbin/rcc")
        equal(m.reload()[0], 0, "services")
        m.no_daemon("d")
