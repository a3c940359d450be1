"""The console: nothing it does or fails to do may hold PID 1 up."""

import re

from machine import AGAIN, DOWN, GETTY_ARGV, NODES, Machine, recorder, script
from poll import stays, until
from tap import equal, within


def many(n, extra=""):
    scripts = {"%03d-a-rather-long-name-that-fills-the-line" % i:
               recorder(extra) for i in range(n)}
    return scripts


def test_never_read():
    """a console that nobody reads: the boot goes on, and reboot works"""
    with Machine(scripts=many(400), paused=True) as m:
        m.wait_lines("/order", 400, 30)
        stays(m.alive, 0.3, "PID 1 lives")
        begin = m.clock()
        m.signal("TERM")
        equal(m.wait_end(25), AGAIN, "how PID 1 ended")
        within(m.clock() - begin, 0, 21, "seconds of the way down")
        equal(len(m.lines("/order")), 800, "starts and stops")


def test_never_read_idle():
    """and PID 1 does not spin over it"""
    with Machine(scripts=many(400), paused=True) as m:
        m.wait_lines("/order", 400, 30)
        ticks = m.cpu_ticks()
        stays(m.alive, 2, "PID 1 lives")
        within(m.cpu_ticks() - ticks, 0, 5, "clock ticks of PID 1 in 2 s")


def test_read_later():
    """once it is read again the newest lines come, and what was lost is told"""
    with Machine(scripts=many(800), paused=True) as m:
        m.wait_lines("/order", 800, 60)
        m.con.resume()
        m.con.expect(r"^tinyinit: console: dropped bytes: [1-9]\d*$", 20)
        # The login's own lines came in between or come now.
        until(lambda: re.search("^ns#$", m.con.clean(), re.M), 20, "the login")
        m.signal("TERM")
        m.con.expect(r"^tinyinit: reboot requested", 10)
        m.ends_with(AGAIN, 25)


def test_xoff():
    """a console stopped by Ctrl-S: the boot goes on, and reboot works"""
    with Machine(scripts=many(100, "read x </gate"), words=["quiet"],
                 files={"gate": ("fifo", None, 0o600)}) as m:
        m.wait_lines("/order", 1)
        m.con.send("\x13")
        with open(m.open_fifo("/gate"), "w") as gate:
            # A line for each of the readers to come.
            gate.write("go\n" * 300)
            gate.flush()
            m.wait_lines("/order", 100, 30)
            m.signal("TERM")
            equal(m.wait_end(25), AGAIN, "how PID 1 ended")


def test_script_blocked():
    """a script that blocks on the unread console costs only itself"""
    with Machine(scripts={
            "10-loud": script("while :; do echo xxxxxxxxxxxxxxxxxxxx; done"),
            "20-next": script("echo next >>/order")}, paused=True,
            words=["tinyinit.patience=1", "tinyinit.start_timeout=2"]) as m:
        m.wait_lines("/order", 1)
        until(lambda: not m.find("/bin/sh", "/etc/rc.d/10-loud", "start"), 10,
              "the loud script is ended at its time-out")
        m.signal("USR2")
        equal(m.wait_end(25), DOWN, "how PID 1 ended")


def test_locked():
    """a console that a service has taken for itself (TIOCEXCL) is no trouble"""
    with Machine(scripts={"10-a": recorder(), "20-b": recorder()}) as m:
        m.ready()
        m.shell()
        m.exclusive()
        m.signal("TERM")
        m.ends_with(AGAIN, 10)
        equal(m.lines("/order")[-2:], ["20-b stop", "10-a stop"], "the order")


def test_hangup():
    """a console that hangs up: PID 1 goes on, and goes down when told"""
    with Machine(scripts={"10-a": recorder()}) as m:
        m.ready()
        m.shell()
        m.con.close()
        ticks = m.cpu_ticks()
        stays(m.alive, 1.5, "PID 1 lives")
        within(m.cpu_ticks() - ticks, 0, 10, "clock ticks of PID 1 in 1.5 s")
        m.signal("USR2")
        equal(m.wait_end(21), DOWN, "how PID 1 ended")
        equal(m.lines("/order"), ["10-a start", "10-a stop"], "the order")


def test_login():
    """a login has the tty as its fds and controlling tty, and is respawned"""
    with Machine(scripts={"10-a": recorder()}) as m:
        m.ready()
        m.shell()
        pid = m.wait_for(*GETTY_ARGV)
        equal({fd: m.fds(pid)[fd] for fd in (0, 1, 2)},
              dict.fromkeys((0, 1, 2), "/dev/console"), "fds")
        status = m.status_of(pid)
        equal(int(status["SigBlk"], 16), 0, "blocked signals")
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rpartition(")")[2].split()
        equal(int(fields[3]), pid, "the session")
        assert int(fields[4]) != 0, "it has a controlling tty"
        m.con.send("exit\n")
        m.con.expect(r"^getty on", 10)
        m.con.expect(r"^ns#$", 10)
        m.con.send("tty\n")
        m.con.expect(r"^/dev/console$", 10)
        equal([line.split()[0] for line in m.lines("/run/logins")],
              ["/sbin/getty"] * 2, "the logins")


def test_login_storm():
    """a login that ends at once is not respawned without end"""
    with Machine(scripts={"10-a": recorder()},
                 getty="#!/bin/sh\necho x >>/run/logins\n") as m:
        m.ready()
        ticks = m.cpu_ticks()
        stays(lambda: len(m.lines("/run/logins")) <= 20, 3, "few logins")
        within(m.cpu_ticks() - ticks, 0, 10, "clock ticks of PID 1 in 3 s")
        count = len(re.findall(r"^tinyinit: .*login", m.con.clean(), re.M))
        within(count, 0, 3, "lines about it")


def test_login_fallbacks():
    """without getty there is login; without both one line says so"""
    login = "#!/bin/sh\necho login-$((6 * 7))\nexec /bin/sleep 100000\n"
    with Machine(getty=None, files={"bin/login": login}) as m:
        m.ready()
        m.con.expect(r"^login-42$", 10)
    with Machine(getty=None) as m:
        m.ready()
        m.con.expect(r"^tinyinit: .*\blogin\b", 10)
        ticks = m.cpu_ticks()
        stays(m.alive, 2, "PID 1 lives")
        within(m.cpu_ticks() - ticks, 0, 10, "clock ticks of PID 1 in 2 s")
        equal(len(re.findall(r"^tinyinit: .*\blogin\b", m.con.clean(), re.M)),
              1, "lines about it")


def test_missing_console():
    """a /dev without console: no login, no noise, scripts run, it ends"""
    nodes = tuple(n for n in NODES if n != "console")
    with Machine(scripts={"10-a": recorder()}, dev=nodes) as m:
        m.wait_lines("/order", 1)
        ticks = m.cpu_ticks()
        stays(m.alive, 2, "PID 1 lives")
        within(m.cpu_ticks() - ticks, 0, 10, "clock ticks of PID 1 in 2 s")
        m.signal("TERM")
        equal(m.wait_end(21), AGAIN, "how PID 1 ended")
