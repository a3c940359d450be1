#!/usr/bin/env python3
"""Boots of one board in QEMU.  Prints TAP.

    main.py BOARD --list     the board's scenarios
    main.py BOARD NAME...    run some

A scenario (scenarios.py) boots once or twice and takes steps; each step is a
test.  The first that fails ends the scenario, for the next ones stand on it.
The console's log stays in build/test/boot/BOARD/NAME.log.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]

import scenarios  # noqa: E402
from guest import Guest  # noqa: E402
from tap import Tap  # noqa: E402


def run(tap, board, name):
    guests = []

    def boot(**more):
        """A scenario's next machine; only one runs at a time."""
        for old in guests:
            old.close()
        log = name if not guests else "%s-%d" % (name, len(guests) + 1)
        guests.append(Guest(board, log, **more))
        return guests[-1]
    boot.board, boot.name = board, name
    try:
        for title, step in scenarios.steps(board, name, boot):
            if not tap.run("%s: %s" % (name, title), step):
                break
    finally:
        for guest in guests:
            guest.close()


def main(args):
    if len(args) < 2:
        sys.exit(__doc__)
    board, *names = args
    known = scenarios.names(board)
    if names == ["--list"]:
        print("\n".join(known))
        return 0
    tap = Tap()
    for name in names:
        if name not in known:
            sys.exit("main.py: no scenario %r (%s)" % (name, " ".join(known)))
        run(tap, board, name)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
