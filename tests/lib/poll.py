"""Waiting for a fact, with a deadline.

The one place of the tests where time is let pass: a test asks for a fact and
gets it as soon as it holds, or a failure that names it.  `tests/lint` refuses
a sleep anywhere else.
"""

import time


class Timeout(AssertionError):
    """The fact did not come true in time."""


def until(fact, timeout_s, what, step_s=0.01):
    """Poll `fact` until it returns something true, and return that.

    `what` names the fact for the failure; it may be a function, which is then
    asked at the end (for a message that holds the last state seen).
    """
    end = time.monotonic() + timeout_s
    while True:
        got = fact()
        if got:
            return got
        if time.monotonic() >= end:
            text = what() if callable(what) else what
            raise Timeout("not within %g s: %s" % (timeout_s, text))
        time.sleep(step_s)


def stays(fact, during_s, what, step_s=0.02):
    """Check that `fact` holds the whole time: for what must *not* happen.

    There is no event to wait for when a test says "nothing happens", so this
    one has to spend its time; keep `during_s` short.
    """
    end = time.monotonic() + during_s
    while time.monotonic() < end:
        if not fact():
            raise AssertionError("ended within %g s: %s" % (during_s, what))
        time.sleep(step_s)
