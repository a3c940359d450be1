"""tinyctl's own verbs.  PID 1 of the namespace is this program."""

import os
import signal

from poll import until
from tap import equal
from tools import NOBODY, TINYCTL, Run, fresh_tmpfs, write

SIGNALS = {"reload": signal.SIGHUP, "poweroff": signal.SIGUSR2,
           "reboot": signal.SIGTERM, "halt": signal.SIGUSR1}


def test_signals():
    """reload, poweroff, reboot and halt are signals to PID 1"""
    equal(os.getpid(), 1, "this is PID 1")
    got = []
    for number in SIGNALS.values():
        signal.signal(number, lambda n, _: got.append(n))
    for verb, number in SIGNALS.items():
        run = Run([TINYCTL, verb])
        equal((run.code, run.out, run.err), (0, "", []), verb)
        until(lambda: got, 5, "the signal of " + verb)
        equal(got, [number], verb)
        got.clear()
    for verb in SIGNALS:
        equal(Run([TINYCTL, verb, "now"]).code, 2, verb + " takes no words")
    equal(got, [], "no signal")
    for number in SIGNALS.values():
        signal.signal(number, signal.SIG_IGN)


def test_not_root():
    """who may not signal PID 1 is told what to do"""
    for verb in SIGNALS:
        run = Run([TINYCTL, verb], user=NOBODY, group=NOBODY, extra_groups=[])
        equal((run.code, run.out, run.err), (1, "", [
            "tinyinit: %s: only root may ask for this: run it as root" % verb]),
            verb)


def test_check():
    """check is the compiler's, with the same words and exit status"""
    fresh_tmpfs(os.path.realpath("/sbin"))
    target = os.path.realpath("/sbin") + "/rcc"
    run = Run([TINYCTL, "check"])
    equal((run.code, run.err), (1, [
        "tinyinit: check: /sbin/rcc: No such file or directory"]), "no rcc")
    write(target, '#!/bin/sh\necho "$0" "$@"\nexit 3\n', 0o755)
    run = Run([TINYCTL, "check", "/etc/rc.d", "a b"])
    equal((run.code, run.out), (3, "/sbin/rcc check /etc/rc.d a b\n"), "check")


def test_usage():
    """unknown words: the usage on stderr, and 2"""
    for words in ([], ["nope"], ["-h"], ["version", "x"], ["signal"]):
        run = Run([TINYCTL, *words])
        equal((run.code, run.out), (2, ""), str(words))
        assert run.err[0].startswith("usage: tinyctl "), run.err


def test_version():
    """version says which"""
    run = Run([TINYCTL, "version"])
    equal((run.code, run.err), (0, []), "run")
    assert run.out.startswith("tinyinit ") and run.out.endswith("\n"), run.out
