"""Services: their types, what becomes of those that cannot start, and words."""

import os
import re

from machine import DOWN, Machine, daemon, recorder, script, service
from poll import stays, until
from tap import equal, within

RECORD = 'echo "${0##*/} $1" >>/order'


def job(*header, more=""):
    """A one-shot that writes down that it was called."""
    return service(*header, body=RECORD + "\n" + more)


def fails(m, name, why):
    """One line, which says so and why, and no other try."""
    m.con.must_have(r"^\[fail\] %s: %s\b.*$" % (re.escape(name), why))
    equal(len(re.findall(r"^\[fail\] %s\b" % re.escape(name), m.con.clean(),
                         re.M)), 1, "lines of " + name)
    m.con.must_not_have(r"^tinyinit: %s: .*starting again" % re.escape(name))


def test_types():
    """a one-shot, a daemon, a daemon script and a target, each in its way"""
    with Machine(scripts={
            "job": job("describe does its work once"),
            "direct": daemon("direct", "require job"),
            "loop": service("type daemon", "require direct",
                            body=RECORD + "\nexec /bin/payload do name=loop hold"),
            "all": service("type target", "require loop"),
            "last": job("after all")}) as m:
        equal(m.ready(), (5, 0), "services, failed")
        equal(m.lines("/order"), ["job start", "loop start", "last start"],
              "the order")
        direct, loop = m.wait_daemon("direct"), m.wait_daemon("loop")
        for pid in (direct, loop):
            equal(m.status_of(pid)["PPid"], str(m.pid), "its parent")
        m.con.must_not_have(r"^\[ ok \] all\b", "a target's line")
        m.signal("USR2")
        m.ends_with(DOWN, 10)
        equal(m.lines("/order")[3:], ["last stop", "job stop"], "the way down")


def test_run_quotes():
    """a run line's quotes are a shell's, and nothing else of it is"""
    with Machine(scripts={"quoted": service(
            "type daemon",
            "run /bin/payload do 'name=a  b' 'name=$HOME `x`' name=\\* "
            "\"name=x|y;z\" hold")}) as m:
        equal(m.ready(), (1, 0), "services, failed")
        pid = m.wait_daemon("a  b")
        argv = [p[2] for p in m.processes() if p[0] == pid][0]
        equal(argv, ["/bin/payload", "do", "name=a  b", "name=$HOME `x`",
                     "name=*", "name=x|y;z", "hold"], "its arguments")


def test_forking():
    """a starter's daemon is the service: a new pidfile, and one left from before"""
    steps = "fork setsid pidfile=/run/%s.pid hold"
    with Machine(scripts={
            name: service("type forking", "pidfile /run/%s.pid" % name,
                          "restart always 50ms..1s", "run /bin/payload do "
                          "name=%s %s" % (name, steps % name))
            for name in ("new", "stale")} | {"after": job("require new stale")},
            files={"run/stale.pid": "1\n"}) as m:
        equal(m.ready(), (3, 0), "services, failed")
        equal(m.lines("/order"), ["after start"], "what needs them")
        for name in ("new", "stale"):
            pid = m.wait_daemon(name)
            m.kill(pid)
            m.con.expect(r"^tinyinit: %s: ended: killed by SIGKILL; starting again"
                         % name, 10)
            m.wait_daemon(name, other_than=(pid,))
            m.con.expect(r"^\[ ok \] %s\b" % name, 10)
        m.signal("USR2")
        m.ends_with(DOWN, 10)
        m.con.must_not_have("did not end in time|going on$")


def test_forking_stale():
    """a pidfile that names another service's process takes nothing from it"""
    with Machine(scripts={
            "other": daemon("other"),
            "liar": service("type forking", "pidfile /run/liar.pid",
                            "require other", "start-timeout 1s", "restart no",
                            body='[ "$1" = start ] || exit 0\n'
                            "pidof payload >/run/liar.pid\nexit 0")},
            words=["tinyinit.patience=1"]) as m:
        m.ready()
        pid = m.wait_daemon("other")
        m.sh("rm /etc/rc.d/liar")
        m.reload()
        equal(m.daemons("other"), [pid], "the other service")
        m.kill(pid)
        m.con.expect(r"^tinyinit: other: ended: killed by SIGKILL; starting", 5)


def test_forking_fails():
    """a starter that fails is the service's failure"""
    with Machine(scripts={"bad": service(
            "type forking", "restart no", "run /bin/payload do exit=7"),
            "good": job()}) as m:
        equal(m.ready(), (2, 1), "services, failed")
        fails(m, "bad", "exit 7")


def test_cannot_start():
    """what cannot be executed fails once, with its reason, and nothing else does"""
    def run(path):
        return service("run " + path, "restart always 50ms..100ms")
    with Machine(scripts={
            "absent": run("/bin/none"), "locked": run("/bin/locked"),
            "noloader": run("/bin/noloader"), "folder": run("/etc"),
            "text": run("/bin/text"), "empty": run("/bin/empty"),
            "under": run("/bin/text/x"),
            "needs": job("require absent"), "wants": job("want absent"),
            "good": daemon("good")},
            files={"bin/locked": ("x", 0o644),
                   "bin/noloader": "#!/no/such/shell\n",
                   "bin/text": "hello\n", "bin/empty": ""}) as m:
        equal(m.ready(), (10, 8), "services, failed")
        m.wait_daemon("good")
        equal(m.lines("/order"), ["wants start"], "what has run")
        text = m.con.clean()
        for name, why in (("absent", "no such file or interpreter"),
                          ("locked", "not executable"),
                          ("noloader", "no such file or interpreter"),
                          ("folder", "not executable"),
                          ("text", "not a program"), ("empty", "not a program"),
                          ("under", "no such file or interpreter"),
                          ("needs", "needs absent, which is not to be had")):
            found = re.findall(r"^\[fail\] %s: (.*)$" % name, text, re.M)
            equal(len(found), 1, "lines of " + name)
            assert found[0].startswith(why), "%s: %r" % (name, found[0])
        # What cannot be had now cannot be had in a second.
        stays(lambda: "starting again" not in m.con.clean(), 0.3,
              "no other try")


def test_busy():
    """a program that is being written is started when that is over"""
    with Machine(scripts={
            "busy": service("require gate", "run /bin/busy do name=busy hold"),
            "gate": service(body="read x </gate"), "other": daemon("other")},
            files={"gate": ("fifo", None, 0o600),
                   "bin/busy": ("#!/bin/payload do name=busy hold\n", 0o755)}
            ) as m:
        m.wait_daemon("other")
        m.sh("cp /bin/payload /bin/busy")
        writer = os.open("bin/busy", os.O_WRONLY, dir_fd=m.root)
        gate = m.open_gate("/gate")
        m.con.expect(r"^tinyinit: busy: cannot start a process: .*ETXTBSY.*"
                     "trying again$", 10)
        equal(m.ready(), (3, 0), "services, failed")
        os.close(writer)
        until(lambda: m.find("/bin/busy", "do", "name=busy", "hold"), 10,
              "it is started")
        m.con.expect(r"^\[ ok \] busy\b", 10)
        os.close(gate)


def test_wrapped_failures():
    """what rcexec cannot set up is one line and a failure, not tried again"""
    with Machine(scripts={
            "nodir": daemon("nodir", "chdir /none", "restart always 50ms..1s"),
            "noroot": daemon("noroot", "chroot /none"),
            "noenv": daemon("noenv", "env-file /none"),
            "maybe": daemon("maybe", "env-file -/none"),
            "noexec": service("run /bin/none", "umask 077"),
            "nouser": daemon("nouser", "user 12345:12345", "restart always"),
            "good": daemon("good")}) as m:
        equal(m.ready(), (7, 5), "services, failed")
        for name in ("good", "maybe"):
            m.wait_daemon(name)
        text = m.con.clean()
        for name, code, why in (("nodir", 200, "/none"),
                                ("noroot", 210, "/none"),
                                ("noenv", 202, "/none"),
                                ("noexec", 203, "/bin/none"),
                                ("nouser", 216, "")):
            found = re.findall(r"^tinyinit: %s: (.*)$" % name, text, re.M)
            assert len(found) == 1 and why in found[0], "%s: %r" % (name,
                                                                    found)
            found = re.findall(r"^\[fail\] %s: (.*)$|^tinyinit: %s: .*again"
                               % (name, name), text, re.M)
            equal(len(found), 1, "lines of " + name)
            assert found[0].startswith("exit %d" % code), "%s: %r" % (
                name, found[0])


def test_wrapped_ready():
    """with ready exec it is the program's exec that counts, not rcexec's"""
    with Machine(scripts={
            "nodir": daemon("nodir", "chdir /none"),
            "fine": daemon("fine", "umask 077"),
            "once": daemon("once", "keyword firstboot"),
            "needs": job("require nodir"), "user": job("require fine once"),
            }) as m:
        equal(m.ready(), (5, 2), "services, failed")
        equal(m.lines("/order"), ["user start"], "what has run")
        m.con.must_not_have(r"^\[ ok \] nodir")
        for name in ("fine", "once"):
            equal(sorted(m.fds(m.wait_daemon(name))), [0, 1, 2],
                  "descriptors of " + name)


def test_unknown_user():
    """a user that is not in /etc/passwd costs its service, with file and line"""
    with Machine(scripts={
            "who": daemon("who", "user nobodyknows"),
            "which": daemon("which", "groups nogroup"),
            "needs": job("require who"), "good": job()}) as m:
        equal(m.ready()[0], 4, "services")
        m.con.must_have(r'^tinyinit: /etc/rc\.d/who:3: user "nobodyknows" does'
                        " not exist in /etc/passwd$")
        m.con.must_have(r'^tinyinit: /etc/rc\.d/which:3: group "nogroup" does'
                        " not exist in /etc/group$")
        m.con.must_have(r"^\[fail\] needs: needs who\b")
        equal(m.lines("/order"), ["good start"], "what has run")
        equal(m.daemons("who") + m.daemons("which"), [], "they do not run")


def test_start_timeout():
    """a start that takes too long is ended, and so are its children"""
    with Machine(scripts={
            "slow": service("start-timeout 300ms",
                            body="/bin/sleep 100000 & /bin/sleep 200000"),
            "deaf": daemon("deaf", "ready notify", "start-timeout 300ms",
                           "stop-timeout 200ms", "restart no",
                           do="deaf=15 hold"),
            "good": job()}) as m:
        equal(m.ready(), (3, 2), "services, failed")
        for name in ("slow", "deaf"):
            ms = int(m.con.must_have(r"^\[fail\] %s: start timed out after "
                                     r"(\d+) ms" % name).group(1))
            within(ms, 300, 900, "ms until " + name + " was ended")
        m.no_daemon("deaf")
        until(lambda: not m.find("/bin/sleep", "100000")
              and not m.find("/bin/sleep", "200000"), 5,
              lambda: "its children are gone: %r" % m.processes())
        m.no_zombies()


def test_stop_timeout():
    """TERM, then the deadline, then KILL: one that is deaf to TERM"""
    with Machine(scripts={
            "deaf": daemon("deaf", "stop-timeout 300ms", do="deaf=15 hold"),
            "good": daemon("good")}) as m:
        m.ready()
        pid = m.wait_daemon("deaf")
        until(lambda: int(m.status_of(pid)["SigIgn"], 16) & 1 << 14, 5,
              "it is deaf")
        begin = m.clock()
        m.sh("rm /etc/rc.d/deaf")
        m.signal("HUP")
        m.con.expect(r"^tinyinit: deaf: still stopping after 3\d\d ms", 10)
        m.con.expect("reloaded", 10)
        within(m.clock() - begin, 0.3, 3, "s until it was gone")
        m.no_daemon("deaf")
        m.wait_daemon("good")


def test_stop_signal():
    """stop-signal is the one that a service gets, in its whole group"""
    with Machine(scripts={"odd": service(
            "type daemon", "stop-signal USR2",
            body="trap 'echo usr2 >>/order; exit 0' USR2\n"
            "trap 'echo term >>/order' TERM\necho up >>/order\n"
            "while :; do /bin/sleep 100000 & wait; done")}) as m:
        m.ready()
        m.wait_lines("/order", 1)
        m.signal("USR2")
        m.ends_with(DOWN, 10)
        equal(m.lines("/order"), ["up", "usr2"], "what it has got")


def test_disabled():
    """one that is not executable, or nostart, starts only where it is needed"""
    with Machine(scripts={
            "off": (job(), 0o644), "idle": job("keyword nostart"),
            "used": job("keyword nostart"), "user": job("require used"),
            "weak": job("want idle2"), "idle2": job("keyword nostart")}) as m:
        m.ready()
        equal(sorted(m.lines("/order")),
              ["idle2 start", "used start", "user start", "weak start"],
              "what has run")


def test_templates():
    """name@ starts once an instance, and each knows which it is"""
    with Machine(scripts={
            "worker@": service("run /bin/payload do name=w-%i hold",
                               "instance one two"),
            "lazy@": service("run /bin/payload do name=l-%i hold"),
            "user": service("require worker@one lazy@three",
                            body="echo up >>/order"),
            "told@": service("instance x",
                             body='echo "told $RC_INSTANCE" >>/order')}) as m:
        m.ready()
        pids = {n: m.wait_daemon(n) for n in ("w-one", "w-two", "l-three")}
        with open("/proc/%d/environ" % pids["w-two"]) as file:
            assert "RC_INSTANCE=two" in file.read().split("\0")
        m.con.must_have(r"^\[ ok \] worker@one\b")
        m.con.must_not_have(r"^\[ ok \] (lazy|worker)@ ")
        equal(sorted(m.lines("/order")), ["told x", "up"], "what has run")


def test_firstboot():
    """a firstboot service runs once in the life of a board; a failure does not count"""
    scripts = {"once": job("keyword firstboot"),
               "again": job("keyword firstboot", more='[ "$1" = stop ]'),
               "user": job("require once")}
    with Machine(scripts=scripts) as m:
        m.ready()
        equal(sorted(m.lines("/order")),
              ["again start", "once start", "user start"], "the first boot")
        until(lambda: m.sh("ls /var/lib/tinyinit/firstboot") == "once\n", 5,
              "one mark")
    with Machine(scripts=scripts,
                 files={"var/lib/tinyinit/firstboot/once": ""}) as m:
        m.ready()
        m.con.must_have(r"^\[ ok \] once\b", "one that has run is up")
        equal(sorted(m.lines("/order")), ["again start", "user start"],
              "the second boot")


def test_goal():
    """tinyinit.goal= starts what it needs and nothing else"""
    scripts = {"goal": service("type target", "require a", "want b"),
               "a": job("require c"), "b": job("keyword nostart"), "c": job(),
               "d": job("after a"), "10-plain": recorder()}
    with Machine(scripts=scripts, words=["tinyinit.goal=goal"]) as m:
        m.ready()
        equal(sorted(m.lines("/order")), ["a start", "b start", "c start"],
              "what has run")
        m.shell()
    with Machine(scripts=scripts, words=["tinyinit.goal=nosuch"]) as m:
        m.con.expect(r"^tinyinit: .*tinyinit\.goal=.*starting all$")
        m.ready()
        equal(sorted(m.lines("/order")), ["10-plain start", "a start",
                                          "b start", "c start", "d start"],
              "all")


def test_parallel():
    """tinyinit.parallel= bounds the one-shots that run, not what waits"""
    scripts = {"w%d" % n: service(
        body='[ "$1" = start ] || exit 0\necho + >>/order\nread x </gate\n'
        "echo - >>/order") for n in range(6)}
    scripts.update({"d%d" % n: daemon("d%d" % n) for n in range(3)})
    scripts["wait"] = service("wait path=/never", body=":")
    with Machine(scripts=scripts, words=["tinyinit.parallel=2",
                                         "tinyinit.patience=1"],
                 files={"gate": ("fifo", None, 0o600)}) as m:
        for n in range(3):
            m.wait_daemon("d%d" % n)
        m.wait_lines("/order", 2)
        stays(lambda: len(m.lines("/order")) == 2, 0.2, "two at a time")
        fd = m.open_fifo("/gate")
        for done in range(1, 7):
            os.write(fd, b"\n")
            lines = m.wait_lines("/order", min(2 + 2 * done, 6 + done))
            most = now = 0
            for line in lines:
                now += 1 if line == "+" else -1
                most = max(most, now)
            equal(most, 2, "at the same time")
        os.close(fd)
        m.ready()


def test_environment():
    """a daemon's descriptors, environment, signals and session are its own"""
    with Machine(scripts={
            "plain": daemon("plain"), "told": daemon("told", "ready notify",
                                                     do="notify=READY=1 hold"),
            "fd": daemon("fd", "ready fd=7")}, env={"HOME": "/x", "TERM": "vt220", "LEAK": "1"}) as m:
        for name in ("plain", "told", "fd"):
            pid = m.wait_daemon(name)
            fds = m.fds(pid)
            if name == "fd":
                equal(sorted(fds), [0, 1, 2, 7], "descriptors of fd")
                assert fds[7].startswith("pipe:"), fds
            elif name == "plain":
                equal(sorted(fds), [0, 1, 2], "descriptors of plain")
            equal(fds[0], "/dev/null", "stdin of " + name)
            with open("/proc/%d/environ" % pid) as file:
                got = dict(w.partition("=")[::2]
                           for w in file.read().rstrip("\0").split("\0"))
            want = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                    "/sbin:/bin", "HOME": "/", "TERM": "vt220"}
            if name == "told":
                want["NOTIFY_SOCKET"] = "/run/tinyinit/notify"
            equal(got, want, "environment of " + name)
            status = m.status_of(pid)
            for mask in ("SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd"):
                equal(int(status[mask], 16), 0, mask + " of " + name)
            with open("/proc/%d/stat" % pid) as file:
                fields = file.read().rpartition(")")[2].split()
            equal((int(fields[2]), int(fields[3]), int(fields[4])),
                  (pid, pid, 0), "group, session and tty of " + name)


def test_idle():
    """PID 1 does nothing while all services are up"""
    scripts = {"d%02d" % n: daemon("d%02d" % n, "ready notify",
                                   do="notify=READY=1 hold")
               for n in range(20)}
    scripts["10-plain"] = script(":")
    with Machine(scripts=scripts) as m:
        equal(m.ready(), (21, 0), "services, failed")
        m.shell()
        seen = [m.clock(), ""]

        def quiet():
            now = m.status_of()["voluntary_ctxt_switches"]
            if now != seen[1]:
                seen[:] = m.clock(), now
            return m.clock() - seen[0] > 1
        until(quiet, 5, "PID 1 has slept for a second")
