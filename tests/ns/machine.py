"""A machine of namespaces: the real tinyinit as PID 1, and a test beside it.

    with Machine(scripts={"10-a": "#!/bin/sh\\necho $1 >>/order\\n"}) as m:
        m.ready()
        m.signal("TERM")
        equal(m.wait_end(5), "SIGHUP", "how PID 1 ended")

The tree is a small tmpfs: the image's tinyinit, shell and toybox, the
scenario's files, and a /dev with the host's harmless nodes and a pty for the
console.  The test stands outside: it reads /proc by the host's numbers and the
tree through a descriptor, so that it sees what PID 1 cannot hide and never
asks it.
"""

import errno
import fcntl
import json
import os
import platform
import pty
import signal
import subprocess
import sys
import tempfile
import termios
import time

from console import Console
from poll import until
from tap import equal

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("TINYINIT_BUILD", os.path.join(TOP, "build"))
ARCHES = {"x86_64": "x86_64", "aarch64": "aarch64", "armv7l": "armv7"}
NODES = ("null", "zero", "full", "random", "urandom", "tty", "console")

# In a PID namespace reboot(2) ends PID 1 by a signal (reboot_pid_ns()).
DOWN = "SIGINT"       # halt and power off
AGAIN = "SIGHUP"      # restart

# What PID 1 starts on a console.  The image's own asks for a name and calls
# login, which wants more users than a user namespace without root can have.
# Each of its lines ends, so that PID 1's begin where a test expects them.
GETTY = """#!/bin/sh
trap '' INT QUIT TSTP
echo "${0##*/} on $(tty), TERM=$TERM"
echo "$0 $*" >>/run/logins
echo "ns#"
while read -r line; do eval "$line"; done
"""
GETTY_ARGV = ("/bin/sh", "/sbin/getty", "-L", "-", "0", "vt102")


def built(name):
    """A file of the image, for the architecture of this host."""
    arch = ARCHES.get(platform.machine())
    if not arch:
        raise AssertionError("no image is built for %s" % platform.machine())
    path = os.path.join(BUILD, arch, name)
    if not os.path.exists(path):
        raise AssertionError("%s is missing (make builds it)"
                             % os.path.relpath(path, TOP))
    return path


_applets = []


def applets():
    if not _applets:
        out = subprocess.run([built("toybox")], stdout=subprocess.PIPE,
                             text=True, check=True).stdout
        _applets.extend(out.split())
    return _applets


def script(body):
    return "#!/bin/sh\n" + body.strip("\n") + "\n"


def recorder(extra=""):
    """A script that writes its name and its argument to /order."""
    return script('echo "${0##*/} $1" >>/order\n' + extra)


def service(*header, body=""):
    """A service: its header lines, and what stands below them."""
    return "#!/bin/sh\n%s%s\n" % (
        "".join("#: %s\n" % line for line in header), body.strip("\n"))


def daemon(name, *header, do="hold"):
    """A daemon that takes these steps (tests/lib/payload.c)."""
    return service("run /bin/payload do name=%s %s" % (name, do), *header)


# What a scenario may ask for beyond scripts, words and files.
DEFAULTS = {
    "env": {"HOME": "/", "TERM": "linux"},
    "argv": ["/sbin/init"],
    "dev": NODES,              # the host's nodes to be found in /dev
    "dev_mounted": True,       # /dev is a mount point
    "folders": ("proc", "sys", "run", "tmp", "etc", "mnt", "root"),
    "mounts": (),              # (type, where): mounted already
    "readonly": False,         # the root
    "bare": False,             # no network and cgroup namespace, so no sysfs
    "close_fds": False,        # 0 to 2
    "blocked": False,          # all signals blocked and ignored
    "umask": 0o022,
    "cwd": "/",
    "nofile": 0,               # RLIMIT_NOFILE
    "shell": True,
    "getty": GETTY,
    "rc_dir": True,
    "compiled": True,          # the image has a service table
    "paused": False,           # nobody reads the console
    "users": False,            # more of them than root (wants the host's root)
    "group": False,            # a control group of its own (the same)
}


def host_groups():
    """Where the host lets this user make control groups of version 2, or None.

    Only root may, and give one to the machine.  Controllers that the host uses
    in version 1 are not to be had in version 2 at the same time.
    """
    if os.geteuid():
        return None
    with open("/proc/self/mounts") as file:
        for line in file:
            _, where, kind = line.split()[:3]
            if kind == "cgroup2" and os.access(where, os.W_OK):
                return where
    return None


def make_group():
    """A control group that belongs to the machine's root, who is nobody."""
    path = tempfile.mkdtemp(prefix="tinyinit-ns-", dir=host_groups())
    for name in ("", "cgroup.procs", "cgroup.threads",
                 "cgroup.subtree_control"):
        os.chown(os.path.join(path, name), 65534, 65534)
    return path


def remove_group(path):
    """The group and what is below it; its last process may be ending still."""
    for folder, _, _ in os.walk(path, topdown=False):
        def gone(folder=folder):
            try:
                os.rmdir(folder)
            except OSError as error:
                return error.errno == errno.ENOENT
            return True
        until(gone, 10, "the control group %s can be removed" % folder)



def make_tree(options, scripts, files):
    """The list of what enter.py has to make."""
    tree = {}

    def add(kind, path, data=None, mode=0o755):
        # The last one of a path counts: a scenario may replace anything.
        tree[path] = {"kind": kind, "path": path, "data": data, "mode": mode}

    def add_file(path, value):
        """value: text, (text, mode), or (kind, data, mode)."""
        if isinstance(value, str):
            add("file", path, value)
        elif len(value) == 2:
            add("file", path, *value)
        else:
            add(value[0], path, *value[1:])

    add("copy", "sbin/init", built("tinyinit"))
    add("copy", "sbin/rcc", built("rcc"))
    add("copy", "sbin/tinyctl", built("tinyctl"))
    for name in ("rcexec", "rcwait"):
        add("link", "sbin/" + name, "tinyctl")
    add("copy", "bin/toybox", built("toybox"))
    add("copy", "bin/payload", built("test/payload"))
    for name in applets():
        if name not in ("sh", "init", "login", "getty"):
            add("link", "bin/" + name, "toybox")
    if options["shell"]:
        add("copy", "bin/sh", built("sh"))
    if options["getty"]:
        add("file", "sbin/getty", options["getty"])
    for path in options["folders"]:
        add("dir", path)
    add("dir", "etc/tinyinit")
    add("file", "etc/hostname", "nsbox\n", 0o644)
    add("file", "etc/passwd", "root:x:0:0:root:/:/bin/sh\n", 0o644)
    if options["rc_dir"]:
        add("dir", "etc/rc.d")
    for name, value in scripts.items():
        add_file("etc/rc.d/" + name, value)
    for path, value in files.items():
        add_file(path, value)
    return list(tree.values())


class Machine:
    count = 0

    def __init__(self, scripts=None, words=(), files=None, **options):
        unknown = set(options) - set(DEFAULTS)
        if unknown:
            raise TypeError("unknown options %r" % unknown)
        options = dict(DEFAULTS, **options)
        compiler = os.path.join(BUILD, "host", "rcc")
        spec = dict(options, argv=[*options["argv"], *words],
                    compiler=compiler if options["compiled"] else "",
                    tree=make_tree(options, scripts or {}, files or {}))
        Machine.count += 1
        self.ended = None
        self.group = spec["group"] = make_group() if options["group"] else ""
        try:
            self._start(spec)
        except BaseException:
            if self.group:
                remove_group(self.group)
            raise

    def _start(self, spec):
        master, slave = pty.openpty()
        # PID 1 is not the host's root, yet its console must open.
        os.fchmod(slave, 0o666)
        self.tty = os.ttyname(slave)
        status_r, status_w = os.pipe()
        started_r, started_w = os.pipe()
        spec.update(console=self.tty, console_fd=slave, status_fd=status_w,
                    started_fd=started_w)
        folder = os.path.join(TOP, "build", "test", "ns")
        os.makedirs(folder, exist_ok=True)
        self.con = Console(master, master, os.path.join(
            folder, "%s-%d.log" % (os.environ.get("NS_NAME", "ns"),
                                   Machine.count)), paused=spec["paused"])
        self.keeper = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "enter.py"), "new"],
            stdin=subprocess.PIPE, pass_fds=(slave, status_w, started_w),
            text=True)
        # With nobody at the slave the master would read an end.
        self.slave = slave if spec["close_fds"] else -1
        for fd in {slave, status_w, started_w} - {self.slave}:
            os.close(fd)
        json.dump(spec, self.keeper.stdin)
        self.keeper.stdin.close()
        self.status = os.fdopen(status_r, "r")
        word, _, text = self.status.readline().strip().partition(" ")
        # End of file: PID 1 has been executed; a word: it could not be.
        with os.fdopen(started_r, "rb") as started:
            trouble = started.read().decode()
        if word != "pid" or trouble:
            self.keeper.wait()
            raise AssertionError("no namespaces: %s" % (
                trouble or text or "no report"))
        self.pid = int(text)
        # A number may soon be somebody else's; a descriptor never is.
        self.pidfd = os.pidfd_open(self.pid)
        self.pid_ns = self._link(self.pid, "ns/pid")
        try:
            self.root = os.open("/proc/%d/root" % self.pid,
                                os.O_PATH | os.O_DIRECTORY)
        except OSError:
            self.root = -1     # PID 1 has ended already

    # -- the life of the machine ------------------------------------------

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.ended is None:
            self.send(signal.SIGKILL)
            self.wait_end(10)
        self.con.close()
        os.close(self.pidfd)
        if self.root >= 0:
            os.close(self.root)
            self.root = -1
        if self.group:
            remove_group(self.group)

    def wait_end(self, timeout_s):
        """Wait until PID 1 has ended: "SIGINT", "SIGHUP", "exit 0", …"""
        if self.ended is None:
            try:
                self.keeper.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.con.fail("waiting for the end of PID 1",
                              "it lives after %g s" % timeout_s)
            word, _, text = self.status.read().strip().partition(" ")
            self.status.close()
            if self.slave >= 0:
                os.close(self.slave)
                self.slave = -1
            if word == "signal":
                self.ended = signal.Signals(int(text)).name
            else:
                self.ended = ("%s %s" % (word, text)).strip()
        return self.ended

    def ends_with(self, how, timeout_s):
        equal(self.wait_end(timeout_s), how, "how PID 1 ended")
        self.con.expect_end(5)

    def exclusive(self):
        """Take the console for oneself (TIOCEXCL): opening it is EBUSY."""
        fd = os.open(self.tty, os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(fd, termios.TIOCEXCL)
        os.close(fd)

    def alive(self):
        return self.ended is None and self.keeper.poll() is None

    def send(self, number):
        """Send a signal from outside (KILL and STOP would work: beware)."""
        try:
            signal.pidfd_send_signal(self.pidfd, number)
        except ProcessLookupError:
            pass    # PID 1 has ended, which is for others to judge

    def kill(self, pid, number=signal.SIGKILL):
        """Send a signal to a process of the machine, and to no other."""
        pidfd = os.pidfd_open(pid)
        try:
            if self._link(pid, "ns/pid") == self.pid_ns:
                signal.pidfd_send_signal(pidfd, number)
        finally:
            os.close(pidfd)

    def signal(self, name):
        self.send(getattr(signal, "SIG" + name))

    def ready(self, idle_s=20):
        """Wait for the end of the scripts; return (scripts, failed)."""
        found = self.con.expect(
            r"^tinyinit: ready \((\d+) scripts?, (\d+) failed, \d+ m?s\)$",
            idle_s)
        return int(found.group(1)), int(found.group(2))

    def shell(self):
        """Wait for the prompt of the stand-in getty."""
        self.con.expect(r"^getty on ", 20)
        self.con.expect(r"^ns#$", 20)

    def inside(self, *argv, check=True):
        """Run a command in the machine, beside PID 1; return its output."""
        out = subprocess.run(
            [sys.executable, os.path.join(HERE, "enter.py"), "join",
             str(self.pid), *argv], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=60)
        if check and out.returncode:
            raise AssertionError("%s: exit %d: %s" % (
                " ".join(argv), out.returncode, out.stdout))
        return out.stdout

    # -- what the test can see --------------------------------------------

    def read(self, path):
        """A file of the tree, also after the end; "" when there is none."""
        try:
            fd = os.open(path.lstrip("/"), os.O_RDONLY, dir_fd=self.root)
        except FileNotFoundError:
            return ""
        with os.fdopen(fd, encoding="utf-8", errors="replace") as file:
            return file.read()

    def lines(self, path):
        return self.read(path).splitlines()

    def lstat(self, path):
        return os.stat(path.lstrip("/"), dir_fd=self.root,
                       follow_symlinks=False)

    def open_fifo(self, path):
        """Open a FIFO of the tree for writing: its reader goes on."""
        return os.open(path.lstrip("/"), os.O_RDWR | os.O_NONBLOCK,
                       dir_fd=self.root)

    def wait_lines(self, path, count, timeout_s=20):
        return until(lambda: len(self.lines(path)) >= count and
                     self.lines(path), timeout_s,
                     lambda: "%d lines in %s: %r" % (count, path,
                                                     self.lines(path)))

    @staticmethod
    def _link(pid, name):
        try:
            return os.readlink("/proc/%s/%s" % (pid, name))
        except OSError:
            return None

    def status_of(self, pid=None):
        """/proc/PID/status as a dict."""
        fields = {}
        with open("/proc/%d/status" % (pid or self.pid)) as file:
            for line in file:
                key, _, value = line.partition(":")
                fields[key] = value.strip()
        return fields

    def fds(self, pid=None):
        """The open descriptors: number -> what it is."""
        folder = "/proc/%d/fd" % (pid or self.pid)
        found = {}
        for number in os.listdir(folder):
            try:
                found[int(number)] = os.readlink(folder + "/" + number)
            except FileNotFoundError:
                pass
        return found

    def processes(self):
        """All processes of the machine but PID 1: (pid, state, argv)."""
        found = []
        for name in os.listdir("/proc"):
            if not name.isdigit() or int(name) == self.pid:
                continue
            # A zombie has no namespaces left to read: NSpid tells.
            try:
                status = self.status_of(int(name))
                with open("/proc/%s/cmdline" % name, "rb") as file:
                    argv = file.read().decode("utf-8", "replace")
            except (FileNotFoundError, ProcessLookupError):
                continue
            state = status.get("State", "?")[0]
            if self._is_member(name, status, state):
                found.append((int(name), state, argv.rstrip("\0").split("\0")))
        return found

    def _is_member(self, name, status, state):
        if len(status.get("NSpid", "").split()) < 2:
            return False
        if state in "ZX":
            return status.get("PPid") == str(self.pid)
        return self._link(name, "ns/pid") == self.pid_ns

    def zombies(self):
        return [p for p in self.processes() if p[1] == "Z"]

    def find(self, *argv):
        """The host's pids of the processes that run exactly `argv`."""
        return [p[0] for p in self.processes() if p[2] == list(argv)]

    def wait_for(self, *argv, timeout_s=20):
        return until(lambda: self.find(*argv), timeout_s,
                     lambda: "a process %r among %r"
                     % (argv, self.processes()))[0]

    def daemons(self, name):
        """The host's pids of the payload's processes of that name."""
        return [p[0] for p in self.processes() if p[1] != "Z" and
                p[2][0] == "/bin/payload" and "name=" + name in p[2]]

    def wait_daemon(self, name, other_than=(), timeout_s=10):
        """Its pid, once exactly one lives that is not among those named."""
        def one():
            found = self.daemons(name)
            return len(found) == 1 and found[0] not in other_than and found
        return until(one, timeout_s, lambda: "one %s, and no other than it "
                     "(but %r): %r" % (name, other_than, self.processes()))[0]

    def no_daemon(self, name, timeout_s=10):
        until(lambda: not self.daemons(name), timeout_s,
              lambda: "no %s: %r" % (name, self.processes()))

    def open_gate(self, path):
        """Let one that waits at this FIFO go on, now or when it comes."""
        fd = self.open_fifo(path)
        os.write(fd, b"go\n")
        return fd

    def sh(self, text, check=True):
        """Run a shell's commands in the machine; return their output."""
        return self.inside("/bin/sh", "-c", text, check=check)

    def write(self, path, text, mode=0o755):
        """A file of the machine, new at once and as a whole."""
        self.inside("/bin/sh", "-c", 'printf "%s" "$1" >"$2.new~" && '
                    'chmod "$3" "$2.new~" && mv "$2.new~" "$2"', "sh", text,
                    path, "%o" % mode)

    def reload(self, idle_s=20):
        """Send HUP; return (services, new or changed) of what came of it."""
        self.signal("HUP")
        found = self.con.expect(r"^tinyinit: reloaded: (\d+) services?, (\d+)"
                                " of them new or changed$", idle_s)
        return int(found.group(1)), int(found.group(2))

    def no_zombies(self, timeout_s=10):
        until(lambda: not self.zombies(), timeout_s,
              lambda: "no zombie: %d left" % len(self.zombies()))

    @staticmethod
    def clock():
        return time.monotonic()

    def cpu_ticks(self):
        """User and system time of PID 1, in clock ticks."""
        with open("/proc/%d/stat" % self.pid) as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
