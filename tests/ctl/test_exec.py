"""rcexec: each option in effect, as the kernel and the command see it."""

import os
import re
import signal
import subprocess

from poll import until
from tap import equal
from tools import (ENV, NOBODY, RCEXEC, TINYCTL, WORK, Run, command, folder,
                   fresh_tmpfs, status_of, write)


def rcexec(*words, **more):
    return Run([RCEXEC, "-n", "svc", *words], **more)


def good(*words, **more):
    """What the command printed; rcexec itself has said nothing."""
    run = rcexec(*words, **more)
    equal((run.code, run.err), (0, []), "exit status and stderr")
    return run.out


def status(*words, **more):
    """/proc/self/status of the command, as a dict."""
    text = good(*words, "--", "cat", "/proc/self/status", **more)
    return {k: v.strip() for k, v in
            (line.split(":", 1) for line in text.splitlines())}


def stat_fields(*words):
    """/proc/self/stat: the fields by their number in proc(5)."""
    text = good(*words, "--", "cat", "/proc/self/stat")
    return dict(enumerate(text.rpartition(")")[2].split(), 3))


def test_plain():
    """with a name alone it is the command, its arguments and environment"""
    got = good("--", "sh", "-c", 'echo "$0|$1|$2|$KEPT"', "a b", "", "-x")
    equal(got, "a b||-x|yes\n", "arguments")
    equal(rcexec("--", "sh", "-c", "exit 7").code, 7, "the command's status")


def test_names():
    """tinyctl rcexec is rcexec"""
    run = Run([TINYCTL, "rcexec", "-n", "svc", "--", "echo", "hello"])
    equal((run.code, run.out, run.err), (0, "hello\n", []), "run")


def test_user():
    """-u -g -G: all four ids and the groups, and no capability left"""
    got = status("-u", "1234", "-g", "2345", "-G", "7,8,9")
    equal(got["Uid"].split(), ["1234"] * 4, "uids")
    equal(got["Gid"].split(), ["2345"] * 4, "gids")
    equal(got["Groups"].split(), ["7", "8", "9"], "groups")
    for key in ("CapPrm", "CapEff", "CapAmb"):
        equal(int(got[key], 16), 0, key)


def test_no_groups():
    """root's supplementary groups do not go along, with -G "" or without"""
    more = {"preexec_fn": lambda: os.setgroups([0, 4, 27])}
    equal(status(**more)["Groups"].split(), ["0", "4", "27"], "inherited")
    for words in (["-G", ""], []):
        got = status("-u", "12", "-g", "13", *words, **more)
        equal(got["Groups"].split(), [], "groups with %r" % words)
    equal(status("-G", "", **more)["Groups"].split(), [], "root, -G ''")


def test_umask():
    """-m sets the umask"""
    equal(status("-m", "0137")["Umask"], "0137", "umask")


def test_chdir():
    """-d sets the working folder"""
    equal(good("-d", folder("here"), "--", "readlink", "/proc/self/cwd"),
          WORK + "/here\n", "cwd")


def test_chroot():
    """-r sets the root, and -d is below it"""
    root = folder("root")
    os.makedirs(root + "/sub")
    command("cp", TINYCTL, root + "/sub/prog")
    want = Run([TINYCTL, "version"]).out
    assert want.startswith("tinyinit "), want
    equal(good("-r", root, "-d", "/sub", "--", "./prog", "version"), want,
          "-d")
    equal(good("-r", root, "--", "/sub/prog", "version"), want, "absolute")
    equal(good("-r", root, "--", "sub/prog", "version"), want, "cwd is /")
    equal(good("-r", root, "-e", "PATH=/x:/sub", "--", "prog", "version"), want,
          "PATH inside")


def test_environment():
    """-e and -E: later wins, the rest is kept"""
    path = write(WORK + "/env", "A=file\nB=file\n")
    text = good("-e", "A=1", "-e", "D=x=y", "-E", path, "-e", "B=2", "-e", "C=",
                "--", "env")
    got = dict(line.split("=", 1) for line in text.splitlines())
    equal(got, dict(ENV, A="file", B="2", C="", D="x=y"), "environment")


def test_environment_syntax():
    """-E takes quotes, comments and export, and expands nothing"""
    path = write(WORK + "/env", "\n".join([
        "# comment", "   ", "  # another", "P=plain", "  export X=exported",
        "Q='single \"and\" $HOME \\n'", 'D="double \\"q\\" \\$x \\\\ \\n"',
        "S=two words  ", "C=value # comment", "H=a#b", 'T="x" # y',
        "J='a'\"b\"c", "E=", "F= bare", "Z=\"\"", "L=$HOME `id`", "V=a\\ b\\'",
        "_u9=1", "W='  '"]))          # no newline at the end
    text = good("-E", path, "--", "env", env={"PATH": ENV["PATH"]})
    got = dict(line.split("=", 1) for line in text.splitlines())
    del got["PATH"]
    equal(got, {
        "P": "plain", "X": "exported", "Q": 'single "and" $HOME \\n',
        "D": 'double "q" $x \\ \\n', "S": "two words", "C": "value",
        "H": "a#b", "T": "x", "J": "abc", "E": "", "F": "bare", "Z": "",
        "L": "$HOME `id`", "V": "a b'", "_u9": "1", "W": "  "}, "variables")


def test_environment_optional():
    """-E with a leading - may be missing"""
    good("-E", "-/nope/env", "--", "true")
    path = write(WORK + "/env", "A=1\n")
    equal(good("-E", "-" + path, "--", "sh", "-c", "echo $A"), "1\n", "there")


def test_nice():
    """-N sets the priority, also a better one for another user"""
    equal(stat_fields("-N", "7")[19], "7", "nice")
    equal(stat_fields("-N", "-5", "-u", "12", "-g", "12")[19], "-5", "nice")


def test_sched():
    """-s sets each policy and its priority"""
    for word, policy, priority in (("other", "0", "0"), ("fifo:10", "1", "10"),
                                   ("rr", "2", "1"), ("batch", "3", "0"),
                                   ("idle", "5", "0"), ("rr:99", "2", "99")):
        got = stat_fields("-s", word)
        equal((got[41], got[40]), (policy, priority), word)


def test_ionice():
    """-i sets the disk class and level"""
    for word, shown in (("1:3", "realtime: prio 3"), ("2", "best-effort: prio 4"),
                        ("2:7", "best-effort: prio 7"), ("3", "idle")):
        equal(good("-i", word, "--", "ionice").strip(), shown, word)


def test_oom():
    """-o sets the OOM score, also of another user's process"""
    with open("/proc/self/oom_score_adj") as file:
        own = max(int(file.read()), 0)
    for word in (str(own), "999", "1000"):
        equal(good("-o", word, "-u", "12", "-g", "12", "--", "cat",
                   "/proc/self/oom_score_adj"), word + "\n", "score")


def test_limits():
    """-l sets soft and hard limits, any number of them"""
    text = good("-l", "7=100:200", "-l", "4=unlimited", "-l", "1=4096", "-l",
                "3=1048576:unlimited", "-u", "12", "-g", "12",
                "--", "cat", "/proc/self/limits")
    got = {line[:26].strip(): line[26:].split()[:2]
           for line in text.splitlines()[1:]}
    equal(got["Max open files"], ["100", "200"], "nofile")
    equal(got["Max core file size"], ["unlimited"] * 2, "core")
    equal(got["Max file size"], ["4096"] * 2, "fsize")
    equal(got["Max stack size"], ["1048576", "unlimited"], "stack")


def test_limits_bind_late():
    """a tight limit does not break the steps of rcexec itself"""
    run = rcexec("-l", "7=3", "-l", "1=0", "-o", "100", "-N", "3", "-d", "/",
                 "-u", "12", "-g", "12", "--", TINYCTL, "version")
    equal((run.code, run.err), (0, []), "run")


def mask(*caps):
    return sum(1 << c for c in caps)


def test_caps_of_user():
    """-C with -u: permitted, effective, ambient and bounding, nothing else"""
    want = mask(10, 13)
    got = status("-u", "12", "-g", "12", "-C", "%x" % want)
    for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        equal(int(got[key], 16), want, key)
    equal(got["Uid"].split(), ["12"] * 4, "uid")


def test_caps_of_root():
    """-C without -u: root has these and can get no others"""
    for want in (mask(0, 1, 10), 0):
        got = status("-C", "%x" % want)
        for key in ("CapPrm", "CapEff", "CapBnd"):
            equal(int(got[key], 16), want, key)
        equal(int(got["CapAmb"], 16), 0, "CapAmb")


def test_caps_none():
    """-C 0 with -u leaves nothing to get back"""
    got = status("-u", "12", "-g", "12", "-C", "0")
    for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        equal(int(got[key], 16), 0, key)


def test_no_new_privs():
    """-P, also with capabilities and a user"""
    equal(status()["NoNewPrivs"], "0", "without")
    got = status("-P", "-u", "12", "-g", "12", "-C", "2000")
    equal((got["NoNewPrivs"], int(got["CapEff"], 16)), ("1", 0x2000), "with")


def test_cgroup():
    """-c writes the settings of the cgroup, memory's in bytes, and joins it"""
    fresh_tmpfs("/sys/fs/cgroup")
    write("/sys/fs/cgroup/rc/svc/cgroup.procs")
    files = {"memory.max": ("32M", "33554432"), "memory.high": ("max", "max"),
             "memory.low": ("4k", "4096"), "memory.min": ("1G", "1073741824"),
             "pids.max": ("50", "50"), "cpu.max": ("10000 100000",) * 2,
             "cpu.weight.nice": ("5", "5")}
    words = []
    for name, (value, _) in files.items():
        write("/sys/fs/cgroup/rc/svc/" + name)
        words += ["-c", "%s=%s" % (name, value)]
    # It is root's to do, and comes before the user is changed.
    good(*words, "-u", "12", "-g", "12", "--", "true")
    for name, (_, want) in files.items():
        with open("/sys/fs/cgroup/rc/svc/" + name) as file:
            equal(file.read(), want, name)
    with open("/sys/fs/cgroup/rc/svc/cgroup.procs") as file:
        equal(file.read(), "0", "who joined: itself")


def test_cgroup_failure():
    """a setting that cannot be made ends the start"""
    fresh_tmpfs("/sys/fs/cgroup")
    for name in ("svc", "other"):
        write("/sys/fs/cgroup/rc/%s/pids.max" % name)
        run = rcexec("-c", "memory.max=1M", "--", "touch", WORK + "/ran")
        equal((run.code, run.err), (219, [
            "tinyinit: svc: cgroup memory.max=1M: No such file or directory"]),
            "no such file")
    assert not os.path.exists(WORK + "/ran")


def test_cgroup_none():
    """where there are no cgroups, a warning and the start goes on"""
    fresh_tmpfs("/sys/fs/cgroup")
    run = rcexec("-c", "memory.max=1M", "--", "echo", "on")
    equal((run.code, run.out, run.err), (0, "on\n", [
        "tinyinit: svc: no cgroups here: memory.max=1M has no effect"]), "run")


def test_watchdog():
    """-w tells the interval and the command's own pid"""
    got = good("-w", "10000000", "--", "sh", "-c",
               'test "$WATCHDOG_PID" = $$ && echo $WATCHDOG_USEC')
    equal(got, "10000000\n", "environment")


def test_inherited():
    """descriptors and the state of signals are passed on as they are"""
    first, second = os.pipe()
    list_fds = ["--", "sh", "-c", "cd /proc/$$/fd; echo *"]

    def signals():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    plain = good("-d", "/", "-o", "1", *list_fds).split()
    fds = good("-d", "/", "-o", "1", *list_fds, pass_fds=[second]).split()
    equal(set(fds) - set(plain), {str(second)}, "descriptors")
    got = status("-N", "1", preexec_fn=signals)
    equal(int(got["SigBlk"], 16), 1 << signal.SIGUSR1 - 1, "blocked")
    assert int(got["SigIgn"], 16) & 1 << signal.SIGHUP - 1, "ignored"
    os.close(first)
    os.close(second)


# words, exit status, what stands behind "tinyinit: svc: "
AS_ROOT = [
    (["-d", "/nope"], 200, "chdir /nope: No such file or directory"),
    (["-d", "/dev/null"], 200, "chdir /dev/null: Not a directory"),
    (["-r", "/nope"], 210, "chroot /nope: No such file or directory"),
    (["-E", "/nope/env"], 202,
     "environment file /nope/env: No such file or directory"),
    (["-E", "-/dev/null"], 202, "environment file /dev/null: Invalid argument"),
    (["-E", "/"], 202, "environment file /: Is a directory"),
    (["-C", "8000000000000000"], 218, "capabilities: Invalid argument"),
    (["-1", "/dev/null/mark"], 238, "mark /dev/null/mark: Not a directory"),
    (["-u", "12"], 222, "-u needs -g"),
    (["-Q", "1"], 222, "unknown option -Q"),
    (["-uroot"], 222, "unknown option -uroot"),
    (["word"], 222, "unknown option word"),
    (["-n", "a/b"], 222, 'bad value of -n "a/b"'),
]
BAD_WORDS = {
    "u": ["root", "", "-1", "4294967295", "99999999999", "0x0", "1 "],
    "g": ["x", "4294967295"], "G": ["1,", ",1", "1,x", "99999999999"],
    "m": ["8", "1777", "", "-1"], "d": [""], "r": [""],
    "e": ["", "=x", "NAME"], "E": ["", "-"], "N": ["20", "-21", "x", ""],
    "s": ["realtime", "fifo:0", "fifo:100", "other:1", "rr:", ""],
    "i": ["0", "4", "2:8", "2x", ""], "o": ["1001", "-1001", "--5", ""],
    "l": ["7", "16=1", "7=", "7=1:", "7=2:1", "x=1", "7=1K",
          "7=99999999999999999999"],
    "C": ["xyz", "", "10000000000000000"], "c": ["x", "a/b=1", "..=1", "=1"],
    "w": ["1s", ""], "1": ["relative", "/", ""],
}
AS_NOBODY = [
    (["-N", "-5"], 201, "nice -5: Permission denied"),
    (["-l", "7=9999999"], 205, "limit nofile: Operation not permitted"),
    (["-o", "-900"], 206, "oom-score -900: Permission denied"),
    (["-i", "1:0"], 211, "ionice 1:0: Operation not permitted"),
    (["-s", "fifo:5"], 214, "sched fifo:5: Operation not permitted"),
    (["-r", "/"], 210, "chroot /: Operation not permitted"),
    (["-G", "5"], 216, "supplementary groups 5: Operation not permitted"),
    (["-g", "5"], 216, "group 5: Operation not permitted"),
    (["-u", "0", "-g", str(NOBODY)], 217, "user 0: Operation not permitted"),
    (["-u", "5", "-g", str(NOBODY)], 216,
     "supplementary groups : Operation not permitted"),
    (["-C", "0"], 218, "capabilities: Operation not permitted"),
]


def refused(words, code, text, **more):
    ran = folder("ran")
    os.chmod(ran, 0o777)
    run = rcexec(*words, "--", "touch", ran + "/it", **more)
    equal((run.code, run.err), (code, ["tinyinit: svc: " + text]), str(words))
    equal(os.listdir(ran), [], "the command has not run: %s" % words)


def test_failures():
    """a step that fails: one line, its exit status, nothing has run"""
    for words, code, text in AS_ROOT:
        refused(words, code, text)


def test_failures_unprivileged():
    """what only root may is an error and never left out"""
    more = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    for words, code, text in AS_NOBODY:
        refused(words, code, text, **more)


def test_bad_words():
    """a bad value of any option is refused before anything is done"""
    for option, values in BAD_WORDS.items():
        for value in values:
            refused(["-" + option, value], 222,
                    'bad value of -%s "%s"' % (option, value))


def test_usage():
    """no name, no command, an option without its value"""
    for words, text in (
            ([], "rcexec: -n NAME has to be first"),
            (["-P", "--", "true"], "rcexec: -n NAME has to be first"),
            (["-u", "1", "-g", "1", "-n", "x", "--", "true"],
             "x: -n NAME has to be first"),
            (["-n", "x", "--"], "x: no command behind --"),
            (["-n", "x"], "x: no command behind --"),
            (["-n", "x", "--", ""], "x: no command behind --"),
            (["-n", "x", "-u"], "x: no value of -u")):
        run = Run([RCEXEC, *words])
        equal((run.code, run.err), (222, ["tinyinit: " + text]), str(words))


def test_environment_failures():
    """a line of an environment file that is not understood: file and line"""
    for line, fact in (("JUST WORDS", "not NAME=VALUE"),
                       ("9A=1", "not NAME=VALUE"),
                       ("A-B=1", "not NAME=VALUE"),
                       ("A =1", "not NAME=VALUE"),
                       ("=1", "not NAME=VALUE"),
                       ("export A", "not NAME=VALUE"),
                       ("A='open", "no closing quote"),
                       ('A="open\\"', "no closing quote"),
                       ("A=more\\", "a line cannot be continued"),
                       ("A=b\0c", "a zero byte"),
                       ("A=1\r", "a carriage return at the end (lines end "
                                 "with a newline only)")):
        path = write(WORK + "/env", "OK=1\n# two\n%s\nLAST=1\n" % line)
        refused(["-E", path], 202, "%s:3: %s" % (path, fact))
    refused(["-E", write(WORK + "/env", "A=" + "x" * (1 << 20))], 202,
            "environment file %s/env: File too large" % WORK)


def exec_fails(words, text, **more):
    run = rcexec("--", *words, **more)
    equal((run.code, run.err), (203, ["tinyinit: svc: " + text]), str(words))


def test_exec_failures():
    """exec fails with 203 and what is missing"""
    bin_ = folder("bin")
    os.chmod(bin_, 0o755)
    exec_fails(["/nope/x"], "exec /nope/x: No such file or directory")
    exec_fails(["nope-nope"], "exec nope-nope: No such file or directory")
    exec_fails([write(bin_ + "/plain", "x", 0o644)],
               "exec %s/plain: Permission denied" % bin_)
    exec_fails([write(bin_ + "/script", "#!/nope/sh\n", 0o755)],
               "%s/script needs an interpreter that is missing" % bin_)
    exec_fails([write(bin_ + "/noise", "noise\n", 0o755)],
               "exec %s/noise: Exec format error" % bin_)
    exec_fails(["plain"], "exec plain: Permission denied", env={"PATH": bin_})
    exec_fails(["script"], "%s/script needs an interpreter that is missing"
               % bin_, env={"PATH": bin_})
    exec_fails(["true"], "exec true: No such file or directory",
               env={"PATH": ""}, cwd="/bin")


def test_path():
    """the command is looked up in the PATH that it gets, or a default one"""
    bin_ = folder("bin")
    write(bin_ + "/only-here", "#!/bin/sh\necho found\n", 0o755)
    equal(good("-e", "PATH=/nope:" + bin_, "--", "only-here"), "found\n", "PATH")
    equal(good("--", "echo", "default", env={}), "default\n", "no PATH")


def test_firstboot():
    """-1 runs once, and leaves the mark with its folders when it ended with 0"""
    mark = folder("first") + "/a/b/mark"
    words = ["-1", mark, "-m", "077", "--", "sh", "-c", "echo ran; exit $CODE"]
    run = rcexec(*words, env=dict(ENV, CODE="3"))
    equal((run.code, run.out, run.err), (3, "ran\n", []), "failed")
    assert not os.path.exists(mark), "no mark after a failure"
    run = rcexec(*words, env=dict(ENV, CODE="0"))
    equal((run.code, run.out, run.err), (0, "ran\n", []), "done")
    assert os.path.exists(mark), "the mark"
    equal(os.stat(mark).st_mode & 0o022, 0, "nobody else writes it")
    run = rcexec(*words, env=dict(ENV, CODE="0"))
    equal((run.code, run.out, run.err), (0, "", []), "not again")


def test_firstboot_done_first():
    """-1 with the mark there does nothing at all, whatever else is wrong"""
    mark = write(folder("first") + "/mark")
    equal(good("-1", mark, "-d", "/nope", "--", "/nope"), "", "output")


def test_firstboot_other_user():
    """-1 makes the mark as root after a command of another user"""
    mark = folder("first") + "/mark"
    got = good("-1", mark, "-u", "12", "-g", "12", "--", "id", "-u")
    equal(got, "12\n", "the command's user")
    equal(os.stat(mark).st_uid, 0, "the mark's owner")


def test_firstboot_failures():
    """-1 passes on what ended the child, and says what it cannot mark"""
    first = folder("first")
    refused(["-1", first + "/mark", "-d", "/nope"], 200,
            "chdir /nope: No such file or directory")
    run = rcexec("-1", first + "/mark", "--", "sh", "-c", "kill -9 $$")
    equal((run.code, run.err), (128 + 9, []), "killed")
    equal(os.listdir(first), [], "no mark")
    run = rcexec("-1", "/proc/nope/mark", "--", "true")
    equal((run.code, run.err), (238, [
        "tinyinit: svc: mark /proc/nope/mark: No such file or directory"]),
        "no mark possible")


def first_child(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
        return file.read().split()


def test_firstboot_term():
    """-1 passes TERM on, also with SIGCHLD ignored and TERM blocked"""
    def odd():
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])

    # A shell misses a signal right before its read; its wait does not.
    waits = "trap 'kill $!; exit 42' TERM; sleep 100000 & echo up; wait"
    for before, script, want in ((None, waits, 42), (odd, "echo up; read x", 0)):
        mark = folder("first") + "/mark"
        child = subprocess.Popen(
            [RCEXEC, "-n", "svc", "-1", mark, "--", "sh", "-c", script],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=before,
            env=ENV)
        equal(child.stdout.readline(), b"up\n", "it runs")
        child.send_signal(signal.SIGTERM)
        if before:
            # Blocked as it was inherited: pending for the command, not lost.
            inner = first_child(child.pid)[0]
            until(lambda: int(status_of(inner, "ShdPnd"), 16)
                  & 1 << signal.SIGTERM - 1, 5, "TERM is pending")
            child.stdin.write(b"go\n")
            child.stdin.flush()
        equal(child.wait(10), want, "exit status")
        equal(os.path.exists(mark), want == 0, "mark")
        child.stdin.close()
        child.stdout.close()


def test_one_line():
    """a message is one line, whatever the words hold"""
    run = rcexec("-d", "/a\nb\x1b[2J" + "x" * 3000, "--", "true")
    equal((run.code, len(run.err)), (200, 1), "one line")
    assert re.match(r"tinyinit: svc: chdir /a\?b\?\[2Jxxx", run.err[0]), run.err
