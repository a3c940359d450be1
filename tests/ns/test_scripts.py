"""rc scripts: their order, their surroundings, and what becomes of them."""

import re
import signal

from machine import Machine, recorder, script
from poll import until
from tap import equal, within

# What a service may count on, and nothing else; TERM is the kernel's choice.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/",
    "TERM": "vt220",
}


def outcome(m, name):
    """The text after the name in the script's [ ok ]/[fail] line."""
    found = m.con.must_have(r"^\[( ok |fail)\] %s\b(.*)$" % re.escape(name))
    return found.group(1).strip(), found.group(2)


def fails(m, name, pattern):
    word, text = outcome(m, name)
    equal(word, "fail", "the line of " + name)
    assert re.fullmatch(pattern, text), "%s: %r does not match %r" % (
        name, text, pattern)


def test_order():
    """scripts start one after the other, in the order of their bytes"""
    names = ["10-b", "10-a", "9-z", "100-c", "B", "a", "05-first", "_x", "+y"]
    with Machine(scripts={n: recorder() for n in names}) as m:
        equal(m.ready(), (len(names), 0), "scripts, failed")
        equal(m.lines("/order"), [n + " start" for n in sorted(names)],
              "the order")
        for name in names:
            word, text = outcome(m, name)
            equal(word, "ok", name)
            assert re.fullmatch(r" \(\d+ m?s\)", text), text


def test_one_at_a_time():
    """the second script waits for the first one's end"""
    with Machine(scripts={
            "10-slow": script("read x </gate; echo slow >>/order"),
            "20-next": script("echo next >>/order")},
            files={"gate": ("fifo", None, 0o600)}) as m:
        m.wait_for("/bin/sh", "/etc/rc.d/10-slow", "start")
        equal(m.lines("/order"), [], "nothing has run")
        with open(m.open_fifo("/gate"), "w") as gate:
            gate.write("go\n")
            gate.flush()
            m.ready()
        equal(m.lines("/order"), ["slow", "next"], "the order")


def test_environment():
    """a script's environment is the documented one, whatever PID 1 was given"""
    leaky = {"HOME": "/nowhere", "TERM": "vt220", "PATH": "/evil",
             "LD_PRELOAD": "/evil.so", "LEAK": "1", "IFS": "x", "ENV": "/evil"}
    with Machine(scripts={"10-env": script("read x </gate")}, env=leaky,
                 files={"gate": ("fifo", None, 0o600)}) as m:
        pid = m.wait_for("/bin/sh", "/etc/rc.d/10-env", "start")
        with open("/proc/%d/environ" % pid) as file:
            words = file.read().rstrip("\0").split("\0")
        got = dict(word.partition("=")[::2] for word in words)
        equal(len(got), len(words), "no word twice")
        equal(got, ENVIRONMENT, "the environment")


def test_process():
    """a script starts clean: fds, signals, session, folder, umask, limits"""
    with Machine(scripts={"10-hold": script("exec /bin/sleep 100000")}) as m:
        pid = m.wait_for("/bin/sleep", "100000")
        fds = m.fds(pid)
        equal(sorted(fds), [0, 1, 2], "the open fds (%r)" % fds)
        equal(fds[0], "/dev/null", "stdin")
        status = m.status_of(pid)
        for mask in ("SigBlk", "SigIgn", "SigPnd", "ShdPnd"):
            equal(int(status[mask], 16), 0, mask)
        equal(status["Umask"], "0022", "umask")
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rpartition(")")[2].split()
        equal((int(fields[2]), int(fields[3])), (pid, pid),
              "process group and session")
        equal(int(fields[4]), 0, "the controlling tty")
        equal(int(fields[16]), 0, "nice")
        equal(m._link(pid, "cwd"), "/", "the folder")
        with open("/proc/%d/oom_score_adj" % pid) as file:
            equal(file.read().strip(), "0", "oom_score_adj")


def test_output():
    """what a script prints reaches the console"""
    with Machine(scripts={"10-say": script(
            'echo "to stdout"; echo "to stderr" >&2')}) as m:
        m.ready()
        m.con.must_have(r"^to stdout$")
        m.con.must_have(r"^to stderr$")


def test_failures():
    """each failing script costs itself, and its line says why"""
    with Machine(scripts={
            "10-exit": recorder("exit 3"),
            "11-killed": recorder("kill -SEGV $$"),
            "12-nointerp": "#!/no/such/interpreter\n",
            "13-noexec": ("#!/bin/sh\necho ran >>/order\n", 0o644),
            "14-noformat": "\x7fNOT A PROGRAM\n",
            "15-empty": "",
            "16-dangling": ("link", "/no/such/file", 0),
            "17-loop": ("link", "17-loop", 0),
            "99-good": recorder()}) as m:
        equal(m.ready(), (8, 7), "scripts, failed")
        fails(m, "10-exit", r": exit 3 \(\d+ m?s\)")
        fails(m, "11-killed", r": killed by SIGSEGV \(\d+ m?s\)")
        fails(m, "12-nointerp", r": no such file or interpreter\b.*")
        m.con.must_have(r"^tinyinit: /etc/rc\.d/13-noexec: not executable$")
        fails(m, "14-noformat", r": \S.*")
        for name in ("15-empty", "16-dangling", "17-loop"):
            m.con.must_have(r"^tinyinit: /etc/rc\.d/%s: \S" % name)
        equal(outcome(m, "99-good")[0], "ok", "the last one")
        equal(m.lines("/order"),
              ["10-exit start", "11-killed start", "99-good start"],
              "what has run")


def test_all_exit_codes():
    """every exit code and every deadly signal is told apart"""
    scripts = {"c%03d" % n: script("exit %d" % n) for n in range(256)}
    deadly = [n for n in range(1, 32)
              if signal.Signals(n).name not in (
                  "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
                  "SIGTTOU", "SIGURG", "SIGWINCH")]
    scripts.update({"s%02d" % n: script("exec payload die %d" % n)
                    for n in deadly})
    with Machine(scripts=scripts) as m:
        equal(m.ready(), (256 + len(deadly), 255 + len(deadly)),
              "scripts, failed")
        equal(outcome(m, "c000")[0], "ok", "exit 0")
        for n in range(1, 256):
            fails(m, "c%03d" % n, r": exit %d \(\d+ m?s\)" % n)
        for n in deadly:
            name = signal.Signals(n).name
            name = {"SIGIOT": "SIGABRT", "SIGPOLL": "SIGIO"}.get(name, name)
            fails(m, "s%02d" % n, r": killed by %s \(\d+ m?s\)" % name)


def test_hanging():
    """a hanging script holds up nobody for longer than the patience"""
    with Machine(scripts={"10-hang": recorder("/bin/sleep 100000"),
                          "20-next": recorder()},
                 words=["tinyinit.patience=1",
                        "tinyinit.start_timeout=3"]) as m:
        m.con.expect(r"^tinyinit: 10-hang: still starting after (1 s|1\d{3} ms),"
                     " going on$")
        m.con.expect(r"^\[ ok \] 20-next")
        m.ready()
        m.shell()
        m.con.expect(r"^\[fail\] 10-hang: start timed out after (3 s|3\d{3} ms)")
        equal(m.lines("/order"), ["10-hang start", "20-next start"],
              "what has run")
        until(lambda: not m.find("/bin/sleep", "100000"), 5,
              "the hanging script is ended")
        m.no_zombies()


def test_hanging_deaf():
    """a hanging script that ignores TERM is killed at its time-out"""
    with Machine(scripts={"10-deaf": script(
            "trap '' TERM; while :; do /bin/sleep 100000; done")},
            words=["tinyinit.patience=1", "tinyinit.start_timeout=1"]) as m:
        m.con.expect(r"^\[fail\] 10-deaf: start timed out after (1 s|1\d{3} ms)")
        m.ready()
        until(lambda: not m.find("/bin/sh", "/etc/rc.d/10-deaf", "start"), 5,
              lambda: "the deaf script is gone: %r" % m.processes())
        m.no_zombies()


def test_daemon_stays():
    """a daemon that a script leaves behind lives on, as PID 1's child"""
    with Machine(scripts={"10-daemon": script("/bin/sleep 100000 &"),
                          "20-session": script("setsid /bin/sleep 200000 &")}) as m:
        equal(m.ready(), (2, 0), "scripts, failed")
        m.shell()
        for seconds in ("100000", "200000"):
            pid = m.wait_for("/bin/sleep", seconds)
            until(lambda p=pid: m.status_of(p)["PPid"] == str(m.pid), 5,
                  "the daemon's parent is PID 1")


def test_ignored_names():
    """dot-files, README, folders and left-overs of editors are no scripts"""
    bad = recorder("echo ran")
    with Machine(scripts={
            ".hidden": bad, "README": bad, "10-x~": bad, "10-x.bak": bad,
            "10-x.orig": bad, "10-x.rej": bad, "10-x.dpkg-old": bad,
            "10-dir": ("dir", None, 0o755), "10-dir/20-inner": bad,
            "20-good": recorder()}) as m:
        equal(m.ready(), (1, 0), "scripts, failed")
        equal(m.lines("/order"), ["20-good start"], "what has run")


def test_long_names():
    """names of 255 bytes, and names with blanks and strange bytes, are started"""
    names = ["20-" + "x" * 252, "30 with blank", "40-semi;colon",
             "50-$(boom)", "60-\udcff\udcfe", "70-tab\there",
             "80-escape\x1b[2Jx"]
    with Machine(scripts={n: recorder() for n in names}) as m:
        equal(m.ready(), (len(names), 0), "scripts, failed")
        equal(len(m.lines("/order")), len(names), "all have run")
        equal(m.lines("/order")[0], names[0] + " start", "the long one")
        m.con.must_have(r"^\[ ok \] 20-x{60,252}")
        m.con.must_not_have("\x1b\\[2J", "a control character on the console")


def test_too_many():
    """more scripts than the table holds: one message, and the rest boots"""
    tiny = script(":")
    scripts = {"%04d" % n: tiny for n in range(4100)}
    with Machine(scripts=scripts, compiled=False) as m:
        n, failed = m.ready(60)
        equal(failed, 0, "failed")
        equal(n, 4096, "scripts that were started")
        m.con.must_have(r"(4096|too many|more than)")
        equal(len(re.findall(r"^\[ ok \] \d{4} ", m.con.clean(), re.M)), 4096,
              "ok lines")


def test_many_hanging():
    """several hanging scripts side by side are each ended in their time"""
    scripts = {"%02d-hang" % n: script("exec /bin/sleep 100000") for n in range(4)}
    scripts["99-last"] = recorder()
    with Machine(scripts=scripts, words=["tinyinit.patience=1",
                                         "tinyinit.start_timeout=3"]) as m:
        m.ready()
        equal(m.lines("/order"), ["99-last start"], "the last one has run")
        until(lambda: not m.find("/bin/sleep", "100000"), 10,
              "the hanging ones are ended")
        m.no_zombies()
        until(lambda: len(re.findall(r"start timed out", m.con.clean())) == 4,
              5, "four time-outs are told")


def test_times():
    """the time in a script's line is the time it took"""
    with Machine(scripts={"10-wait": script("read x </gate")},
                 files={"gate": ("fifo", None, 0o600)}) as m:
        m.wait_for("/bin/sh", "/etc/rc.d/10-wait", "start")
        begin = m.clock()
        until(lambda: m.clock() - begin >= 0.5, 5, "half a second")
        with open(m.open_fifo("/gate"), "w") as gate:
            gate.write("go\n")
            gate.flush()
            m.ready()
        took = int(re.search(r"\((\d+) ms\)", outcome(m, "10-wait")[1])[1])
        within(took, 490, 1500, "ms of 10-wait")
