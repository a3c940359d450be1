#!/usr/bin/env python3
"""tinyctl, rcexec and rcwait as programs, on a real kernel.  Prints TAP.

    main.py --list      the names of the suites
    main.py NAME...     run suites (test_NAME.py); NAME:WORD only the tests
                        whose name holds WORD

A suite is a file test_NAME.py; each function test_* in it is one test, and the
first line of its docstring is the test's name.  Suites run as root of mount,
network and PID namespaces of their own, where this program is PID 1: nothing
that they mount, configure, signal or leave behind reaches the host.
"""

import glob
import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))

from tap import Tap  # noqa: E402


def suites():
    return sorted(os.path.basename(path)[len("test_"):-len(".py")]
                  for path in glob.glob(os.path.join(HERE, "test_*.py")))


def tests_of(suite):
    """The suite's tests in the order in which they stand in the file."""
    module = importlib.import_module("test_" + suite)
    found = [value for name, value in vars(module).items()
             if name.startswith("test_") and callable(value)]
    return sorted(found, key=lambda f: f.__code__.co_firstlineno)


def enter(args):
    """Become a child in new namespaces; root there, at least."""
    own = [] if os.geteuid() == 0 else ["--map-root-user", "--map-auto"]
    os.environ["CTL_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", *own, "--mount", "--net", "--pid",
                          "--fork", "--kill-child", "--mount-proc",
                          sys.executable, os.path.join(HERE, "main.py"),
                          *args])


def main(args):
    if args == ["--list"]:
        print("\n".join(suites()))
        return 0
    if not args:
        sys.exit(__doc__)
    if "CTL_INSIDE" not in os.environ:
        enter(args)
    tap = Tap()
    for arg in args:
        suite, _, word = arg.partition(":")
        if suite not in suites():
            sys.exit("main.py: no suite %r (%s)" % (suite,
                                                     " ".join(suites())))
        for test in tests_of(suite):
            name = test.__doc__.splitlines()[0].rstrip(".")
            if word in name:
                tap.run("%s: %s" % (suite, name), test)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
