"""Reaping: every orphan, at any rate, in any state; nothing leaks."""

import collections
import re

from machine import DOWN, Machine, script
from poll import stays, until
from tap import equal


def debug_lines(m):
    return re.findall(r"^tinyinit: debug: reaped orphan pid (\d+): (.+)$",
                      m.con.clean(), re.M)


def test_orphans():
    """1000 orphans are reaped, each once, with the right exit code"""
    # In ten bursts: PID 1 does not wait for the console, and says what it drops.
    with Machine(scripts={"%d-orphans" % n: script("payload orphans 100")
                          for n in range(10)}, words=["debug"]) as m:
        equal(m.ready(60), (10, 0), "scripts, failed")
        m.no_zombies()
        until(lambda: len(debug_lines(m)) >= 1000, 10,
              lambda: "1000 lines, got %d" % len(debug_lines(m)))
        lines = debug_lines(m)[:1000]
        equal(len({pid for pid, _ in lines}), 1000, "different pids")
        equal(collections.Counter(text for _, text in lines),
              {"exit %d" % code: 10 for code in range(100)}, "their ends")


def test_fds_flat():
    """5,000 orphans later PID 1 has the same fds and no more memory"""
    with Machine(scripts={"10-ctl": script("""
{ while read n; do
	payload orphans $n
	echo done >>/done
done; } </ctl >/dev/null 2>&1 &
""")}, files={"ctl": ("fifo", None, 0o600)}) as m:
        m.ready()
        m.shell()
        with open(m.open_fifo("/ctl"), "w") as ctl:
            def burst(n, rounds):
                ctl.write("%d\n" % n)
                ctl.flush()
                m.wait_lines("/done", rounds, 90)
                m.no_zombies()
            burst(100, 1)
            fds, memory = m.fds(), m.status_of()["RssAnon"]
            for rounds in range(2, 7):
                burst(1000, rounds)
            equal(m.fds(), fds, "PID 1's fds")
            equal(m.status_of()["RssAnon"], memory, "PID 1's memory")


def test_burst_while_stopped():
    """1000 children end while PID 1 does not run: one SIGCHLD, all reaped"""
    with Machine(scripts={"10-ctl": script(
            "{ read x; payload orphans 1000; echo done >>/order; } </gate &")},
            files={"gate": ("fifo", None, 0o600)}) as m:
        m.ready()
        m.shell()
        fds = m.fds()
        with open(m.open_fifo("/gate"), "w") as gate:
            m.signal("STOP")
            until(lambda: m.status_of()["State"][0] == "T", 5,
                  "PID 1 is stopped")
            gate.write("go\n")
            gate.flush()
            m.wait_lines("/order", 1, 60)
            until(lambda: len(m.zombies()) >= 1000, 10,
                  lambda: "1000 zombies: %d" % len(m.zombies()))
            m.signal("CONT")
            m.no_zombies(5)
        equal(m.fds(), fds, "PID 1's fds")
        m.signal("USR2")
        m.ends_with(DOWN, 10)


def test_orphans_during_start():
    """orphans are reaped while a script is still starting"""
    with Machine(scripts={"10-busy": script(
            "payload orphans 200; echo >>/order; read x </gate")},
            files={"gate": ("fifo", None, 0o600)},
            words=["tinyinit.patience=60"]) as m:
        m.wait_lines("/order", 1)
        m.no_zombies()
        m.con.must_not_have(r"ready")


def test_orphans_during_shutdown():
    """orphans are reaped while scripts are stopping"""
    with Machine(scripts={"10-busy": script(
            'if [ "$1" = stop ]; then\npayload orphans 200\n'
            "echo >>/order\nread x </gate\nfi")},
            files={"gate": ("fifo", None, 0o600)}) as m:
        m.ready()
        m.signal("USR2")
        m.wait_lines("/order", 1)
        m.no_zombies(2)
        with open(m.open_fifo("/gate"), "w") as gate:
            gate.write("go\n")
            gate.flush()
            m.ends_with(DOWN, 10)


def test_idle():
    """an idle PID 1 does not run at all"""
    with Machine(scripts={"10-a": script("/bin/sleep 100000 &")}) as m:
        m.ready()
        m.shell()
        until(lambda: m.status_of()["State"][0] == "S", 5, "PID 1 sleeps")

        def switches():
            status = m.status_of()
            return (int(status["voluntary_ctxt_switches"]),
                    int(status["nonvoluntary_ctxt_switches"]))
        # What it still had to do after the prompt may take a moment.
        last = [None]

        def settled():
            now = switches()
            same, last[0] = now == last[0], now
            return same
        until(settled, 5, "PID 1 comes to rest", step_s=0.5)
        before = switches()
        stays(lambda: switches() == before, 2, "PID 1 at rest")


def test_killed_orphan():
    """an orphan that is killed is reaped with its signal"""
    with Machine(scripts={"10-d": script("/bin/sleep 100000 &")},
                 words=["tinyinit.debug"]) as m:
        m.ready()
        pid = m.wait_for("/bin/sleep", "100000")
        inner = m.status_of(pid)["NSpid"].split()[-1]
        m.kill(pid)
        m.con.expect(r"^tinyinit: debug: reaped orphan pid %s: "
                     "killed by SIGKILL$" % inner)
