"""Boots of one board in QEMU: `main.py BOARD --list`, `main.py BOARD NAME`.

The machine is the one that `make run` starts (`make qemu-argv`), and the image
the one that a user gets.  What a scenario adds lies in a second archive behind
it, which the kernel unpacks over the first.  The console is watched for markers;
its log stays in build/test/boot/BOARD/.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))

import scenarios
from console import Console
from tap import Tap

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PROMPT = r"root@tinyinit:[^\n]*# "


class Guest:
    """One QEMU, its console, and what people type there."""

    def __init__(self, board, scenario, files=(), words="", options=()):
        self.board = board
        self.out = os.path.join(TOP, "build", "test", "boot", board)
        os.makedirs(self.out, exist_ok=True)
        self.stem = os.path.join(self.out, scenario)
        argv = subprocess.run(["make", "-s", "qemu-argv", "BOARD=" + board],
                              cwd=TOP, check=True, text=True,
                              stdout=subprocess.PIPE).stdout.splitlines()
        image = self.image(list(files))
        argv = [x.replace("@INITRD@", image).replace("@APPEND@", words)
                for x in argv]
        self.process = subprocess.Popen(argv + list(options), cwd=TOP,
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.console = Console(self.process.stdout.fileno(),
                               self.process.stdin.fileno(),
                               self.stem + ".log")
        self.expect = self.console.expect
        self.marks = 0

    def image(self, files):
        """The user's image, and behind it an archive of (path, mode, text)."""
        base = os.path.join(TOP, "build", self.board, "rootfs.cpio.gz")
        with open(base, "rb") as source:
            data = source.read()
        data += b"\0" * (-len(data) % 4)
        for path, mode, text in files + [("TRAILER!!!", 0, "")]:
            name = path.encode() + b"\0"
            body = text.encode()
            fields = [0, 0o100000 | mode, 0, 0, 1, 0, len(body), 0, 0, 0, 0,
                      len(name), 0]
            data += b"070701" + b"".join(b"%08X" % x for x in fields) + name
            data += b"\0" * (-len(data) % 4) + body
            data += b"\0" * (-len(data) % 4)
        with open(self.stem + ".initrd", "wb") as image:
            image.write(data)
        return self.stem + ".initrd"

    def login(self):
        self.expect(r"tinyinit login: $")
        self.console.send("root\n")
        self.expect(PROMPT)

    def run(self, command):
        """What a command prints at the prompt."""
        self.marks += 1
        mark = "mark-%d" % self.marks
        begin = len(self.console.clean())
        # The mark is written in two parts, so that its echo is none.
        self.console.send("%s; echo mark'-'%d\n" % (command, self.marks))
        self.expect(mark + r"\r?\n")
        self.expect(PROMPT)
        text = self.console.clean()[begin:]
        return text[:text.index("\n" + mark) + 1].split("\n", 1)[1]

    def ends(self, marker):
        """QEMU leaves by itself, after the line of the marker."""
        self.expect(marker)
        self.console.expect_end()
        if self.process.wait(timeout=30):
            self.console.fail("end of QEMU", "status %d"
                              % self.process.returncode)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.console.close()


def main():
    board, name = sys.argv[1:3]
    if name == "--list":
        print("\n".join(scenarios.names(board)))
        return 0
    guests = []

    def boot(**more):
        guest = Guest(board, name, **more)
        guests.append(guest)
        return guest

    tap = Tap()
    try:
        for title, step in scenarios.steps(name, boot):
            if not tap.run(title, lambda: step() and None):
                break
    finally:
        for guest in guests:
            guest.close()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
