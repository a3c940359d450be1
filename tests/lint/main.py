#!/usr/bin/env python3
"""Lint: every mechanical gate of the project, one test each.  Prints TAP.

    main.py [WORD]     only the gates whose name holds WORD
"""

import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]

import gates_binary  # noqa: E402
import gates_source  # noqa: E402
import gates_tools  # noqa: E402
from tap import Tap  # noqa: E402
from tree import Tree  # noqa: E402


def main(word=""):
    tree = Tree(os.path.dirname(os.path.dirname(HERE)))
    tap = Tap()
    for module in (gates_source, gates_tools, gates_binary):
        for name, gate in module.gates(tree):
            if word in name:
                begin = time.monotonic()
                problems = gate(tree)
                tap.check("lint: " + name, problems,
                          ["%.1f s" % (time.monotonic() - begin)])
    for text in gates_source.length_notes(tree):
        tap.note(text)
    for arch in tree.built_arches():
        for text in gates_binary.size_notes(tree, arch):
            tap.note(text)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
