"""rcc check: what a root file system lacks, with file and line."""

import os
import struct

from place import Place, header
from tap import equal

X86_64, ARM, AARCH64 = 62, 40, 183


def elf(machine=X86_64, loader=None):
    wide = machine != ARM
    head = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + b"\0" * 9
    text = loader.encode() + b"\0" if loader else b""
    if wide:
        head += struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0, 64, 0, 0, 64,
                            56, bool(loader), 0, 0, 0)
        if loader:
            head += struct.pack("<IIQQQQQQ", 3, 4, 120, 0, 0, len(text),
                                len(text), 1)
    else:
        head += struct.pack("<HHIIIIIHHHHHH", 2, machine, 1, 0, 52, 0, 0, 52,
                            32, bool(loader), 0, 0, 0)
        if loader:
            head += struct.pack("<IIIIIIII", 3, 84, 0, 0, len(text),
                                len(text), 4, 1)
    return head + text + b"\0" * 16


def place(**scripts):
    p = Place(scripts)
    for path in ("/sbin/init", "/bin/sh", "/bin/ls", "/usr/bin/app",
                 "/bin/mount", "/bin/which"):
        p.write(path, elf())
    return p


def findings(text, **more):
    """What check says of a script `s`, without the place of the root."""
    with place(s=text, **more) as p:
        status, errors = p.check()
        equal(status, 1 if any("warning" not in x for x in errors) else 0,
              "status of %r" % errors)
        return [x.replace("rcc: R/etc/rc.d/", "") for x in errors]


def script(body, *lines):
    return header(*lines).replace("exit 0\n", body + "\n")


def says(text, *want, **more):
    equal(findings(text, **more), list(want), "findings")


def test_sound():
    """A sound script has no findings."""
    says(script("ls -l\nmount -a"))
    says(header("run /usr/bin/app"))
    says(header("type target"))


def test_interpreter():
    """An interpreter that is missing, foreign or not executable."""
    missing = 'is not in the root file system'
    says("#!/bin/bash\nls\n", 's:1:3: interpreter "/bin/bash" ' + missing)
    says("#! /usr/bin/env python3\n",
         's:1:3: interpreter "/usr/bin/env" ' + missing,
         's:1:3: interpreter "python3" ' + missing)
    says("exit 0\n", 's:1:1: no "#!" in the first line, so the kernel cannot '
         'start it')
    with place(s="#!/bin/bash\n") as p:
        p.write("/bin/bash", elf(), 0o644)
        equal(p.check()[1], ['rcc: R/etc/rc.d/s:1:3: interpreter "/bin/bash" '
                             'is not executable'], "mode")
        p.write("/bin/bash", elf(AARCH64))
        equal(p.check()[1], [
            'rcc: R/etc/rc.d/s:1:3: interpreter "/bin/bash" is for another '
            'architecture (aarch64, and /sbin/init is for x86-64)'], "arch")


def test_run():
    """A run binary that is missing or foreign, at its column."""
    says(header("run /usr/bin/gone -x"),
         's:2:8: "/usr/bin/gone" is not in the root file system')
    says(header("run  /etc/passwd"), 's:2:9: "/etc/passwd" is not executable')
    with place(s=header("describe x", "run /usr/bin/app")) as p:
        p.write("/usr/bin/app", elf(ARM))
        equal(p.check(), (1, [
            'rcc: R/etc/rc.d/s:3:8: "/usr/bin/app" is for another '
            'architecture (arm, and /sbin/init is for x86-64)']), "arm")
        p.write("/usr/bin/app", "#!/bin/perl\n")
        equal(p.check()[1], ['rcc: R/etc/rc.d/s:3:8: interpreter "/bin/perl" '
                             'is not in the root file system'], "script")
        p.write("/usr/bin/app", elf())
        p.write("/sbin/init", elf(ARM))
        assert "x86-64, and /sbin/init is for arm" in p.check()[1][0]
        os.remove(p.root + "/sbin/init")
        equal(p.check(), (0, []), "no init: no machine")


def test_loader():
    """A dynamic program whose loader is missing."""
    for machine in (X86_64, ARM):
        with place(s=header("run /usr/bin/app")) as p:
            p.write("/sbin/init", elf(machine))
            p.write("/usr/bin/app", elf(machine, "/lib/ld.so"))
            equal(p.check()[1], [
                'rcc: R/etc/rc.d/s:2:8: "/usr/bin/app" needs the loader '
                '"/lib/ld.so", which is not in the root file system'], "ld")
            p.write("/lib/ld.so", elf(machine))
            equal(p.check(), (0, []), "with it")


def test_cut_elf():
    """Programs cut anywhere are no trouble."""
    whole = elf(X86_64, "/lib/ld.so")
    with place(s=header("run /usr/bin/app")) as p:
        for n in range(len(whole)):
            p.write("/usr/bin/app", whole[:n])
            p.check()


def test_run_in_a_chroot():
    """Inside of a chroot the program is looked for there."""
    says(header("chroot /srv", "run /usr/bin/app"),
         's:3:8: "/srv/usr/bin/app" is not in the root file system')


def test_links():
    """Links are followed as on the device."""
    with place(s=script("ls2\nls3")) as p:
        os.symlink("/bin/ls", p.root + "/bin/ls2")
        os.symlink("../../../../../bin/ls", p.root + "/bin/ls3")
        equal(p.check(), (0, []), "links")


def test_exec_bit():
    """A script without its executable bit."""
    with place() as p:
        p.script("s", header("run /usr/bin/app"), 0o644)
        equal(p.check(), (1, ["rcc: R/etc/rc.d/s: is not executable, so it "
                              "is never started (chmod +x)"]), "bit")


def test_compile_errors():
    """What compile refuses, check does as well: keys, users, names, cycles."""
    says(header("reqire x"), 's:2:4: unknown key "reqire" (did you mean '
         '"require"?)')
    says(header("run /usr/bin/app", "user gone"),
         's:3:9: user "gone" does not exist in /etc/passwd')
    says(header("run /usr/bin/app", "groups gone"),
         's:3:11: group "gone" does not exist in /etc/group')
    says(header("require gone"), 's:2:12: requires "gone", which does not '
         'exist')
    says(header("want gone"), 's:2:9: warning: wants "gone", which does not '
         'exist')
    got = findings(header("after t"), t=header("after s"))
    equal(got, ["s:2: in a cycle: s -> t (R/etc/rc.d/s:2) -> s "
                "(R/etc/rc.d/t:2)"], "cycle")


FOUND = [
    ("ifup -a", "ifup", "3:1"),
    ("ls; ifup", "ifup", "3:5"),
    ("ls && ifup", "ifup", "3:7"),
    ("ls | ifup", "ifup", "3:6"),
    ("if ifup; then ls; fi", "ifup", "3:4"),
    ("if ls; then ifup; fi", "ifup", "3:13"),
    ("while ifup; do ls; done", "ifup", "3:7"),
    ("for i in a b; do\n\tifup $i\ndone", "ifup", "4:2"),
    ("A=1 B='x y' ifup", "ifup", "3:13"),
    ("exec ifup", "ifup", "3:6"),
    ("! ifup", "ifup", "3:3"),
    ("{ ifup; }", "ifup", "3:3"),
    ("(ifup)", "ifup", "3:2"),
    ("case $1 in\nstart) ifup ;;\n*) ls ;;\nesac", "ifup", "4:8"),
    ("case $1 in start) ls ;; a|b) ifup;; esac; ls", "ifup", "3:30"),
    ("case $1 in\n(a) case $2 in b) ls;; esac\nifup ;;\nesac", "ifup", "5:1"),
    ("f() {\n\tifup\n}\nf", "ifup", "4:2"),
    ("ls <<E\nnot a command\nE\nifup", "ifup", "6:1"),
    ("ls <<-'E' ; ls\nnot a\n\tE\nifup", "ifup", "6:1"),
    ("ls \\\n -l\nifup", "ifup", "5:1"),
    ("ls >/dev/null 2>&1; ifup", "ifup", "3:21"),
    ("echo \"a $(echo \")\") b\"; ifup", "ifup", "3:25"),
    ("x=$((1 << 2)); ifup", "ifup", "3:16"),
    ("echo 'it''s' # ; nothing\nifup", "ifup", "4:1"),
    ("/sbin/ifup", "/sbin/ifup", "3:1"),
    ("command ifup", "ifup", "3:9"),
    (": >/run/x\nifup", "ifup", "4:1"),
]
# Sound, or not plain enough to say anything of.
QUIET = [
    "$CMD start", "\"$CMD\" start", "`echo ls`", "eval nothing",
    "f() { ls; }\nf", "function f { ls; }\nf", "f () {\nls\n}\nf x",
    "command -v ifup && ifup", "[ -x /sbin/ifup ] && /sbin/ifup",
    "type ifup >/dev/null && ifup", "if which ifup; then ifup; fi",
    "[ -x /sbin/ifup ] || exit 0\nifup", "test -x \"/sbin/ifup\" && ifup",
    "PATH=/opt/bin:$PATH\nifup", ". \"$LIB\"\nifup", "cd /; pwd; umask 022",
    "echo ifup; printf x; true || false", "# ifup\necho '\nifup\n'",
    "echo \"\nifup\n\"", "cat=1", "ls <<E\nifup\nE", "trap 'ifup' EXIT",
    "case $1 in ifup) ;; esac", "case $1 in\n\tifup | ls)\n\t;;\nesac",
    "echo 'unterminated", "case $1 in", "ls <<E\nno end", "ls $(ifup)",
    "for ifup in a; do :; done", "exec >/dev/null 2>&1", "exec 3<&0",
    "[ -r /etc/x ] || exit 0", "set -eu; shift; wait; ulimit -n 5",
    "ls &\nwait", "return 0", "local x=1", "export A=1; readonly B",
    "while read -r a b; do :; done </etc/passwd", "until :; do :; done",
    "ls |\nls", "a=(x y)", "x=${1:-ifup}", "x=\"${1#*)}\"",
]


def test_commands():
    """Commands that the root file system lacks, at their place."""
    for body, command, where in FOUND:
        def one(body=body, command=command, where=where):
            says(script(body, "describe x"), 's:%s: command "%s" is not in '
                 'the root file system' % (where, command))
        yield "finds it in " + ascii(body), one


def test_no_commands():
    """What is not plain, or asked for first, is left alone."""
    for body in QUIET:
        def one(body=body):
            says(script(body, "describe x"))
        yield "is quiet on " + ascii(body), one


def test_sourced():
    """Functions of a file that is read in count; a missing one is told."""
    with place(s=script(". /lib/funcs\ngreet", "describe x")) as p:
        equal(p.check(), (1, ['rcc: R/etc/rc.d/s:3:3: "/lib/funcs" is not in '
                              'the root file system']), "missing")
        p.write("/lib/funcs", "greet() {\n\techo hi\n}\n", 0o644)
        equal(p.check(), (0, []), "there")
        p.write("/lib/funcs", "other() {\n\techo hi\n}\n", 0o644)
        equal(p.check(), (1, ['rcc: R/etc/rc.d/s:4:1: command "greet" is not '
                              'in the root file system']), "another")


def test_own_scripts():
    """The scripts of the tree are sound but for what a bare root lacks."""
    from place import TOP
    with place() as p:
        for path in ("ifconfig", "cat", "sleep"):
            p.write("/sbin/" + path, elf())
        _, errors = p.check(os.path.join(TOP, "rc"))
        bad = [x for x in errors if "not in the root file system" not in x
               and "warning" not in x]
        equal(bad, [], "errors")


def test_folder_argument():
    """check DIR shows the paths as they were given."""
    with place() as p:
        os.makedirs(p.root + "/mine")
        with open(p.root + "/mine/net", "w") as out:
            out.write(header("reqire x"))
        os.chmod(p.root + "/mine/net", 0o755)
        status, _, errors = p.rcc("check", "mine", cwd=p.root)
        equal(errors[0], 'rcc: mine/net:2:4: unknown key "reqire" (did you '
              'mean "require"?)', "line")
        equal(status, 1, "status")
