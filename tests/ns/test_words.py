"""Words of the kernel's command line: rescue, quiet, debug, tinyinit.*"""

import re

from machine import AGAIN, DOWN, Machine, recorder, script
from poll import stays, until
from tap import equal

RESCUE = r'^tinyinit: rescue shell on the console; "exit" goes on with the boot$'


def rescue_then_boot(word):
    with Machine(scripts={"10-a": recorder()}, words=[word]) as m:
        m.con.expect(RESCUE)
        m.con.send("echo in-rescue-$((6 * 7))\n")
        m.con.expect(r"^in-rescue-42$", 10)
        equal(m.lines("/order"), [], "no script has run (%s)" % word)
        m.con.send("exit\n")
        equal(m.ready(), (1, 0), "scripts, failed")
        m.shell()


def test_rescue_words():
    """each rescue word gives a shell first, and exit goes on with the boot"""
    for word in ("rescue", "single", "s", "S", "1", "emergency"):
        rescue_then_boot(word)


def test_rescue_shell():
    """the rescue shell has job control, a clean state and a way down"""
    with Machine(scripts={"10-a": recorder()}, words=["rescue"]) as m:
        m.con.expect(RESCUE)
        m.con.send("/bin/sleep 100000\n")
        m.wait_for("/bin/sleep", "100000")
        m.con.send("\x03")
        until(lambda: not m.find("/bin/sleep", "100000"), 5, "Ctrl-C ends it")
        m.con.send("echo alive-$((6 * 7)); tty\n")
        m.con.expect(r"^alive-42$", 10)
        m.con.expect(r"^/dev/console$", 10)
        m.con.send("kill -USR2 1\n")
        # Not at the beginning of a line: there is the shell's prompt.
        m.con.expect(r"tinyinit: power off requested by pid \d+ uid 0 "
                     r"\(SIGUSR2\)$")
        m.ends_with(DOWN, 10)
        equal(m.lines("/order"), [], "no script has run")


def test_rescue_signalled():
    """a signal takes the board down from the rescue shell as well"""
    with Machine(scripts={"10-a": recorder()}, words=["rescue"]) as m:
        m.con.expect(RESCUE)
        m.signal("TERM")
        m.ends_with(AGAIN, 10)


def test_quiet():
    """quiet leaves failures and warnings, and nothing else"""
    with Machine(scripts={"10-good": recorder(), "20-bad": script("exit 3")},
                 words=["quiet", "tinyinit.bogus=1"]) as m:
        m.shell()
        m.con.must_have(r"^\[fail\] 20-bad: exit 3")
        m.con.must_have(r"tinyinit\.bogus")
        m.con.must_not_have(r"\[ ok \]")
        m.con.must_not_have(r"^tinyinit: ready")
        equal(m.lines("/order"), ["10-good start"], "the scripts have run")


def test_not_quiet():
    """without quiet the first line names the version, the last says ready"""
    with Machine(scripts={"10-good": recorder()}) as m:
        m.ready()
        m.con.must_have(r"\Atinyinit: \d+\.\d+ is PID 1$", "the first line")


def test_debug_off():
    """without debug no reaped orphan is told"""
    with Machine(scripts={"10-o": script("( : & )\n( : & )")}) as m:
        m.ready()
        m.shell()
        m.no_zombies()
        m.con.must_not_have("reaped orphan")


def test_unknown_words():
    """an unknown tinyinit word is warned about, a foreign one is not"""
    words = ["tinyinit.bogus=1", "tinyinit.", "tinyinit.Patience=3",
             "tinyinit.quiet", "tinyinitx", "foo.bar=1", "splash", "ro",
             "systemd.unit=x"]
    with Machine(scripts={"10-a": recorder()}, words=words) as m:
        equal(m.ready(), (1, 0), "scripts, failed")
        for word in words[:4]:
            m.con.must_have(r'^tinyinit: unknown kernel word "%s(=\w+)?" '
                            "ignored$" % re.escape(word.partition("=")[0]))
        for word in words[4:]:
            m.con.must_not_have('"%s' % re.escape(word.partition("=")[0]))


def test_bad_values():
    """a value that is no number in range is told and the default stays"""
    for value in ("", "abc", "-1", "5x", "1e3", "99999999999999999999",
                  "4294967297", "0x10", " 5"):
        with Machine(scripts={"10-a": recorder()},
                     words=["tinyinit.patience=" + value]) as m:
            equal(m.ready(), (1, 0), "scripts, failed (%r)" % value)
            m.con.must_have(r"^tinyinit: .*tinyinit\.patience")


def test_no_value():
    """a timing word without a value is told, too"""
    with Machine(words=["tinyinit.patience", "tinyinit.start_timeout"]) as m:
        m.ready()
        m.con.must_have(r"^tinyinit: .*tinyinit\.patience")
        m.con.must_have(r"^tinyinit: .*tinyinit\.start_timeout")


def test_many_words():
    """300 words, and one of 4000 bytes, harm nothing"""
    words = ["w%d" % n for n in range(300)] + ["x" * 4000, "", "=", ".", "-"]
    words += ["tinyinit." + "y" * 2000, "quiet"]
    with Machine(scripts={"10-a": recorder()}, words=words) as m:
        m.shell()
        m.con.must_not_have(r"\[ ok \]")
        equal(m.lines("/order"), ["10-a start"], "the script has run")


def test_rescue_missing_shell():
    """a rescue without a shell says so and goes on with the boot"""
    with Machine(scripts={"10-a": "#!/bin/toybox true\n"}, words=["rescue"],
                 files={"sbin/getty": "#!/bin/toybox cat /etc/hostname\n"},
                 shell=False, getty=None) as m:
        m.ready()
        m.con.must_have(r"rescue")
        stays(m.alive, 0.3, "PID 1 lives")
