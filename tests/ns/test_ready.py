"""When a service is ready, and what it may say about itself."""

from machine import Machine, daemon, service
from poll import stays, until
from tap import equal, within


def user(of):
    """One that shows that `of` is ready."""
    return service("require " + of, body='echo "%s is ready" >>/order' % of)


class Waiting:
    """A machine with `late`, which is ready when it should be, not before."""

    def __init__(self, *header, do=None, scripts=None, **options):
        files = {"gate": ("fifo", None, 0o600), "gate2": ("fifo", None, 0o600)}
        scripts = dict(scripts or {}, user=user("late"))
        scripts["late"] = daemon("late", *header, do="gate=/gate %s hold" % do)
        self.m = Machine(scripts=scripts, files=files, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.m.close()

    def judge(self, during_s=0.15):
        m = self.m
        m.wait_daemon("late")
        stays(lambda: not m.lines("/order"), during_s, "it is not ready yet")
        m.open_gate("/gate")
        m.con.expect(r"^\[ ok \] late \(", 10)
        m.wait_lines("/order", 1)
        equal(m.ready(), (2, 0), "services, failed")
        # Whoever told it to be ready is no process that is left.
        until(lambda: not m.find("/sbin/rcwait"), 5, "no probe is left")
        m.no_zombies()


def test_exec():
    """ready exec: as soon as the program runs"""
    with Machine(scripts={"one": daemon("one", "ready exec",
                                        do="gate=/gate hold"),
                          "user": user("one")},
                 files={"gate": ("fifo", None, 0o600)}) as m:
        equal(m.ready(), (2, 0), "services, failed")


def test_exit():
    """ready exit: when a one-shot has ended well, and not when it runs"""
    with Machine(scripts={"job": service("ready exit", body="read x </gate"),
                          "user": user("job")},
                 files={"gate": ("fifo", None, 0o600)}) as m:
        m.wait_for("/bin/sh", "/etc/rc.d/job", "start")
        stays(lambda: not m.lines("/order"), 0.15, "it is not ready yet")
        m.open_gate("/gate")
        equal(m.ready(), (2, 0), "services, failed")
        equal(m.lines("/order"), ["job is ready"], "what has run")


def test_notify():
    """ready notify: READY=1, among other words"""
    with Waiting("ready notify",
                 do="'notify=STATUS=loading|X=1' 'notify=STATUS=on|READY=1|'"
                 ) as w:
        w.judge()


def test_notify_oneshot():
    """ready notify: a one-shot that says so and ends"""
    with Machine(scripts={
            "job": service("type oneshot", "ready notify",
                           "run /bin/payload do notify=READY=1"),
            "user": user("job")}) as m:
        equal(m.ready(), (2, 0), "services, failed")


def test_notify_by_child():
    """READY=1 of a child of the main process"""
    with Waiting("ready notify", do="helper=READY=1") as w:
        w.judge()


def test_fd():
    """ready fd=N: a line, and the descriptor is the one that was asked for"""
    with Waiting("ready fd=5", do="line=5") as w:
        w.judge()


def test_fd_closed():
    """ready fd=N: closed without a line is not ready"""
    with Machine(scripts={
            "late": service("ready fd=3", "start-timeout 300ms", "restart no",
                            "run /bin/sh -c 'exec 3>&-; exec /bin/payload do "
                            "name=late hold'"), "user": user("late")}) as m:
        m.ready()
        m.con.must_have(r"^\[fail\] late: ")
        equal(m.lines("/order"), [], "what has run")
        m.no_daemon("late")


def test_file():
    """ready file=: when it is there"""
    with Waiting("ready file=/run/late/up", do="file=/run/late/up",
                 scripts={"dir": service(body="mkdir /run/late")}) as w:
        m = w.m
        m.con.expect(r"^\[ ok \] dir\b")
        m.wait_daemon("late")
        stays(lambda: not m.lines("/order"), 0.15, "it is not ready yet")
        m.open_gate("/gate")
        m.con.expect(r"^\[ ok \] late \(", 10)
        equal(m.ready(), (3, 0), "services, failed")


def test_unix():
    """ready unix=: when somebody listens"""
    with Waiting("ready unix=/run/late.sock", do="unix=/run/late.sock") as w:
        w.judge()


def test_tcp():
    """ready tcp=: when somebody listens, and nobody connects to see"""
    with Waiting("ready tcp=8080", do="tcp=8080") as w:
        w.judge()


def test_udp():
    """ready udp=: when it is bound"""
    with Waiting("ready udp=5353", do="udp=5353") as w:
        w.judge()


def test_check():
    """ready check=: a shell's command succeeds"""
    with Waiting("ready check=test -e /run/up && ! grep -q no /run/up",
                 do="file=/run/up") as w:
        w.judge()


def test_never():
    """one that is never ready fails in its time, whatever its kind"""
    kinds = {"n": "notify", "f": "fd=4", "p": "file=/none", "u": "unix=/none",
             "t": "tcp=1", "d": "udp=1", "c": "check=false"}
    scripts = {n: daemon(n, "ready " + kind, "start-timeout 400ms",
                         "restart no") for n, kind in kinds.items()}
    scripts["user"] = service("require n f p u t d c",
                              body="echo ran >>/order")
    scripts["other"] = service("after n f p u t d c", body="echo on >>/order")
    with Machine(scripts=scripts) as m:
        equal(m.ready(), (9, 8), "services, failed")
        for name in kinds:
            ms = int(m.con.must_have(r"^\[fail\] %s: start timed out after "
                                     r"(\d+) ms" % name).group(1))
            within(ms, 400, 1200, "ms of " + name)
            m.no_daemon(name)
        equal(m.lines("/order"), ["on"], "what has run")
        m.no_zombies()


def test_ends_before():
    """one that ends before it is ready has failed, and says how"""
    with Machine(scripts={
            "die": daemon("die", "ready notify", "restart no", do="exit=3"),
            "fine": daemon("fine", "ready tcp=99", "restart no", do="exit=0"),
            "user": user("die")}) as m:
        equal(m.ready(), (3, 3), "services, failed")
        m.con.must_have(r"^\[fail\] die: exit 3 ")
        m.con.must_have(r"^\[fail\] fine: exit 0 ")


def test_extend():
    """EXTEND_TIMEOUT_USEC gives one that starts more time"""
    with Machine(scripts={
            "slow": daemon("slow", "ready notify", "start-timeout 500ms",
                           do="notify=EXTEND_TIMEOUT_USEC=20000000 pause=1000 "
                           "notify=READY=1 hold"),
            "user": user("slow")}) as m:
        equal(m.ready(), (2, 0), "services, failed")
        m.con.must_not_have("timed out")


def test_extend_less():
    """an extension that ends before the start's own time changes nothing"""
    with Machine(scripts={
            "slow": daemon("slow", "ready notify", "start-timeout 800ms",
                           "restart no",
                           do="notify=EXTEND_TIMEOUT_USEC=100000 hold")}) as m:
        ms = int(m.con.expect(r"^\[fail\] slow: start timed out after (\d+) ms",
                              10).group(1))
        within(ms, 800, 1500, "ms")
        m.con.must_not_have("still starting")


def test_extend_over():
    """an extension that passes is the end of the start as well"""
    with Machine(scripts={
            "slow": daemon("slow", "ready notify", "start-timeout 300ms",
                           "restart no",
                           do="notify=EXTEND_TIMEOUT_USEC=700000 hold")}) as m:
        ms = int(m.con.expect(r"^\[fail\] slow: start timed out after (\d+) ms",
                              10).group(1))
        within(ms, 600, 1500, "ms")


def test_main_pid():
    """MAINPID= names the main process: its end is the service's, no other's"""
    with Machine(scripts={"late": service(
            "type daemon", "ready notify", "restart always 100ms..1s", body="""
rm -f /run/new.pid
/bin/payload do name=new fork setsid pidfile=/run/new.pid hold
until [ -s /run/new.pid ]; do :; done
/bin/payload do "notify=MAINPID=$(cat /run/new.pid)|READY=1" pause=200""")}
            ) as m:
        equal(m.ready(), (1, 0), "services, failed")
        pid = m.wait_daemon("new")
        until(lambda: not m.find("/bin/sh", "/etc/rc.d/late", "start"), 5,
              "the first one has ended")
        m.reload()
        equal(m.daemons("new"), [pid], "the service")
        m.kill(pid)
        m.con.expect(r"^tinyinit: late: ended: killed by SIGKILL; starting again",
                     5)
        m.wait_daemon("new", other_than=(pid,))
        m.sh("rm /etc/rc.d/late")
        m.reload()
        m.no_daemon("new", 5)


def test_watchdog():
    """a ping that is missed is a failure, and the service starts again"""
    with Machine(scripts={
            "dog": daemon("dog", "ready notify", "watchdog 400ms",
                          "restart always 50ms..100ms",
                          do="notify=READY=1 notify=WATCHDOG=1 hold"),
            "good": daemon("good", "ready notify", "watchdog 400ms",
                           do="notify=READY=1 ping=50"),
            "own": daemon("own", "ready notify", "restart always 50ms..100ms",
                          do="'notify=READY=1|WATCHDOG_USEC=300000' hold"),
            "shy": daemon("shy", "ready notify", "restart always 50ms..100ms",
                          do="notify=READY=1 pause=200 "
                          "notify=WATCHDOG=trigger hold")}) as m:
        equal(m.ready()[0], 4, "services")
        dog, good = m.wait_daemon("dog"), m.wait_daemon("good")
        with open("/proc/%d/environ" % dog) as file:
            words = file.read().split("\0")
        assert "WATCHDOG_USEC=400000" in words, words
        for name in ("dog", "own", "shy"):
            until(lambda n=name: "tinyinit: %s: missed its watchdog ping" % n
                  in m.con.clean(), 5, name + " is told")
        m.wait_daemon("dog", other_than=(dog,))
        equal(m.daemons("good"), [good], "the one that pings")


def test_foreign():
    """what does not come from the service itself makes nothing ready"""
    with Machine(scripts={
            "late": daemon("late", "ready notify"),
            "liar": daemon("liar", "env NOTIFY_SOCKET=/run/tinyinit/notify",
                           do="notify=READY=1 orphan=READY=1 "
                           "notify=MAINPID=1 hold"),
            "user": user("late")}, words=["tinyinit.patience=1"]) as m:
        m.wait_daemon("late")
        m.wait_daemon("liar")
        m.sh("NOTIFY_SOCKET=/run/tinyinit/notify "
             "/bin/payload do notify=READY=1")
        m.con.expect(r"^tinyinit: late: still starting after", 10)
        equal(m.lines("/order"), [], "nobody believed it")
        m.signal("TERM")
        m.ends_with("SIGHUP", 15)


def test_datagrams():
    """empty, largest, oversize and senseless datagrams, in floods, harm nothing"""
    sizes = " ".join("send=%d" % n for n in (0, 1, 4095, 4096, 4097, 65536,
                                             200000))
    with Machine(scripts={
            "odd": daemon("odd", "ready notify", do="%s notify=READY=1 "
                          "flood=20000 file=/run/done hold" % sizes),
            "evil": daemon("evil", "env NOTIFY_SOCKET=/run/tinyinit/notify",
                           "oom-score 0", do=sizes + " flood=20000 hold")}) as m:
        m.ready()
        until(lambda: m.lstat("/run").st_size and m.sh("ls /run").count("done"),
              20, "the flood is over")
        equal(m.reload(), (2, 0), "a reload")
        for name in ("odd", "evil"):
            equal(len(m.daemons(name)), 1, name)
        m.signal("TERM")
        m.ends_with("SIGHUP", 15)
        m.con.must_not_have("internal:")


def test_flood_and_down():
    """a flood that does not end keeps nobody from going down"""
    with Machine(scripts={"f%d" % n: daemon(
            "f%d" % n, "ready notify",
            do="notify=READY=1 deaf=15 flood=2000000000", *["stop-timeout 1s"])
            for n in range(2)}, words=["tinyinit.shutdown_timeout=5"]) as m:
        equal(m.ready(), (2, 0), "services, failed")
        m.signal("TERM")
        m.ends_with("SIGHUP", 10)


def test_wait():
    """wait: path, mount, dev and net, and each is told while it is awaited"""
    with Machine(scripts={
            "path": service("wait path=/run/there/x",
                            body="echo path >>/order"),
            "mount": service("wait mount=/mnt", body="echo mount >>/order"),
            "dev": service("wait dev=thing", body="echo dev >>/order"),
            "net": service("wait net=lo,up", body="echo net >>/order"),
            "addr": service("wait net=lo,address path=/etc",
                            body="echo addr >>/order"),
            "time": service("wait time", body="echo time >>/order"),
            "never": service("wait net=eth9,carrier", body="echo x >>/order"),
            "free": service(body="echo free >>/order")},
            words=["tinyinit.patience=1"]) as m:
        m.wait_lines("/order", 2)
        equal(sorted(m.lines("/order")), ["free", "time"], "at once")
        m.con.expect(r"^tinyinit: path: waits for what is outside", 10)
        m.ready()
        for name, command in (
                ("path", "mkdir /run/there && : >/run/there/x"),
                ("mount", "mount -t tmpfs none /mnt"),
                ("dev", ": >/dev/thing"),
                ("net", "ifconfig lo up")):
            assert name not in m.lines("/order"), m.lines("/order")
            m.sh(command)
            until(lambda n=name: n in m.lines("/order"), 5,
                  lambda: "%s starts: %r" % (name, m.lines("/order")))
        m.sh("ifconfig lo 127.0.0.1")
        until(lambda: "addr" in m.lines("/order"), 5, "addr starts")
        m.con.must_have(r"^tinyinit: never: waits for what is outside")
        assert "x" not in m.lines("/order"), "what waits for ever"
        m.signal("TERM")
        m.ends_with("SIGHUP", 10)
