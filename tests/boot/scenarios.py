"""What each boot shows.  A scenario is a generator of (title, step): a step is
a function that fails by raising; the first that fails ends the scenario."""

import re

from tap import equal

RC = "etc/rc.d/"
MOUNTS = {
    "/proc": ("proc", "nosuid nodev noexec"),
    "/sys": ("sysfs", "nosuid nodev noexec"),
    "/dev": ("devtmpfs", "nosuid noexec"),
    "/dev/pts": ("devpts", "nosuid noexec gid=5 mode=620 ptmxmode=666"),
    "/dev/shm": ("tmpfs", "nosuid nodev"),
    "/run": ("tmpfs", "nosuid nodev mode=755"),
    "/tmp": ("tmpfs", "nosuid nodev"),
    "/sys/fs/cgroup": ("cgroup2", "nosuid nodev noexec"),
}
ORPHANS = "i=0; while [ $i -lt 1000 ]; do (true &); i=$((i+1)); done"


def script(text):
    return "#!/bin/sh\n" + text + "\n"


def login(boot):
    guest = boot(words="tinyinit.debug tinyinit.unheard=1")

    def the_example_says_the_pid_that_PID_1_reaps():
        pid = guest.console.must_have(r"^pid=(\d+) hi").group(1)
        guest.console.must_have(r"reaped orphan pid %s: exit 0" % pid)

    def an_unknown_word_is_reported():
        guest.console.must_have(
            r'unknown kernel word "tinyinit.unheard=1" ignored')

    def mounts_are_as_the_table_says():
        found = {}
        for line in guest.run("cat /proc/mounts").splitlines():
            part = line.split()
            found[part[1]] = (part[2], part[3].split(","))
        for path, (kind, options) in MOUNTS.items():
            equal(found[path][0], kind, path)
            for option in options.split():
                assert option in found[path][1], (path, option, found[path])

    def ps_aux_shows_PID_1():
        lines = guest.run("ps aux").splitlines()
        equal(lines[0].split()[:4], ["USER", "PID", "%CPU", "%MEM"], "header")
        assert re.search(r"^root +1 .*init", "\n".join(lines), re.M), lines

    def the_tree_is_complete():
        equal(guest.run("hostname").strip(), "tinyinit", "hostname")
        equal(guest.run("readlink /dev/fd /var/run").split(),
              ["/proc/self/fd", "../run"], "links")
        release = guest.run("cat /etc/tinyinit-release")
        for key in ("COMMIT=", "BOARD=" + guest.board, "BUILD_DATE="):
            assert key in release, release
        assert "uid=0(root)" in guest.run("id")

    def a_thousand_orphans_leave_no_zombie():
        guest.run(ORPHANS)
        # Ends when there is none: a zombie that stays is a time-out here.
        said = guest.run("while grep -q ') Z ' /proc/[0-9]*/stat 2>/dev/null;"
                         " do :; done; echo none left")
        equal(said.strip().splitlines()[-1], "none left", "zombies")

    yield "login", guest.login
    yield "example", the_example_says_the_pid_that_PID_1_reaps
    yield "unknown word", an_unknown_word_is_reported
    yield "mounts", mounts_are_as_the_table_says
    yield "ps aux", ps_aux_shows_PID_1
    yield "tree", the_tree_is_complete
    yield "orphans", a_thousand_orphans_leave_no_zombie
    yield "poweroff", lambda: down(guest, "poweroff", "powering off")


def down(guest, command, marker):
    guest.console.send(command + "\n")
    guest.ends("tinyinit: " + marker)


def scripts(boot):
    """A failing, a crashing and a hanging script; then off, though it hangs."""
    guest = boot(
        words="tinyinit.patience=1 tinyinit.shutdown_timeout=8",
        files=[(RC + "30-fail", 0o755, script("exit 3")),
               (RC + "31-segv", 0o755, script("kill -SEGV $$")),
               (RC + "32-hang", 0o755, script("trap '' TERM\n"
                                              "tail -f /dev/null")),
               (RC + "33-noint", 0o755, "#!/bin/nonesuch\n"),
               (RC + "34-noexec", 0o644, script("exit 0")),
               (RC + "35-last", 0o755, script("exit 0"))])

    def each_costs_only_itself():
        guest.expect(r"\[fail\] 30-fail: exit 3")
        guest.expect(r"\[fail\] 31-segv: killed by SIGSEGV")
        guest.expect(r"32-hang: still starting")
        guest.expect(r"\[fail\] 33-noint: no such file or interpreter")
        guest.expect(r"\[fail\] 34-noexec: not executable")
        guest.expect(r"\[ ok \] 35-last")
        guest.expect(r"ready \(9 scripts, 4 failed")

    yield "each costs only itself", each_costs_only_itself
    yield "login", guest.login
    yield "init 0", lambda: down(guest, "init 0", "powering off")


def reboot(boot):
    guest = boot(options=["-no-reboot"], words="quiet")
    yield "login", guest.login
    yield "quiet", lambda: guest.console.must_not_have(r"\[ ok \]|ready \(")
    yield "reboot", lambda: down(guest, "reboot", "rebooting")
    again = boot(options=["-no-reboot"])
    yield "login again", again.login
    yield "init 6", lambda: down(again, "init 6", "rebooting")


def halt(boot):
    guest = boot(words="loglevel=6")
    yield "login", guest.login
    guest.console.send("halt\n")
    yield "halting", lambda: guest.expect("tinyinit: halting")
    yield "the kernel halts", lambda: guest.expect("System halted")


def rescue(boot):
    for word in ("rescue", "single"):
        guest = boot(words=word)

        def shell_first():
            guest.expect("rescue shell on the console")
            guest.expect(r"# $")
            guest.console.must_not_have(r"\[ ok \]")

        def exit_goes_on():
            guest.console.send("exit\n")
            guest.expect(r"\[ ok \] 10-fstab")
            guest.login()

        yield word, shell_first
        yield word + ", exit", exit_goes_on
        guest.close()


def readonly(boot):
    guest = boot(
        words="rdinit=/ro-init",
        files=[("ro-init", 0o755, script(
            "mount -t proc proc /proc\nmount -t devtmpfs dev /dev\n"
            "mount -o remount,ro /\nexec /sbin/init \"$@\""))])

    def root_is_read_only():
        assert "Read-only" in guest.run("touch /file")
        equal(guest.run("touch /run/file && echo yes").strip(), "yes", "/run")

    def mounted_once():
        equal(guest.run("grep -c ' /dev dev' /proc/mounts").strip(), "1",
              "mounts of /dev")

    yield "login", guest.login
    yield "read-only", root_is_read_only
    yield "what was mounted stays", mounted_once
    yield "poweroff", lambda: down(guest, "poweroff", "powering off")


SCENARIOS = {f.__name__: f for f in
             (login, scripts, reboot, halt, rescue, readonly)}


def names(_board):
    return list(SCENARIOS)


def steps(name, boot):
    return SCENARIOS[name](boot)
