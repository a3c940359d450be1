#!/usr/bin/env python3
"""rcc, the compiler of rc scripts, under the sanitizers.  Prints TAP.

    main.py --list      the names of the suites
    main.py NAME...     run suites (test_NAME.py); NAME:WORD only the tests
                        whose name holds WORD

A suite is a file test_NAME.py; each function test_* in it is one test, and the
first line of its docstring is the test's name.  A generator gives one test
for each (name, function) that it yields.
"""

import glob
import importlib
import inspect
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
sys.path.insert(0, HERE)

from tap import Tap  # noqa: E402


def suites():
    return sorted(os.path.basename(path)[len("test_"):-len(".py")]
                  for path in glob.glob(os.path.join(HERE, "test_*.py")))


def tests_of(suite):
    """The suite's (name, function) in the order in which they stand there."""
    module = importlib.import_module("test_" + suite)
    found = [value for name, value in vars(module).items()
             if name.startswith("test_") and callable(value)]
    for one in sorted(found, key=lambda f: f.__code__.co_firstlineno):
        if inspect.isgeneratorfunction(one):
            yield from one()
        else:
            yield one.__doc__.splitlines()[0].rstrip("."), one


def main(args):
    if args == ["--list"]:
        print("\n".join(suites()))
        return 0
    if not args:
        sys.exit(__doc__)
    tap = Tap()
    for arg in args:
        suite, _, word = arg.partition(":")
        if suite not in suites():
            sys.exit("main.py: no suite %r (%s)" % (suite,
                                                    " ".join(suites())))
        for name, test in tests_of(suite):
            if word in name:
                tap.run("%s: %s" % (suite, name), test)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
