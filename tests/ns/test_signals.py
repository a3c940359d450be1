"""Signals to PID 1 that mean nothing must do nothing."""

import re
import signal

from machine import DOWN, Machine, recorder, script
from poll import stays, until
from tap import equal

MEANT = {signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGINT,
         signal.SIGPWR}
# From outside these two reach even a PID 1; inside nothing may come of them.
FORCED = {signal.SIGKILL, signal.SIGSTOP}


def still_good(m):
    """PID 1 reaps, and a script's request still takes the board down."""
    m.no_zombies()
    m.con.must_not_have(r"requested by")
    m.signal("USR2")
    m.ends_with(DOWN, 10)
    equal(m.lines("/order")[-1], "10-a stop", "the last stop")


def test_from_inside():
    """root inside may send 1..64, but for the five of the map, to no effect"""
    sent = [n for n in range(1, 65) if n not in MEANT]
    with Machine(scripts={"10-a": recorder()}) as m:
        m.ready()
        m.shell()
        m.inside("sh", "-c", "for n in %s; do kill -$n 1; done; ( : & )"
                 % " ".join(map(str, sent)))
        stays(lambda: m.alive() and m.status_of()["State"][0] in "SR", 0.3,
              "PID 1 runs")
        still_good(m)


def test_from_outside():
    """nor do signals from outside the namespace"""
    with Machine(scripts={"10-a": recorder()}) as m:
        m.ready()
        m.shell()
        for n in range(1, 65):
            if n not in MEANT and n not in FORCED:
                m.send(n)
        stays(m.alive, 0.3, "PID 1 lives")
        still_good(m)


def test_during_boot():
    """a storm of HUP, QUIT, WINCH, CONT and CHLD during the boot"""
    with Machine(scripts={"%03d-a" % n: recorder() for n in range(50)}) as m:
        m.con.expect(r"^tinyinit: \S", 10)
        for n in range(2000):
            m.signal(("HUP", "QUIT", "WINCH", "CONT", "CHLD")[n % 5])
        equal(m.ready(), (50, 0), "scripts, failed")
        equal(len(m.lines("/order")), 50, "scripts that have run")


def test_from_unprivileged():
    """the console's Ctrl-C, Ctrl-\\ and Ctrl-Z do not reach PID 1"""
    with Machine(scripts={"10-a": recorder()}) as m:
        m.ready()
        m.shell()
        m.con.send("\x03\x1c\x1a\n")
        m.con.send("echo alive-$((6 * 7))\n")
        m.con.expect(r"^alive-42$", 10)
        still_good(m)


def test_requester():
    """the line names who asked: pid, uid and signal"""
    with Machine(scripts={"10-a": recorder()}) as m:
        m.ready()
        text = m.inside("sh", "-c", "echo $$; kill -USR1 1; /bin/sleep 100000",
                        check=False)
        pid = text.split()[0]
        found = m.con.expect(
            r"^tinyinit: halt requested by pid (\d+) uid (\d+) \(SIGUSR1\)$")
        equal(found.groups(), (pid, "0"), "who asked")
        m.ends_with(DOWN, 10)


def test_sigchld_forged():
    """forged SIGCHLDs, 10,000 of them, do no harm"""
    with Machine(scripts={"10-a": recorder()}) as m:
        m.ready()
        m.shell()
        for _ in range(10000):
            m.send(signal.SIGCHLD)
        m.inside("sh", "-c", "( : & )")
        still_good(m)


def test_inherited_mask():
    """signals blocked and ignored when PID 1 starts are not passed on"""
    with Machine(scripts={"10-hold": script("exec /bin/sleep 100000")},
                 blocked=True) as m:
        pid = m.wait_for("/bin/sleep", "100000")
        status = m.status_of(pid)
        for mask in ("SigBlk", "SigIgn"):
            equal(int(status[mask], 16), 0, mask)
        m.signal("TERM")
        until(lambda: not m.alive(), 21, "the way down")
        assert re.search(r"reboot requested", m.con.clean()), "asked"
