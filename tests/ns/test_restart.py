"""What becomes of a service that ends: policies, pauses, limits."""

import re

from machine import AGAIN, Machine, daemon, service
from poll import stays, until
from tap import equal, within


def restarts(m, name):
    """What was said of each restart: (how it ended, the pause)."""
    return re.findall(r"^tinyinit: %s: ended: (.*); starting again in (.*)$"
                      % name, m.con.clean(), re.M)


def starts(m, name):
    return m.lines("/order").count(name)


def logged(name, *header, do):
    return daemon(name, *header, do="log=%s %s" % (name, do))


def test_policies():
    """no, on-failure and always, for an end that is good and for one that is not"""
    scripts = {}
    for policy in ("no", "on-failure", "always"):
        for word, end in (("good", "exit=0"), ("bad", "exit=3"),
                          ("dead", "die=11")):
            name = "%s-%s" % (policy, word)
            scripts[name] = logged(
                name, "restart %s%s" % (policy, "" if policy == "no"
                                        else " 100ms..200ms"),
                do="pause=20 " + end)
    again = {"on-failure-bad", "on-failure-dead", "always-good", "always-bad",
             "always-dead"}
    with Machine(scripts=scripts) as m:
        m.ready()
        for name in again:
            until(lambda n=name: starts(m, n) >= 3, 10, name + " three times")
        for name in set(scripts) - again:
            equal(starts(m, name), 1, "starts of " + name)
        for name, how in (("no-bad", "exit 3"), ("no-dead", "killed by SIGSEGV"),
                          ("no-good", "exit 0"), ("on-failure-good", "exit 0")):
            m.con.must_have(r"^tinyinit: %s: ended: %s, after \d+ m?s$"
                            % (name, how))
        for name, how in (("always-good", "exit 0"), ("always-bad", "exit 3"),
                          ("on-failure-dead", "killed by SIGSEGV")):
            equal({r[0] for r in restarts(m, name)}, {how}, "ends of " + name)


def test_default():
    """by itself a daemon starts again, and a one-shot does not"""
    with Machine(scripts={"d": logged("d", do="pause=1100 exit=0"),
                          "j": service(body="echo j >>/order; exit 1")}) as m:
        until(lambda: starts(m, "d") >= 2, 10, "the daemon starts again")
        equal(starts(m, "j"), 1, "starts of the one-shot")


def test_pauses():
    """the pause doubles from the first bound to the second, and is kept"""
    with Machine(scripts={"c": logged(
            "c", "restart always 50ms..400ms, at most 100 in 60s", do="exit=1")}
            ) as m:
        until(lambda: len(restarts(m, "c")) >= 6, 10, "six restarts")
        equal([r[1] for r in restarts(m, "c")][:6],
              ["50 ms", "100 ms", "200 ms", "400 ms", "400 ms", "400 ms"],
              "the pauses")
        # The seventh start is due 1550 ms after the first one.
        first = m.clock()
        seen = starts(m, "c")
        until(lambda: starts(m, "c") >= seen + 3, 5, "three more")
        within(m.clock() - first, 0.75, 2, "s of three pauses")


def test_just_up():
    """a crash right after UP is no boot that hangs: what needs it goes on"""
    with Machine(scripts={
            "c": daemon("c", "ready notify", "restart always 100ms..200ms",
                        do="notify=READY=1 exit=1"),
            "user": service("require c", body="echo user >>/order"),
            "other": service("after c", body="echo other >>/order")}) as m:
        until(lambda: len(restarts(m, "c")) >= 3, 10, "three restarts")
        until(lambda: "other" in m.lines("/order"), 5, "the other one")
        m.ready()
        m.shell()


def limit(then):
    return logged("c", "restart always 10ms..1s, at most 3 in 30s" + then,
                  do="exit=1")


def test_slow():
    """past its limit it goes on at the longest pause, and says so once"""
    with Machine(scripts={"c": limit("")}) as m:
        m.con.expect(r"^tinyinit: c: restarts too often; from now on after "
                     r"(1 s|1000 ms)$", 10)
        equal(len(restarts(m, "c")), 3, "restarts before that")
        begin, seen = m.clock(), starts(m, "c")
        until(lambda: starts(m, "c") >= seen + 2, 5, "it goes on")
        within(m.clock() - begin, 1.0, 3.5, "s of two slow starts")
        equal(len(re.findall("restarts too often", m.con.clean())), 1, "told")


def test_fail():
    """then fail: it is given up, visibly, and so is what needs it"""
    with Machine(scripts={
            "c": limit(" then fail"),
            "user": daemon("user", "require c"),
            "other": daemon("other")}) as m:
        m.con.expect(r"^\[fail\] c: restarts too often, given up$", 10)
        seen = starts(m, "c")
        equal(seen, 4, "starts")
        stays(lambda: starts(m, "c") == seen, 0.3, "no other start")
        m.no_daemon("user")
        m.wait_daemon("other")


def test_reboot():
    """then reboot: the board goes down, and says which service wanted it"""
    with Machine(scripts={"c": limit(" then reboot"),
                          "d": daemon("d")}) as m:
        m.con.expect(r"^tinyinit: reboot, because c restarts too often$", 10)
        m.ends_with(AGAIN, 10)


def test_rescue():
    """then rescue: a shell on the console, and the rest runs on"""
    with Machine(scripts={"c": limit(" then rescue"), "d": daemon("d")},
                 getty=None) as m:
        m.con.expect(r"^\[fail\] c: restarts too often, given up$", 10)
        until(lambda: m.find("/bin/sh"), 10, "the shell")
        m.con.send("echo he''re\n")
        m.con.expect("^here$", 10)
        m.wait_daemon("d")


def test_window():
    """the limit counts within its window only"""
    with Machine(scripts={"c": logged(
            "c", "restart always 10ms..20ms, at most 3 in 300ms then fail",
            do="pause=200 exit=1")}) as m:
        until(lambda: starts(m, "c") >= 8, 15, "eight starts")
        m.con.must_not_have("restarts too often")


def test_loop_idle():
    """a crash loop costs PID 1 next to nothing"""
    scripts = {"c%d" % n: daemon("c%d" % n, "restart always 10ms..50ms, at "
                                 "most 1000 in 1s", do="exit=1")
               for n in range(4)}
    with Machine(scripts=scripts) as m:
        m.ready()
        before, begin = m.cpu_ticks(), m.clock()
        until(lambda: m.clock() - begin >= 2, 5, "two seconds")
        assert len(restarts(m, "c0")) >= 10, "it does loop"
        within(m.cpu_ticks() - before, 0, 40, "ticks of PID 1 in two seconds")
        m.signal("TERM")
        m.ends_with(AGAIN, 10)


def test_oneshot():
    """a one-shot with on-failure is tried again until it has come off"""
    with Machine(scripts={
            "job": service("restart on-failure 50ms..100ms", body="""
echo job >>/order
[ $(grep -c job /order) -ge 3 ]"""),
            "user": service("require job", body="echo user >>/order")}) as m:
        until(lambda: "user" in m.lines("/order"), 10, "what needs it runs")
        equal(starts(m, "job"), 3, "tries")
        stays(lambda: starts(m, "job") == 3, 0.3, "it is done")


def test_user_of_restarted():
    """a service that ends and comes back takes nobody with it"""
    with Machine(scripts={
            "base": daemon("base", "restart always 100ms..1s"),
            "user": daemon("user", "require base"),
            "weak": daemon("weak", "want base")}) as m:
        m.ready()
        base, user, weak = (m.wait_daemon(n) for n in ("base", "user", "weak"))
        m.kill(base)
        m.wait_daemon("base", other_than=(base,))
        equal((m.daemons("user"), m.daemons("weak")), ([user], [weak]),
              "the others")


def test_orphans():
    """what a service leaves in its session is gone before it starts again"""
    with Machine(scripts={"c": daemon("c", "restart always 100ms..1s",
                                      do="child child hold")}) as m:
        m.ready()
        pids = until(lambda: len(m.daemons("c")) == 3 and m.daemons("c"), 5,
                     "three processes")
        main = min(pids, key=lambda p: int(m.status_of(p)["NSpid"].split()[1]))
        m.kill(main)
        m.con.expect(r"^tinyinit: c: ended: killed by SIGKILL", 5)
        until(lambda: not set(pids) & set(m.daemons("c")), 5,
              lambda: "the old ones are gone: %r" % m.processes())
        until(lambda: len(m.daemons("c")) == 3, 5, "the new ones are there")
