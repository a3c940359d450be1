"""rcwait ready: each condition, there already and coming later."""

import os
import signal
import socket

from poll import stays, until
from tap import equal
from tools import ENV, RCWAIT, WORK, Run, Waiter, command, folder, write


def ready(condition):
    run = Run([RCWAIT, "ready", condition])
    equal((run.code, run.out, run.err), (0, "", []), condition)


def not_yet(w, why, during_s=0.4):
    """Long enough for the longest pause between two looks at the tables."""
    stays(lambda: w.child.poll() is None, during_s, why)


def bound(family, kind, address):
    one = socket.socket(family, kind)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(address)
    return one


def test_file():
    """file: there, and coming later, without a wake-up before that"""
    path = folder("run") + "/a/ready"
    with Waiter("ready", "file=" + path) as w:
        w.quiet()
        write(path)
        w.ends()
    ready("file=" + path)


def test_unix_listening():
    """unix: a stream or seqpacket socket that listens"""
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        path = folder("run") + "/sock"
        with Waiter("ready", "unix=" + path) as w, \
                Waiter("ready", "unix=%s/other" % WORK) as other:
            write(path)
            not_yet(w, "a file is no socket")
            os.unlink(path)
            with bound(socket.AF_UNIX, kind, path) as server:
                not_yet(w, "it is bound but does not listen")
                server.listen()
                w.ends()
                ready("unix=" + path)
                server.settimeout(0)
                try:
                    server.accept()
                    raise AssertionError("somebody has connected")
                except BlockingIOError:
                    pass
            not_yet(other, "another socket")
        # The file of a socket that is closed is still there.
        with Waiter("ready", "unix=" + path) as w:
            not_yet(w, "nobody listens any more")


def test_unix_datagram():
    """unix: a bound datagram socket, also over a link to its folder"""
    path = folder("run") + "/sock"
    os.symlink(WORK + "/run", WORK + "/run-link") if not os.path.lexists(
        WORK + "/run-link") else None
    with Waiter("ready", "unix=%s/run-link/sock" % WORK) as w:
        not_yet(w, "nothing there")
        with bound(socket.AF_UNIX, socket.SOCK_DGRAM, path):
            w.ends()
            ready("unix=" + path)


def test_unix_client():
    """unix: a connection to a path is not a listener on it"""
    path = folder("run") + "/sock"
    with bound(socket.AF_UNIX, socket.SOCK_STREAM, path) as server:
        server.listen()
        client = socket.socket(socket.AF_UNIX)
        client.connect(path)
        served, _ = server.accept()
    with client, served, Waiter("ready", "unix=" + path) as w:
        not_yet(w, "only connected sockets of that path are left")


def test_tcp():
    """tcp: a socket that listens, of IPv4 or IPv6, on any address"""
    command("ip", "link", "set", "lo", "up")
    for family, address in ((socket.AF_INET, ("127.0.0.1", 4242)),
                            (socket.AF_INET, ("", 4242)),
                            (socket.AF_INET6, ("::1", 4242))):
        with Waiter("ready", "tcp=4242") as w, \
                bound(family, socket.SOCK_STREAM, address) as server, \
                bound(socket.AF_INET, socket.SOCK_DGRAM, ("", 4242)):
            not_yet(w, "bound, and udp")
            server.listen()
            w.ends()
            ready("tcp=4242")
            with Waiter("ready", "tcp=424") as w2, \
                    Waiter("ready", "tcp=42420") as w3:
                not_yet(w2, "another port")
                not_yet(w3, "another port")


def test_tcp_connected():
    """tcp: a connection on that port is not a listener"""
    with bound(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 4343)) as srv:
        srv.listen()
        client = socket.create_connection(("127.0.0.1", 4343))
        served, _ = srv.accept()
    with client, served, Waiter("ready", "tcp=4343") as w:
        not_yet(w, "only a connection is left")


def test_udp():
    """udp: a bound socket, of IPv4 or IPv6"""
    for family, address in ((socket.AF_INET, ("127.0.0.1", 5353)),
                            (socket.AF_INET6, ("::", 5353))):
        with Waiter("ready", "udp=5353") as w:
            with bound(socket.AF_INET, socket.SOCK_STREAM, ("", 5353)) as tcp:
                tcp.listen()
                not_yet(w, "tcp")
            with bound(family, socket.SOCK_DGRAM, address):
                w.ends()
                ready("udp=5353")


def test_many_sockets():
    """tcp: found behind thousands of others, with few system calls a second"""
    many = []
    for port in range(10000, 10900):
        many.append(bound(socket.AF_INET, socket.SOCK_STREAM, ("", port)))
        many[-1].listen()
    ready("tcp=10000")
    ready("tcp=10899")
    with Waiter("ready", "tcp=9999") as w:
        # Past the short pauses at the beginning.
        until(lambda: w.switches()[0] >= 5, 5, "it has looked 5 times")
        before = w.switches()[0]
        stays(lambda: w.child.poll() is None, 1, "not there")
        assert w.switches()[0] - before <= 6, "wake-ups in a second: %d" % (
            w.switches()[0] - before)
    for one in many:
        one.close()


def test_check():
    """check: a shell command, again after growing pauses, in the environment"""
    log = folder("run") + "/log"
    script = 'echo "$KEPT $GO" >>%s; test -e %s/go' % (log, WORK + "/run")
    env = dict(ENV, GO="now")
    with Waiter("ready", "check=" + script, env=env) as w:
        def looks():
            with open(log) as file:
                return file.read().splitlines()
        until(lambda: os.path.exists(log) and len(looks()) >= 3, 5, "3 looks")
        stays(lambda: w.child.poll() is None, 0.5, "not ready")
        assert len(looks()) <= 6, "pauses do not grow: %r" % looks()
        write(WORK + "/run/go")
        w.ends()
        equal(set(looks()), {"yes now"}, "environment")


def test_check_signals():
    """check: killed is not ready; it works with SIGCHLD ignored"""
    with Waiter("ready", "check=kill -9 $$",
                preexec_fn=lambda: signal.signal(signal.SIGCHLD,
                                                 signal.SIG_IGN)) as w:
        stays(lambda: w.child.poll() is None, 0.4, "killed")
    with Waiter("ready", "check=true",
                preexec_fn=lambda: signal.signal(signal.SIGCHLD,
                                                 signal.SIG_IGN)) as w:
        w.ends()


def test_unknown():
    """a condition that is none ends with 2 and says so"""
    for condition in ("", "tcp=", "tcp=0", "tcp=65536", "tcp=http", "udp=-1",
                      "file=", "file=x", "unix=", "check=", "port=1", "tcp",
                      "fd=3"):
        run = Run([RCWAIT, "ready", condition])
        equal((run.code, run.err), (2, [
            'tinyinit: rcwait: unknown condition "%s"' % condition]), condition)
