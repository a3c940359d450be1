"""What each boot shows.

A scenario is a generator of (title, step).  A step is a function that fails by
raising; main.py takes one before it asks for the next.
"""

import os
import re
import subprocess
import time

from guest import BUILD, TOP, arch_of, monitor_options
from tap import equal, within

RC = "etc/rc.d/"
# rc/ of the project itself.
SHIPPED = 3

# Where, what, and options that must be among those of /proc/mounts.
MOUNTS = (
    ("/proc", "proc", "nosuid nodev noexec"),
    ("/sys", "sysfs", "nosuid nodev noexec"),
    ("/dev", "devtmpfs", "nosuid noexec"),
    ("/dev/pts", "devpts", "nosuid noexec gid=5 mode=620 ptmxmode=666"),
    ("/dev/shm", "tmpfs", "nosuid nodev"),
    ("/run", "tmpfs", "nosuid nodev mode=755"),
    ("/tmp", "tmpfs", "nosuid nodev"),
    ("/sys/fs/cgroup", "cgroup2", "nosuid nodev noexec"),
)

# The processes in state Z, by their status and not by ps.
ZOMBIES = "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l"


def script(body):
    return "#!/bin/sh\n" + body.strip("\n") + "\n"


def goes_down(guest, command, words, limit_s=None):
    """Type a command; QEMU ends by itself after PID 1's last words."""
    def step():
        begin = time.monotonic()
        guest.con.send(command + "\n")
        guest.expect(r"^tinyinit: .* requested by pid \d+ uid 0 \(SIG\w+\)$")
        guest.ends(r"^tinyinit: %s$" % words)
        if limit_s:
            within(time.monotonic() - begin, 0, limit_s,
                   "seconds of the way down")
    return step


# --- login: what a person finds ----------------------------------------------

def login(boot):
    guest = boot(words="tinyinit.debug tinyinit.unheard=1", payload=True)

    def the_first_line():
        guest.expect(r"^tinyinit: \S.* is PID 1$")

    def the_example():
        found = guest.expect(r"^pid=(\d+) hi$")
        pid = found.group(1)
        guest.expect(r"^tinyinit: debug: reaped orphan pid %s: exit 0$" % pid)

    def the_scripts():
        guest.con.must_have(r"^tinyinit: ready \(%d scripts, 0 failed, "
                            % SHIPPED)
        for name in ("10-fstab", "20-loopback", "90-hello"):
            guest.con.must_have(r"^\[ ok \] %s \(\d+ m?s\)$" % name)

    def the_warning():
        guest.con.must_have(r'^tinyinit: unknown kernel word '
                            r'"tinyinit.unheard(=1)?" ignored$')

    def the_mounts():
        found = {}
        for line in guest.lines("cat /proc/mounts"):
            _, where, kind, options = line.split()[:4]
            assert where not in found or where == "/", "twice: " + where
            found[where] = (kind, options.split(","))
        for where, kind, options in MOUNTS:
            assert where in found, "%s is not mounted" % where
            equal(found[where][0], kind, where)
            for option in options.split():
                assert option in found[where][1], (where, option,
                                                   found[where])

    def ps_aux():
        lines = guest.lines("ps aux")
        equal(lines[0].split()[:4], ["USER", "PID", "%CPU", "%MEM"], "header")
        assert any(re.match(r"root +1 .*\binit\b", x) for x in lines), lines

    def the_tree():
        equal(guest.lines("hostname"), ["tinyinit"], "host name")
        for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"),
                             ("stdout", "fd/1"), ("stderr", "fd/2")):
            got = guest.lines("readlink /dev/" + name)[0]
            assert got.endswith(target), (name, got)
        assert guest.lines("readlink /var/run")[0] in ("/run", "../run")
        release = guest.run("cat /etc/tinyinit-release")
        for part in ("COMMIT=", "BOARD=" + guest.board, "BUILD_DATE="):
            assert part in release, release
        guest.run("test /init -ef /sbin/init")
        assert "uid=0(root)" in guest.run("id")
        guest.run("test $(stat -c %a /tmp) = 1777")

    def pid_1():
        link = guest.lines("readlink /proc/1/exe")[0]
        assert link in ("/sbin/init", "/init"), link
        fds = guest.run("ls -l /proc/1/fd")
        for number in ("0", "1", "2"):
            assert re.search(r" %s -> /dev/" % number, fds), fds
        status = guest.run("cat /proc/1/status")
        equal(re.search(r"^PPid:\s+(\d+)", status, re.M).group(1), "0", "PPid")

    def the_terminal():
        """The login has a controlling tty: Ctrl-C ends what runs there."""
        guest.con.send("sh -c 'echo up-$((6 * 7)); exec /bin/sleep 100000'\n")
        guest.expect(r"^up-42$")
        guest.con.send("\x03")
        guest.prompt()

    def respawn():
        guest.con.send("exit\n")
        guest.login()

    yield "the first line names PID 1", the_first_line
    yield "the example says the pid that PID 1 reaps", the_example
    yield "login", guest.login
    yield "the shipped scripts have started", the_scripts
    yield "an unknown word is warned about", the_warning
    yield "mounts are as the table says", the_mounts
    yield "ps aux", ps_aux
    yield "names, links and files", the_tree
    yield "PID 1 is sbin/init with valid fds", pid_1
    yield "Ctrl-C works at the prompt", the_terminal
    yield "a login that ends comes back", respawn
    yield "poweroff", goes_down(guest, "poweroff", "powering off", 10)


# --- orphans -----------------------------------------------------------------

def orphans(boot):
    guest = boot(payload=True, words="quiet")
    seen = {}

    def count():
        """Wait until no zombie is left; PID 1's fds and anonymous memory."""
        guest.run("n=0; while [ $(%s) -gt 0 ] && [ $n -lt 200 ]; do "
                  "n=$((n + 1)); done; [ $(%s) = 0 ]" % (ZOMBIES, ZOMBIES))
        return (guest.lines("ls /proc/1/fd"),
                guest.lines("grep RssAnon /proc/1/status"))

    def first():
        guest.run("payload orphans 100")
        seen["before"] = count()

    def thousand():
        guest.run("payload orphans 1000")
        equal(count(), seen["before"], "PID 1's fds and memory")

    def by_shell():
        guest.run("i=0; while [ $i -lt 300 ]; do "
                  "(/bin/true & exec /bin/true); i=$((i + 1)); done")
        equal(count(), seen["before"], "PID 1's fds and memory")

    def of_a_dead_parent():
        guest.run("sh -c '/bin/sleep 100000 & kill -KILL $$'", check=False)
        # The shell may be dead before its child has become the program.
        pid = guest.lines("until pidof sleep; do :; done")[0].split()[0]
        equal(guest.lines("grep PPid: /proc/%s/status" % pid)[0].split()[1],
              "1", "parent")
        guest.run("kill -KILL %s" % pid)
        count()
    yield "login", guest.login
    yield "a hundred orphans, for a start", first
    yield "a thousand orphans leave no zombie, no fd, no memory", thousand
    yield "three hundred of a shell", by_shell
    yield "one that outlives its parent", of_a_dead_parent
    yield "quiet was quiet", lambda: guest.con.must_not_have(
        r"\[ ok \]|^tinyinit: ready")
    yield "init 0: power off", goes_down(
        guest, "init 0", "powering off", 10)


# --- scripts that go wrong ---------------------------------------------------

def scripts(boot):
    deadline = 8
    guest = boot(
        words="tinyinit.patience=1 tinyinit.start_timeout=300 "
              "tinyinit.shutdown_timeout=%d" % deadline,
        files={
            RC + "30-fail": script("exit 3"),
            RC + "31-segv": script("kill -SEGV $$"),
            RC + "32-deaf": script("trap '' TERM HUP INT\n"
                                   "while :; do /bin/sleep 100000; done"),
            RC + "33-nointerp": "#!/no/such/interpreter\n",
            RC + "34-noexec": (0o644, script("exit 0")),
            RC + "35-stop": script('[ "$1" = start ] || exit 7'),
            RC + "36-stuck": script('[ "$1" = start ] || '
                                    "{ trap '' TERM; /bin/sleep 100000; }"),
            RC + "README": script("echo README has run"),
            RC + "37-old~": script("echo 37-old has run"),
            RC + "38-last": script("exit 0"),
        })

    def each_costs_only_itself():
        for pattern in (r"\[fail\] 30-fail: exit 3 \(\d+ m?s\)",
                        r"\[fail\] 31-segv: killed by SIGSEGV \(\d+ m?s\)",
                        r"tinyinit: 32-deaf: still starting after \d+ m?s, "
                        r"going on",
                        r"\[fail\] 33-nointerp: no such file or interpreter.*",
                        r"\[ ok \] 35-stop \(\d+ m?s\)",
                        r"\[ ok \] 38-last \(\d+ m?s\)"):
            guest.expect("^%s$" % pattern)
        equal(guest.ready(), (SHIPPED + 7, 3), "scripts, failed")
        guest.con.must_have(r"^tinyinit: /etc/rc\.d/34-noexec: not executable$")
        guest.con.must_not_have(r"has run")

    def the_hanging_one_is_there():
        guest.run("pidof sleep")
        guest.con.must_not_have(r"32-deaf: start timed out")

    def stops():
        guest.con.must_have(r"^\[ ok \] 38-last stopped")
        guest.con.must_have(r"^tinyinit: 36-stuck: still stopping|"
                            r"^\[fail\] 36-stuck stop")
        guest.con.must_have(r"^\[fail\] 35-stop stop: exit 7")
    yield "each costs only itself", each_costs_only_itself
    yield "login", guest.login
    yield "the hanging one still hangs", the_hanging_one_is_there
    yield "power off within the deadline all the same", goes_down(
        guest, "poweroff", "powering off", deadline + 1)
    yield "the stops were tried in reverse", stops


# --- the ways down -----------------------------------------------------------

def reboot(boot):
    guest = boot(options=["-no-reboot"])
    yield "login", guest.login
    yield "reboot: QEMU sees a reset", goes_down(guest, "reboot", "rebooting",
                                                 10)
    again = boot(options=["-no-reboot"])
    yield "login", again.login
    yield "init 6: the same", goes_down(again, "init 6", "rebooting", 10)


def reset(boot):
    """A reboot that is one: the board comes up again."""
    guest = boot()

    def again():
        guest.con.send("reboot\n")
        guest.expect(r"^tinyinit: rebooting$")
        guest.expect(r"^tinyinit: \S.* is PID 1$")
        guest.login()
    yield "login", guest.login
    yield "reboot, and login again", again
    yield "poweroff", goes_down(guest, "poweroff", "powering off", 10)


def halt(boot):
    guest = boot(words="loglevel=7")

    def halted():
        guest.con.send("halt\n")
        guest.expect(r"^tinyinit: halt requested by pid \d+ uid 0 "
                     r"\(SIGUSR1\)$")
        guest.expect(r"^tinyinit: halting$")
        guest.expect(r"System halted$")
        equal(guest.process.poll(), None, "QEMU runs on")
    yield "login", guest.login
    yield "halt: the kernel says so and stays", halted


# --- rescue ------------------------------------------------------------------

def rescue(boot):
    for word in ("rescue", "single"):
        guest = boot(words=word)

        def shell_first():
            guest.expect(r'^tinyinit: rescue shell on the console; '
                         r'"exit" goes on with the boot$')
            guest.expect(r"# $")
            guest.con.send("echo in-rescue-$((6 * 7)); tty\n")
            guest.expect(r"^in-rescue-42$")
            guest.expect(r"^/dev/tty\w+$")
            guest.con.must_not_have(r"\[ ok \]")

        def exit_goes_on():
            guest.con.send("exit\n")
            guest.expect(r"^\[ ok \] 10-fstab")
            equal(guest.ready(), (SHIPPED, 0), "scripts, failed")
            guest.login()
        yield word + " gives a shell before the scripts", shell_first
        yield word + ", exit: on with the boot", exit_goes_on
    guest = boot(words="rescue", options=["-no-reboot"])

    def down():
        guest.expect(r"^tinyinit: rescue shell")
        guest.expect(r"# $")
        guest.con.send("reboot\n")
        # Not at the beginning of a line: there is the shell's prompt.
        guest.ends(r"tinyinit: rebooting$")
    yield "reboot from the rescue shell", down


# --- what PID 1 may find -----------------------------------------------------

RO_INIT = script("""
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mount -o remount,ro /
exec /sbin/init "$@"
""")


def readonly(boot):
    guest = boot(words="rdinit=/ro-init", files={
        "ro-init": RO_INIT,
        # The shipped one would make the root writable again.
        RC + "10-fstab": script("exit 0")})

    def it_is():
        text = guest.run("touch /file", check=False)
        assert "Read-only" in text, text
        guest.run("touch /run/file /tmp/file")

    def mounted_once():
        for where in ("/dev", "/proc"):
            equal(guest.lines("grep -c ' %s ' /proc/mounts" % where), ["1"],
                  "mounts of " + where)
    yield "login", guest.login
    yield "the root is read-only, /run and /tmp are not", it_is
    yield "what was mounted is not mounted again", mounted_once
    yield "poweroff", goes_down(guest, "poweroff", "powering off", 10)


def bare(boot):
    """fds closed at entry, no scripts, no /dev to begin with."""
    guest = boot(words="rdinit=/bare-init quiet", files={
        "bare-init": script("""
rm -r /etc/rc.d
exec /sbin/init "$@" <&- >&- 2>&-
""")})

    def fds():
        text = guest.run("ls -l /proc/1/fd")
        for number in ("0", "1", "2"):
            assert re.search(r" %s -> /dev/" % number, text), text

    def a_warning():
        guest.con.must_have(r"^(tinyinit|rcc): /etc/rc\.d: ")
    yield "login", guest.login
    yield "PID 1's fds 0 to 2 are valid", fds
    yield "the missing folder is told", a_warning
    yield "poweroff", goes_down(guest, "poweroff", "powering off", 10)


# --- OVERLAY and RC ------------------------------------------------------------

def lay(folder, files):
    for path, text in files.items():
        path = os.path.join(folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        os.chmod(path, 0o755)
    return folder


def layers(boot):
    """A user's own files: what `make image OVERLAY=a:b RC=a:b` packs."""
    stem = os.path.join(BUILD, "test", "boot", boot.board, boot.name)
    image = stem + ".cpio.gz"

    def packed():
        env = {
            "RC": ":".join((
                lay(stem + ".rc1", {"91-one": script("echo one runs"),
                                    "92-both": script("echo not this")}),
                lay(stem + ".rc2", {"92-both": script("echo two runs")}))),
            "OVERLAY": ":".join((
                lay(stem + ".over1", {"etc/hostname": "one\n", "etc/own": "1\n"}),
                lay(stem + ".over2", {"etc/hostname": "tinyinit\n",
                                      "etc/issue": "I am layered\n"})))}
        subprocess.run(["rootfs/pack.sh", image], cwd=TOP, check=True,
                       env=dict(os.environ, **env, BOARD=boot.board,
                                ARCH=arch_of(boot.board), COMMIT="test",
                                SOURCE_DATE_EPOCH="0"))

    def refused(name):
        for value in ("build/none", "rc:build/none"):
            done = subprocess.run(
                ["make", "-s", "--no-print-directory", "image",
                 "BOARD=" + boot.board, "%s=%s" % (name, value)], cwd=TOP,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            assert done.returncode, "make has succeeded"
            assert ("pack: %s: no such directory: build/none\n" % name
                    in done.stdout), done.stdout

    def there():
        guest = boot(image=image)
        for text in ("one runs", "two runs"):
            guest.expect("^%s$" % text)
        equal(guest.ready(), (SHIPPED + 2, 0), "scripts, failed")
        guest.expect("^I am layered$")
        guest.login()
        guest.con.must_not_have("not this")
        equal(guest.lines("cat /etc/own; cat /etc/hostname"), ["1", "tinyinit"],
              "the files of the overlays")
        goes_down(guest, "poweroff", "powering off", 10)()
    yield "OVERLAY: a missing directory is named", lambda: refused("OVERLAY")
    yield "RC: a missing directory is named", lambda: refused("RC")
    yield "two of each are packed", packed
    yield "and there on the board, the last one wins", there


# --- accounts ----------------------------------------------------------------

def accounts(boot):
    """A password is set, asked for, and taken away; names that nobody has."""
    guest = boot()

    def passwd(first, second, answer):
        guest.con.send("passwd\n")
        for question, word in (("New password for root: ", first),
                               ("Again: ", second)):
            guest.expect("^" + question + "$")
            guest.con.send(word + "\n")
        guest.expect("^passwd: " + answer)
        guest.prompt()

    def is_set():
        before = guest.run("cat /etc/shadow")
        passwd("one", "two", "they differ")
        equal(guest.run("cat /etc/shadow"), before, "/etc/shadow")
        passwd("secret", "secret", "/etc/shadow changed for root$")
        text = guest.run("cat /etc/shadow; stat -c '%a %u' /etc/shadow")
        assert re.match(r"root:\$6\$[^:]+:\d+:0:99999:7:::$", text, re.M), text
        equal(text.splitlines()[1:], before.splitlines()[1:] + ["600 0"],
              "the rest")
        guest.con.must_not_have("secret")

    def answers(name, word):
        guest.con.send(name + "\n")
        guest.expect(r"^Password: $")
        guest.con.send(word + "\n")

    def wrong_ones():
        guest.con.send("exit\n")
        guest.expect(r"^tinyinit login: $")
        for name in ("root", "nosuchname"):
            answers(name, "wrong")
            guest.expect(r"^Login incorrect$")
            guest.expect(r"login: $")

    def the_right_one():
        answers("root", "secret")
        guest.expect(r"^root@tinyinit:~# ")
        guest.calm()

    def taken_away():
        guest.run("passwd -d root")
        guest.con.send("exit\n")
        guest.login()
    yield "login", guest.login
    yield "passwd writes a hash, and nothing else", is_set
    yield "a wrong password and a wrong name look alike", wrong_ones
    yield "the right one is taken", the_right_one
    yield "passwd -d: no password is asked for", taken_away
    yield "poweroff", goes_down(guest, "poweroff", "powering off", 10)


# --- consoles ----------------------------------------------------------------

def consoles(boot):
    """Two consoles, as `console=` words give them: a login on both."""
    guest = boot(replace=("console=", "console=tty0 console="))

    def both():
        equal(guest.lines("cat /sys/class/tty/console/active")[0].split()[0],
              "tty0", "the kernel's list")
        text = guest.run("for p in /proc/[0-9]*; do "
                         "readlink $p/fd/0; done 2>/dev/null | sort -u")
        assert "/dev/tty1" in text, text
    yield "login on the serial line", guest.login
    yield "a login waits on tty1", both
    yield "poweroff", goes_down(guest, "poweroff", "powering off", 10)


# A script that speaks to the serial line behind the kernel's back.
TELL = script("""
[ "$1" = start ] || { echo told-stop >/dev/ttyS0; exit 0; }
{ echo told; ls -l /proc/1/fd; cat /proc/$$/stat; } >/dev/ttyS0
(while ! [ -e /run/go ]; do :; done; poweroff) </dev/null >/dev/null 2>&1 &
""")


def silent(boot, word):
    """The kernel has no console that works: PID 1 boots and goes down."""
    guest = boot(replace=("console=ttyS0", word), files={
        RC + "91-tell": TELL,
        RC + "99-go": script("[ $1 = stop ] || : >/run/go")})

    def fds():
        guest.expect(r"^told$")
        for number in ("0", "1", "2"):
            guest.expect(r" %s -> /dev/" % number)

    def off():
        guest.expect(r"^told-stop$")
        guest.con.expect_end(60, "waiting for the end of QEMU")
        guest.con.must_not_have("Kernel panic")
    yield word + ": the scripts run, PID 1's fds are valid", fds
    yield word + ": power off", off


def noconsole(boot):
    yield from silent(boot, "console=null")
    yield from silent(boot, "console=ttyS9")


def ctrlaltdel(boot):
    guest = boot(options=["-no-reboot",
                          *monitor_options(boot.board, boot.name)])

    def off_at_the_kernel():
        equal(guest.lines("cat /proc/sys/kernel/ctrl-alt-del"), ["0"],
              "the kernel's own reaction")

    def keys():
        guest.monitor("sendkey ctrl-alt-delete")
        guest.expect(r"^tinyinit: reboot requested by the kernel \(SIGINT\)$")
        guest.ends(r"^tinyinit: rebooting$")
    yield "login", guest.login
    yield "the kernel leaves it to PID 1", off_at_the_kernel
    yield "the keys reboot in order", keys


EVERYWHERE = (login, scripts, orphans, reboot, halt, rescue, readonly, bare,
              layers)
X86_64 = (reset, accounts, consoles, noconsole, ctrlaltdel)


def scenarios_of(board):
    return EVERYWHERE + (X86_64 if arch_of(board) == "x86_64" else ())


def names(board):
    return [s.__name__ for s in scenarios_of(board)]


def steps(board, name, boot):
    return {s.__name__: s for s in scenarios_of(board)}[name](boot)
