"""TAP on stdout: one line a test, diagnostics as `# …`, the plan at the end.

    tap = Tap()
    tap.run("name", function)          # AssertionError/OSError -> not ok
    tap.check("name", problems)        # a list of lines -> not ok if any
    sys.exit(tap.done())
"""

import sys
import time
import traceback


class Tap:
    def __init__(self, out=sys.stdout):
        self.out = out
        self.count = 0
        self.failed = 0

    def line(self, text):
        self.out.write(text + "\n")
        self.out.flush()

    def note(self, text):
        for one in str(text).splitlines():
            self.line("# " + one)

    def result(self, good, name, notes=()):
        self.count += 1
        if not good:
            self.failed += 1
        # A "#" in the name would start a directive.
        self.line("%s %d - %s" % ("ok" if good else "not ok", self.count,
                                  name.replace("#", "no.")))
        for text in notes:
            self.note(text)

    def check(self, name, problems, notes=()):
        problems = list(problems)
        self.result(not problems, name, problems + list(notes))
        return not problems

    def run(self, name, function, *args):
        """Run one test; whatever it raises is its failure, not the file's."""
        begin = time.monotonic()
        try:
            notes = function(*args) or ()
        except AssertionError as error:
            self.result(False, name, [str(error) or "assertion failed"]
                        + trace_lines())
            return False
        except Exception:
            self.result(False, name, traceback.format_exc().splitlines())
            return False
        self.result(True, name, ["%.2f s" % (time.monotonic() - begin)]
                    + list(notes))
        return True

    def done(self):
        """Print the plan; the value is the program's exit status."""
        self.line("1..%d" % self.count)
        return 1 if self.failed or not self.count else 0


def trace_lines():
    """Where an assertion failed: file and line, innermost last."""
    frames = traceback.extract_tb(sys.exc_info()[2])[1:]
    return ["at " + " > ".join("%s:%d" % (f.filename.rsplit("/", 1)[-1],
                                          f.lineno) for f in frames)]


def equal(got, want, what):
    if got != want:
        raise AssertionError("%s: got %r, want %r" % (what, got, want))


def within(value, low, high, what):
    if not low <= value <= high:
        raise AssertionError("%s: %g is not within %g..%g"
                             % (what, value, low, high))
