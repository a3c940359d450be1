#!/usr/bin/env python3
"""Put a program into namespaces of its own: PID 1 there, nothing of the host.

    enter.py new   <spec.json      build the tree, become PID 1 of it
    enter.py join PID ARG...       run a command beside that PID 1

`new` reads a specification (see machine.py) and reports on `status_fd`
    pid N                 the host's number of the new PID 1
    error TEXT            it could not be made
    exit N | signal N     how PID 1 ended
and on `started_fd` what went wrong before PID 1 was executed, or nothing.

Safety: the caller's root is given up before the user namespace is made.  A
user namespace whose root is the host's root may still write /proc/sys and
/proc/sysrq-trigger, which only look at the uid; one whose root is `nobody`
outside may not, whatever the init under test tries.
"""

import ctypes
import json
import os
import resource
import signal
import sys

# From linux/sched.h, linux/prctl.h, linux/mount.h.
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
MS_RDONLY, MS_NOSUID, MS_REMOUNT = 1, 2, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "armv7l": 218}
NOBODY = 65534

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *args):
    """Call libc; raise with the name of what failed."""
    args = [a.encode() if isinstance(a, str) else a for a in args]
    if getattr(libc, name)(*args) < 0:
        number = ctypes.get_errno()
        shown = " ".join(a.decode() if isinstance(a, bytes) else str(a)
                         for a in args if a is not None)
        raise OSError(number, "%s %s: %s" % (name, shown,
                                             os.strerror(number)))


def mount(source, target, kind, flags=0, data=None):
    call("mount", source, target, kind, ctypes.c_ulong(flags), data)


def die_with(parent):
    """SIGKILL for this process when its parent is gone."""
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def write_map(name, text):
    with open("/proc/self/" + name, "w") as file:
        file.write(text)


def give_up_root():
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        # Changing the uid made /proc/self root's: the maps are there.
        call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)


def map_later(first):
    """Fork one that is still root, to give this process more users.

    It waits for an end of file, which comes when the returned descriptor is
    closed.  The ids are of no use outside: nobody's, and such that no account
    has.
    """
    target = os.getpid()
    go_r, go_w = os.pipe()
    helper = os.fork()
    if helper == 0:
        os.close(go_w)
        os.read(go_r, 1)
        ok = 1
        try:
            for name in ("uid_map", "gid_map"):
                with open("/proc/%d/%s" % (target, name), "w") as file:
                    file.write("0 %d 1\n1 %d 60000\n" % (NOBODY, first))
            ok = 0
        finally:
            os._exit(ok)
    os.close(go_r)
    return helper, go_w


def join_group(path):
    with open(path + "/cgroup.procs", "w") as file:
        file.write("0")


def unshare(spec, mapper=None):
    uid, gid = os.geteuid(), os.getegid()
    flags = (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS
             | CLONE_NEWIPC)
    if not spec["bare"]:
        # sysfs and cgroup2 mount only where these belong to the user
        # namespace; `bare` leaves PID 1 without both.
        flags |= CLONE_NEWNET | CLONE_NEWCGROUP
    call("unshare", flags)
    if mapper:
        helper, go = mapper
        os.close(go)
        if os.waitpid(helper, 0)[1]:
            raise OSError("no map of users could be written")
        return
    write_map("setgroups", "deny")
    write_map("uid_map", "0 %d 1" % uid)
    write_map("gid_map", "0 %d 1" % gid)


def load(spec):
    """Read the source files while this process may still do so."""
    if spec["compiler"]:
        spec["compiler_fd"] = os.open(spec["compiler"], os.O_RDONLY)
    for entry in spec["tree"]:
        if entry["kind"] == "copy":
            with open(entry["data"], "rb") as file:
                entry["bytes"] = file.read()
        elif entry["kind"] == "file":
            entry["bytes"] = entry["data"].encode("utf-8", "surrogateescape")


def make_entry(top, entry):
    path = top + "/" + entry["path"]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    kind, mode = entry["kind"], entry["mode"]
    if kind == "dir":
        os.makedirs(path, exist_ok=True)
    elif kind == "link":
        os.symlink(entry["data"], path)
        return
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        with open(path, "wb") as file:
            file.write(entry["bytes"])
    os.chmod(path, mode)


def make_dev(top, spec):
    """Device nodes cannot be made in a user namespace: bind the host's."""
    dev = top + "/dev"
    os.makedirs(dev, exist_ok=True)
    if spec["dev_mounted"]:
        mount("dev", dev, "tmpfs", MS_NOSUID, "mode=755")
    for name in spec["dev"]:
        node = dev + "/" + name
        source = spec["console"] if name == "console" else "/dev/" + name
        open(node, "w").close()
        mount(source, node, None, MS_BIND)


def make_table(top, compiler):
    """The service table, as the image has one; `compiler`: rcc, opened."""
    child = os.fork()
    if child == 0:
        try:
            nowhere = os.open("/dev/null", os.O_RDWR)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            os.execve(compiler, ["rcc", "compile", "--root", top, "-o",
                                 top + "/etc/tinyinit/table"], {})
        finally:
            os._exit(127)
    os.close(compiler)
    if os.waitpid(child, 0)[1]:
        raise OSError("no service table could be made")


def make_tree(spec):
    top = "/tmp"
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    mount("root", top, "tmpfs", 0, "mode=755")
    for entry in spec["tree"]:
        make_entry(top, entry)
    if spec["compiler"]:
        make_table(top, spec["compiler_fd"])
    make_dev(top, spec)
    # The kernel lets a user namespace mount proc and sysfs only where an
    # unobscured one is mounted already; without these two PID 1 could not
    # mount its own once the host's tree is gone.
    for kind in ("proc",) if spec["bare"] else ("proc", "sysfs"):
        os.makedirs("%s/.ns/%s" % (top, kind))
        mount(kind, "%s/.ns/%s" % (top, kind), kind)
    for kind, where in spec["mounts"]:
        os.makedirs(top + where, exist_ok=True)
        mount(kind, top + where, kind)
    os.chdir(top)
    machine = os.uname().machine
    call("syscall", PIVOT_ROOT[machine], b".", b".")
    call("umount2", ".", MNT_DETACH)
    os.chdir("/")
    if spec["readonly"]:
        mount(None, "/", None, MS_REMOUNT | MS_RDONLY)


def close_all_but(keep):
    for fd in range(3, 256):
        if fd not in keep:
            try:
                os.close(fd)
            except OSError:
                pass


def prepare_signals(blocked):
    numbers = [n for n in range(1, 65) if n in signal.valid_signals()]
    for number in numbers:
        if number not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(number, signal.SIG_IGN if blocked
                          else signal.SIG_DFL)
    if blocked:
        signal.pthread_sigmask(signal.SIG_BLOCK, numbers)


def become_init(spec):
    """In the new PID 1: build, then exec.  Returns only on failure."""
    console = spec["console_fd"]
    os.setsid()
    os.umask(0o022)
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getpid() != 1:
        raise OSError("not PID 1 of a namespace")
    make_tree(spec)
    close_all_but((console, spec["started_fd"]))
    prepare_signals(spec["blocked"])
    os.umask(spec["umask"])
    os.chdir(spec["cwd"])
    if spec["nofile"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (spec["nofile"],) * 2)
    for fd in (0, 1, 2):
        if spec["close_fds"]:
            os.close(fd)
        else:
            os.dup2(console, fd)
    # Both close at the exec; an end without a word on `started` is its news.
    os.set_inheritable(console, False)
    os.set_inheritable(spec["started_fd"], False)
    os.execve("/sbin/init", spec["argv"], spec["env"])


def new():
    spec = json.load(sys.stdin)
    status = spec["status_fd"]

    def report(text):
        os.write(status, (text + "\n").encode())

    try:
        load(spec)
        parent = os.getppid()
        if spec["group"]:
            join_group(spec["group"])
        mapper = map_later(1000001) if spec["users"] else None
        give_up_root()
        die_with(parent)
        unshare(spec, mapper)
        child = os.fork()
    except OSError as error:
        report("error %s" % error)
        return 1
    if child == 0:
        try:
            become_init(spec)
        except BaseException as error:
            os.write(spec["started_fd"], str(error).encode())
            os._exit(127)
    report("pid %d" % child)
    # The console's other end must see an end when PID 1 is gone.
    for fd in (0, 1, 2, spec["console_fd"], spec["started_fd"]):
        os.close(fd)
    _, how = os.waitpid(child, 0)
    if os.WIFSIGNALED(how):
        report("signal %d" % os.WTERMSIG(how))
    else:
        report("exit %d" % os.WEXITSTATUS(how))
    return 0


def join(pid, argv):
    """Run argv inside the namespaces of `pid`, as its root."""
    fds = []
    # What execvpe imports is imported now: the machine has no Python.
    os.get_exec_path({"PATH": "/"})
    # The user namespace comes first: it gives the rights for the others.
    for kind in ("user", "pid", "uts", "ipc", "net", "mnt"):
        path = "/proc/%d/ns/%s" % (pid, kind)
        if os.readlink(path) != os.readlink("/proc/self/ns/" + kind):
            fds.append(os.open(path, os.O_RDONLY))
    for fd in fds:
        call("setns", fd, 0)
        os.close(fd)
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    os.chdir("/")
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            os.execvpe(argv[0], argv, {"PATH": "/sbin:/bin", "HOME": "/"})
        except OSError as error:
            os.write(2, ("%s: %s\n" % (argv[0], error)).encode())
            os._exit(127)
    _, how = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(how) & 255


if __name__ == "__main__":
    if sys.argv[1:] == ["new"]:
        sys.exit(new())
    if sys.argv[1:2] == ["join"] and len(sys.argv) > 3:
        sys.exit(join(int(sys.argv[2]), sys.argv[3:]))
    sys.exit(__doc__)
