"""One board in QEMU: its image, its console, and what people type there.

The machine is the one that `make run` starts (`make qemu-argv` says how), the
image the very file that a user gets.  What a scenario adds lies in a second
archive behind it, which the kernel unpacks over the first.
"""

import os
import re
import socket
import subprocess

from console import Console
from poll import until

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(TOP, "build")

# Silence that means "stuck".  An emulated armv7 under load is slow.
IDLE_S = 60


def cpio(entries):
    """A newc archive (Documentation/driver-api/early-userspace/buffer-format).

    entries: (path, mode with type, bytes).
    """
    data = b""
    for path, mode, body in [*entries, ("TRAILER!!!", 0, b"")]:
        name = path.encode() + b"\0"
        fields = [0, mode, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(name), 0]
        data += b"070701" + b"".join(b"%08X" % x for x in fields) + name
        data += b"\0" * (-len(data) % 4) + body
        data += b"\0" * (-len(data) % 4)
    return data


def arch_of(board):
    with open(os.path.join(TOP, "board", board, "board.mk")) as file:
        return re.search(r"^ARCH := (\S+)", file.read(), re.M).group(1)


class Guest:
    def __init__(self, board, name, files=None, words="", options=(),
                 replace=None, payload=False, image=None):
        """files: path -> text (mode 755), (mode, text); replace: (old, new)
        in the kernel's words; options: more arguments for QEMU; image: another
        than the board's."""
        self.board, self.name = board, name
        folder = os.path.join(BUILD, "test", "boot", board)
        os.makedirs(folder, exist_ok=True)
        self.stem = os.path.join(folder, name)
        self.marks = 0
        self.base = image or os.path.join(BUILD, board, "rootfs.cpio.gz")
        argv = subprocess.run(
            ["make", "-s", "--no-print-directory", "qemu-argv",
             "BOARD=" + board], cwd=TOP, check=True, text=True,
            stdout=subprocess.PIPE).stdout.splitlines()
        image = self._image(dict(files or {}), payload)
        argv = [x.replace("@INITRD@", image).replace("@APPEND@", words)
                for x in argv]
        if replace:
            at = argv.index("-append") + 1
            if replace[0] not in argv[at]:
                raise AssertionError("%r is not in %r" % (replace[0],
                                                          argv[at]))
            argv[at] = argv[at].replace(*replace)
        self.process = subprocess.Popen(
            [*argv, *options], cwd=TOP, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        # Its own descriptors: both ends of the console belong to it.
        self.con = Console(os.dup(self.process.stdout.fileno()),
                           os.dup(self.process.stdin.fileno()),
                           self.stem + ".log")
        self.process.stdin.close()
        self.process.stdout.close()

    def _image(self, files, payload):
        with open(self.base, "rb") as file:
            data = file.read()
        if payload:
            path = os.path.join(BUILD, arch_of(self.board), "test", "payload")
            with open(path, "rb") as file:
                files["bin/payload"] = (0o755, file.read())
        entries = []
        for path, value in files.items():
            mode, body = value if isinstance(value, tuple) else (0o755, value)
            body = body.encode() if isinstance(body, str) else body
            entries.append((path, 0o100000 | mode, body))
        # The second archive begins at a multiple of four (init/initramfs.c).
        data += b"\0" * (-len(data) % 4) + cpio(entries)
        with open(self.stem + ".initrd", "wb") as file:
            file.write(data)
        return self.stem + ".initrd"

    # -- the console -------------------------------------------------------

    def expect(self, pattern, idle_s=IDLE_S):
        return self.con.expect(pattern, idle_s)

    def ready(self):
        """Wait for the end of the scripts; return (scripts, failed)."""
        found = self.expect(r"^tinyinit: ready \((\d+) scripts?, (\d+) failed,"
                            r" \d+ m?s\)$")
        return int(found.group(1)), int(found.group(2))

    def login(self):
        """Log in as a person does: a name, no password, a prompt."""
        self.expect(r"^tinyinit login: $")
        self.con.send("root\n")
        self.expect(r"^root@tinyinit:~# ")
        self.calm()

    def calm(self):
        """From here on for a program: no line editor, no echo, and a prompt
        that is a line, so that what comes next begins one."""
        self.con.send("set +o emacs; stty -echo; PS2=; PS1=$'@@\\n'\n")
        self.prompt()

    def prompt(self):
        self.expect(r"^@@$")

    def run(self, command, check=True):
        """What a command prints.  Its exit code must be 0 if `check`."""
        self.marks += 1
        mark = "mark%d" % self.marks
        self.con.send("echo %s-begin; { %s\n} 2>&1; echo %s-end $?\n"
                      % (mark, command, mark))
        self.expect(r"^%s-begin$" % mark)
        begin = self.con.position + 1
        found = self.expect(r"^%s-end (\d+)$" % mark)
        self.prompt()
        text = self.con.clean()[begin:found.start()]
        if check and found.group(1) != "0":
            self.con.fail("running %r" % command,
                          "exit %s: %s" % (found.group(1), text))
        return text

    def lines(self, command):
        return self.run(command).splitlines()

    # -- the machine -------------------------------------------------------

    def ends(self, marker):
        """QEMU leaves by itself after the marker, with status 0."""
        self.expect(marker)
        self.con.expect_end(IDLE_S, "waiting for the end of QEMU")
        if self.process.wait(timeout=30):
            self.con.fail("the end of QEMU", "status %d"
                          % self.process.returncode)

    def monitor(self, command):
        """Say something to QEMU's monitor (Guest(options=monitor_options()))."""
        self.con.steps += 1
        with socket.socket(socket.AF_UNIX) as talk:
            talk.settimeout(30)
            until(lambda: os.path.exists(self.stem + ".mon"), 30,
                  "QEMU's monitor")
            talk.connect(self.stem + ".mon")
            text = b""
            for say in ("", command + "\n"):
                talk.sendall(say.encode())
                text = b""
                while b"(qemu) " not in text:
                    got = talk.recv(4096)
                    if not got:
                        break
                    text += got
        return text.decode("utf-8", "replace")

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.con.close()
        for end in (".initrd", ".mon"):
            if os.path.exists(self.stem + end):
                os.remove(self.stem + end)


def monitor_options(board, name):
    path = os.path.join(BUILD, "test", "boot", board, name + ".mon")
    if os.path.exists(path):
        os.remove(path)
    return ["-monitor", "unix:%s,server=on,wait=off" % path]
