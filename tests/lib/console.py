"""A console that is watched: markers awaited, the whole of it kept.

    con = Console(fd_in, fd_out, "build/test/x.log")
    con.expect(r"login: ", idle_s=60)
    con.send("root\\n")

A thread reads all the time, so that the other side never waits for the test
(unless the test says `pause()`: the console that nobody reads).  Carriage
returns are dropped from what is matched, the log has them.  A wait fails when the other side has been silent for `idle_s` seconds or is gone; the failure
names the step and shows the last lines.
"""

import os
import re
import select
import threading
import time

# An endless chatter must not hold a wait open for ever.
LIMIT_FACTOR = 5
TAIL_LINES = 12


class StepFailed(AssertionError):
    pass


class Console:
    def __init__(self, fd_read, fd_write, log_path, paused=False):
        self.fd_read = fd_read
        self.fd_write = fd_write
        self.log_path = log_path
        self.log = open(log_path, "wb")
        self.text = ""
        self.position = 0      # all before it has been matched by a wait
        self.steps = 0
        self.at_end = False
        self.last_byte = time.monotonic()
        self.changed = threading.Condition()
        self.paused = paused
        self.closed = False
        self.wake_r, self.wake_w = os.pipe()
        self.thread = threading.Thread(target=self._read_loop, daemon=True)
        self.thread.start()

    def _read_loop(self):
        while True:
            wanted = [self.wake_r] if self.paused else [self.wake_r,
                                                        self.fd_read]
            ready = select.select(wanted, [], [])[0]
            if self.wake_r in ready:
                os.read(self.wake_r, 100)
                if self.closed:
                    return
                continue
            try:
                data = os.read(self.fd_read, 65536)
            except OSError:     # a pty whose other side is closed says EIO
                data = b""
            with self.changed:
                self._take(data)
                self.changed.notify_all()
            if not data:
                return

    def _take(self, data):
        if not data:
            self.at_end = True
            return
        self.log.write(data)
        self.log.flush()
        self.text += data.decode("utf-8", "replace").replace("\r", "")
        self.last_byte = time.monotonic()

    def _wake(self):
        os.write(self.wake_w, b"x")

    def pause(self):
        """Stop reading: the console that nobody reads."""
        self.paused = True
        self._wake()

    def resume(self):
        self.paused = False
        self._wake()

    def close(self):
        """Let go of the fds; for a pty's master this is the hang-up."""
        if self.closed:
            return
        self.closed = True
        self._wake()
        self.thread.join()
        for fd in {self.fd_read, self.fd_write, self.wake_r, self.wake_w}:
            os.close(fd)
        self.log.close()
        with self.changed:
            self.at_end = True

    def fail(self, what, why):
        lines = self.text.splitlines()[-TAIL_LINES:]
        raise StepFailed("step %d: %s: %s; last lines:\n%s\n(whole log: %s)"
                         % (self.steps, what, why,
                            "\n".join("    " + x for x in lines),
                            self.log_path))

    def expect(self, pattern, idle_s=30, what=None, limit_s=None):
        """Wait for `pattern` after the last match; return the match."""
        self.steps += 1
        what = what or 'waiting for "%s"' % pattern
        regex = re.compile(pattern, re.M)
        begin = time.monotonic()
        limit_s = limit_s or idle_s * LIMIT_FACTOR
        with self.changed:
            while True:
                found = regex.search(self.text, self.position)
                if found:
                    self.position = found.end()
                    return found
                if self.at_end:
                    self.fail(what, "the console has ended")
                now = time.monotonic()
                if now - max(begin, self.last_byte) >= idle_s:
                    self.fail(what, "no output for %g s" % idle_s)
                if now - begin >= limit_s:
                    self.fail(what, "not within %g s" % limit_s)
                self.changed.wait(0.5)

    def expect_end(self, idle_s=60, what="waiting for the end"):
        self.steps += 1
        begin = time.monotonic()
        with self.changed:
            while not self.at_end:
                now = time.monotonic()
                if now - max(begin, self.last_byte) >= idle_s:
                    self.fail(what, "no output for %g s" % idle_s)
                if now - begin >= idle_s * LIMIT_FACTOR:
                    self.fail(what, "not within %g s"
                              % (idle_s * LIMIT_FACTOR))
                self.changed.wait(0.5)

    def send(self, text):
        self.steps += 1
        os.write(self.fd_write, text.encode())

    def clean(self):
        """All that was seen so far."""
        with self.changed:
            return self.text

    def must_have(self, pattern, what=None):
        """The pattern is somewhere in what was seen (no waiting)."""
        found = re.search(pattern, self.clean(), re.M)
        if not found:
            self.fail(what or 'looking for "%s"' % pattern, "not seen")
        return found

    def must_not_have(self, pattern, what=None):
        found = re.search(pattern, self.clean(), re.M)
        if found:
            self.fail(what or 'looking for no "%s"' % pattern,
                      "seen: %r" % found.group(0))
