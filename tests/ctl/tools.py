"""What the suites share: the program under its names, a folder, a run."""

import atexit
import os
import platform
import shutil
import subprocess
import tempfile

from poll import stays, until
from tap import equal

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
ARCH = {"armv7l": "armv7"}.get(platform.machine(), platform.machine())
CTL = os.environ.get("CTL") or os.path.join(TOP, "build", ARCH, "tinyctl")
NOBODY = 65534

# A folder that every user can reach, as PID 1's own programs are.
WORK = tempfile.mkdtemp(prefix="tinyctl-test-")
os.chmod(WORK, 0o755)
atexit.register(shutil.rmtree, WORK, True)
shutil.copy(CTL, WORK + "/tinyctl")
RCEXEC, RCWAIT, TINYCTL = (WORK + "/" + n
                           for n in ("rcexec", "rcwait", "tinyctl"))
os.symlink("tinyctl", RCEXEC)
os.symlink("tinyctl", RCWAIT)

ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "KEPT": "yes"}


class Run:
    """A program that has ended: code, out, err (its lines)."""

    def __init__(self, argv, env=None, **more):
        done = subprocess.run(argv, env=ENV if env is None else env,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=20, **more)
        self.code = done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace").splitlines()


def folder(name):
    """A new, empty folder of that name."""
    path = WORK + "/" + name
    shutil.rmtree(path, True)
    os.makedirs(path)
    return path


def write(path, text="", mode=None):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text.encode() if isinstance(text, str) else text)
    if mode:
        os.chmod(path, mode)
    return path


def status_of(pid, key):
    """A line of /proc/PID/status."""
    with open("/proc/%s/status" % pid) as file:
        for line in file:
            if line.startswith(key + ":"):
                return line.split(":", 1)[1].strip()
    raise AssertionError("no %s of %s" % (key, pid))


def command(*argv):
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)


def fresh_tmpfs(path):
    """An empty file system there, for this namespace only."""
    os.makedirs(path, exist_ok=True)
    command("mount", "-t", "tmpfs", "tmpfs", path)


class Waiter:
    """An rcwait that is running: `with Waiter("for", ...) as w:`"""

    def __init__(self, *words, env=None, program=RCWAIT, **more):
        self.child = subprocess.Popen(
            [program, *words], env=ENV if env is None else env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        self.child.stdout.close()

    def state(self):
        return status_of(self.child.pid, "State")[0]

    def switches(self):
        return (int(status_of(self.child.pid, "voluntary_ctxt_switches")),
                int(status_of(self.child.pid, "nonvoluntary_ctxt_switches")))

    def asleep(self):
        """Wait until it sleeps in poll(2); it has then looked and not found.

        Only that sleep counts: one in a system call on the way does not last.
        """
        def sleeping():
            assert self.child.poll() is None, "it has ended: %d %r" % (
                self.child.returncode, self.child.stdout.read())
            if self.state() != "S":
                return False
            with open("/proc/%d/syscall" % self.child.pid) as file:
                words = file.read().split()
            return words[0].isdigit() and int(words[0]) in POLLS
        until(sleeping, 5, "rcwait sleeps")

    def quiet(self, during_s=0.4):
        """It does nothing at all while nothing happens.

        Uevents are the whole machine's, so something may happen: one quiet
        time of ten will do, and one that looks by itself has none.
        """
        for last in [False] * 9 + [True]:
            self.asleep()
            before = self.switches()
            try:
                stays(lambda: self.switches()[0] == before[0] and
                      self.child.poll() is None, during_s, "no wake-ups")
                return
            except AssertionError:
                if last or self.child.poll() is not None:
                    raise

    def ends(self, code=0, said="", timeout_s=5):
        until(lambda: self.child.poll() is not None, timeout_s, "rcwait ends")
        got = self.child.stdout.read().decode()
        equal(self.child.returncode, code, "exit status (said %r)" % got)
        if said is not None:
            equal(got, said, "what it said")
        return got


# poll, ppoll by architecture; from asm/unistd.h.
POLLS = {"x86_64": {7, 271}, "aarch64": {73}}.get(ARCH, {168, 336, 414})
