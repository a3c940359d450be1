"""The ways down: who may ask, in what order things end, and how long it takes."""

import re
import signal

from machine import AGAIN, DOWN, GETTY_ARGV, Machine, recorder, script
from poll import until
from tap import equal, within

# The way down with nothing in the way: no fixed wait may hide in it.
PROMPT_S = 1.0


def last_words(m):
    return re.findall(r"^tinyinit: (powering off|halting|rebooting)$",
                      m.con.clean(), re.M)


def goes_down(m, ask, want, words, by=None):
    """Ask, and check the lines, the order of the stops, the end, the time."""
    begin = m.clock()
    ask()
    if by:
        m.con.expect(r"^tinyinit: %s requested by a process outside the "
                     r"container \(%s\)$" % by, 10)
    equal(m.wait_end(10), want, "how PID 1 ended")
    took = m.clock() - begin
    m.con.expect_end(5)
    equal(last_words(m), [words], "the last words")
    lines = [line for line in m.con.clean().splitlines() if line]
    equal(lines[-1], "tinyinit: " + words, "the last line")
    return took


def test_signals():
    """each signal of the map leads its way down, stops in reverse order"""
    for name, power, want, words in (
            ("USR1", "halt", DOWN, "halting"),
            ("USR2", "power off", DOWN, "powering off"),
            ("PWR", "power off", DOWN, "powering off"),
            ("TERM", "reboot", AGAIN, "rebooting"),
            ("INT", "reboot", AGAIN, "rebooting")):
        scripts = {"%d0-s" % n: recorder() for n in range(1, 5)}
        with Machine(scripts=scripts) as m:
            m.ready()
            m.shell()
            took = goes_down(m, lambda: m.signal(name), want, words,
                             (power, "SIG" + name))
            equal(m.lines("/order"),
                  ["%d0-s start" % n for n in range(1, 5)]
                  + ["%d0-s stop" % n for n in range(4, 0, -1)], "the order")
            for n in range(1, 5):
                m.con.must_have(r"^\[ ok \] %d0-s stopped \(\d+ m?s\)$" % n)
            within(took, 0, PROMPT_S, "seconds of the way down (%s)" % name)


def test_init_words():
    """init 0 powers off and init 6 reboots, asked from inside"""
    for word, want, words in (("0", DOWN, "powering off"),
                              ("6", AGAIN, "rebooting")):
        with Machine(scripts={"10-a": recorder()}) as m:
            m.ready()
            # Who asks may be ended before he can exit.
            goes_down(m, lambda: m.inside("/sbin/init", word, check=False),
                      want, words)
            m.con.must_have(r"requested by pid [1-9]\d* uid 0 ")
            equal(m.lines("/order"), ["10-a start", "10-a stop"], "the order")


def test_init_other_words():
    """init with other words, called by hand, changes nothing and says so"""
    with Machine(scripts={"10-a": recorder()}) as m:
        m.ready()
        for args in ([], ["7"], ["halt", "now"], ["00"], ["--help"], ["-h"],
                     [""]):
            text = m.inside("sh", "-c", '"$@"; echo "exit $?"', "sh",
                            "/sbin/init", *args)
            assert not text.endswith("exit 0\n"), "%r: %s" % (args, text)
            assert re.search(r"^(usage|tinyinit): ", text, re.M | re.I), text
        equal(last_words(m), [], "no way down")
        assert m.alive(), "PID 1 lives"


def test_toybox():
    """toybox's halt, poweroff and reboot work"""
    for applet, want, words in (("halt", DOWN, "halting"),
                                ("poweroff", DOWN, "powering off"),
                                ("reboot", AGAIN, "rebooting")):
        with Machine(scripts={"10-a": recorder()}) as m:
            m.ready()
            goes_down(m, lambda: m.inside(applet, check=False), want, words)
            equal(m.lines("/order"), ["10-a start", "10-a stop"], "the order")


def test_from_script():
    """a script may ask for the way down while it starts"""
    with Machine(scripts={
            "10-a": recorder(),
            "20-go": recorder('[ "$1" = stop ] || /sbin/init 6'),
            "30-never": recorder()}) as m:
        equal(m.wait_end(10), AGAIN, "how PID 1 ended")
        order = m.lines("/order")
        equal(order[:2], ["10-a start", "20-go start"], "the start")
        equal(order[-1], "10-a stop", "the last stop")
        assert "30-never stop" not in order or "30-never start" in order, order


def test_during_hang():
    """the way down does not wait for a script that hangs in its start"""
    with Machine(scripts={"10-a": recorder(),
                          "20-hang": recorder(
                              '[ "$1" = stop ] || /bin/sleep 100000'),
                          "30-b": recorder()},
                 words=["tinyinit.patience=300",
                        "tinyinit.start_timeout=300"]) as m:
        m.wait_for("/bin/sleep", "100000")
        begin = m.clock()
        m.signal("TERM")
        equal(m.wait_end(21), AGAIN, "how PID 1 ended")
        within(m.clock() - begin, 0, 3, "seconds of the way down")
        order = m.lines("/order")
        assert "10-a stop" in order, order
        assert "30-b start" not in order, order


def test_deaf_during_start():
    """nor for one that ignores TERM while it hangs in its start"""
    with Machine(scripts={"10-deaf": script(
            "trap '' TERM HUP INT; while :; do /bin/sleep 100000; done")},
            words=["tinyinit.shutdown_timeout=4", "tinyinit.patience=300"]
            ) as m:
        m.wait_for("/bin/sleep", "100000")
        begin = m.clock()
        m.signal("USR2")
        equal(m.wait_end(10), DOWN, "how PID 1 ended")
        within(m.clock() - begin, 0, 5, "seconds of the way down")


def test_hanging_stop():
    """a stop that hangs, and processes that ignore TERM: within the deadline"""
    deaf = "trap '' TERM HUP INT; while :; do /bin/sleep 100000; done"
    with Machine(scripts={
            "10-a": recorder(),
            "20-hang": recorder('[ "$1" = start ] || { %s; }' % deaf),
            "30-deaf": recorder('[ "$1" = stop ] || { %s; } &' % deaf),
            "40-hang": recorder('[ "$1" = start ] || /bin/sleep 100000')},
            words=["tinyinit.shutdown_timeout=4"]) as m:
        m.ready()
        m.shell()
        begin = m.clock()
        m.signal("TERM")
        equal(m.wait_end(10), AGAIN, "how PID 1 ended")
        within(m.clock() - begin, 0, 5, "seconds of the way down")
        equal(last_words(m), ["rebooting"], "the last words")
        m.con.must_have(r"40-hang")
        order = m.lines("/order")
        for name in ("10-a", "20-hang", "40-hang"):
            assert name + " stop" in order, (name, order)


def test_many_hanging_stops():
    """thirty stops that all hang end within the deadline as well"""
    scripts = {"%02d-h" % n: recorder('[ "$1" = start ] || /bin/sleep 100000')
               for n in range(30)}
    with Machine(scripts=scripts, words=["tinyinit.shutdown_timeout=3"]) as m:
        m.ready(30)
        begin = m.clock()
        m.signal("USR2")
        equal(m.wait_end(10), DOWN, "how PID 1 ended")
        within(m.clock() - begin, 0, 4, "seconds of the way down")


def test_failing_stop():
    """a stop that fails is told and the next one runs"""
    with Machine(scripts={
            "10-a": recorder(),
            "20-bad": recorder('[ "$1" = start ] || exit 7'),
            "30-killed": recorder('[ "$1" = start ] || kill -SEGV $$')}) as m:
        m.ready()
        m.signal("USR1")
        equal(m.wait_end(10), DOWN, "how PID 1 ended")
        m.con.expect_end(5)
        m.con.must_have(r"^\[fail\] 20-bad stop: exit 7 ")
        m.con.must_have(r"^\[fail\] 30-killed stop: killed by SIGSEGV ")
        equal(m.lines("/order")[-1], "10-a stop", "the last stop")


def test_failed_start_stop():
    """only what was started is stopped: no stop for a file that never ran"""
    with Machine(scripts={
            "10-a": recorder(),
            "20-noexec": ("#!/bin/sh\necho ran >>/order\n", 0o644),
            "30-nointerp": "#!/no/such\n",
            "40-b": recorder()}) as m:
        m.ready()
        m.signal("USR2")
        equal(m.wait_end(10), DOWN, "how PID 1 ended")
        m.con.expect_end(5)
        equal(m.lines("/order"), ["10-a start", "40-b start", "40-b stop",
                                  "10-a stop"], "the order")
        m.con.must_not_have(r"(20-noexec|30-nointerp) stop")


def test_deaf_daemons():
    """twenty daemons that ignore TERM are killed"""
    with Machine(scripts={"10-d": script("""
[ "$1" = start ] || exit 0
i=0
while [ $i -lt 20 ]; do
	setsid sh -c "trap '' TERM HUP INT; while :; do /bin/sleep 100000; done" &
	i=$((i + 1))
done
""")}, words=["tinyinit.shutdown_timeout=4"]) as m:
        m.ready()
        until(lambda: len(m.find("/bin/sleep", "100000")) == 20, 10, "the daemons")
        begin = m.clock()
        m.signal("USR2")
        equal(m.wait_end(10), DOWN, "how PID 1 ended")
        within(m.clock() - begin, 0, 5, "seconds of the way down")


def test_term_is_heard():
    """daemons get TERM, and the time to end by themselves"""
    with Machine(scripts={"10-d": script("""
[ "$1" = start ] || exit 0
sh -c 'trap "echo term >>/order; exit 0" TERM
	echo up >>/order; while :; do /bin/sleep 100000 & wait; done' &
""")}) as m:
        m.ready()
        m.wait_lines("/order", 1)
        m.signal("USR2")
        equal(m.wait_end(21), DOWN, "how PID 1 ended")
        equal(m.lines("/order"), ["up", "term"], "what the daemon heard")


def test_stopped_daemon():
    """a process in the stopped state does not hold up the way down"""
    with Machine(scripts={"10-d": script("""
[ "$1" = start ] || exit 0
/bin/sleep 100000 &
""")}) as m:
        m.ready()
        m.kill(m.wait_for("/bin/sleep", "100000"), signal.SIGSTOP)
        took = goes_down(m, lambda: m.signal("USR2"), DOWN, "powering off")
        within(took, 0, 2, "seconds of the way down")


def test_fork_storm():
    """processes that fork all the time do not outlive the way down"""
    with Machine(scripts={"10-storm": script("""
[ "$1" = start ] || exit 0
sh -c 'trap "" TERM HUP INT; while :; do ( ( : ) & ); done' &
sh -c 'trap "" TERM HUP INT; while :; do ( ( : ) & ); done' &
""")}, words=["tinyinit.shutdown_timeout=4"]) as m:
        m.ready()
        begin = m.clock()
        m.signal("TERM")
        equal(m.wait_end(10), AGAIN, "how PID 1 ended")
        within(m.clock() - begin, 0, 5, "seconds of the way down")


def test_mixed_requests():
    """1000 mixed requests: one way down, the strongest, once"""
    for order in (["TERM", "USR1", "USR2", "INT", "PWR"],
                  ["USR2", "TERM", "USR1", "INT"],
                  ["INT", "TERM", "USR2"]):
        with Machine(scripts={"10-a": recorder(
                '[ "$1" = start ] || read x </gate')},
                files={"gate": ("fifo", None, 0o600)}) as m:
            m.ready()
            for n in range(1000):
                m.signal(order[n % len(order)])
            m.wait_lines("/order", 2)
            for n in range(100):
                m.signal("TERM")
            with open(m.open_fifo("/gate"), "w") as gate:
                gate.write("go\n")
                gate.flush()
                equal(m.wait_end(21), DOWN, "how PID 1 ended")
            m.con.expect_end(5)
            equal(last_words(m), ["powering off"], "the last words")
            equal(m.lines("/order"), ["10-a start", "10-a stop"], "the order")


def test_halt_beats_reboot():
    """halt replaces a reboot under way, a reboot does not replace a halt"""
    for first, then in (("TERM", "USR1"), ("USR1", "TERM")):
        with Machine(scripts={"10-a": recorder(
                '[ "$1" = start ] || read x </gate')},
                files={"gate": ("fifo", None, 0o600)}) as m:
            m.ready()
            m.signal(first)
            m.wait_lines("/order", 2)
            m.signal(then)
            with open(m.open_fifo("/gate"), "w") as gate:
                gate.write("go\n")
                gate.flush()
                equal(m.wait_end(21), DOWN, "how PID 1 ended")
            m.con.expect_end(5)
            equal(last_words(m), ["halting"], "the last words")


def test_request_at_once():
    """a request that comes before the first script is not lost"""
    for _ in range(5):
        with Machine(scripts={"%d-a" % n: recorder() for n in range(9)}) as m:
            m.con.expect(r"^tinyinit: \S", 10)
            m.signal("USR2")
            equal(m.wait_end(10), DOWN, "how PID 1 ended")


def test_no_respawn():
    """no login is started again on the way down"""
    with Machine(scripts={"10-a": recorder(
            '[ "$1" = start ] || read x </gate')},
            files={"gate": ("fifo", None, 0o600)}) as m:
        m.ready()
        m.shell()
        m.signal("USR2")
        m.wait_lines("/order", 2)
        logins = len(m.lines("/run/logins"))
        for pid in m.find(*GETTY_ARGV):
            m.kill(pid)
        until(lambda: not m.find(*GETTY_ARGV), 5, "the login has ended")
        equal(len(m.lines("/run/logins")), logins, "logins that were started")
        with open(m.open_fifo("/gate"), "w") as gate:
            gate.write("go\n")
            gate.flush()
            equal(m.wait_end(21), DOWN, "how PID 1 ended")
        equal(len(re.findall(r"^getty on", m.con.clean(), re.M)), 1,
              "logins on the console")
