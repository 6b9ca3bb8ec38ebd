"""Plays a session of invset's screens in a terminal and keeps its moments as SVG: the pictures of the README.

    pip install pyte==0.8.2
    cargo build --release
    python docs/tape/record.py        # writes docs/screens/*.svg; ORT_DYLIB_PATH makes it faster

Every picture that is seen is made by the built-in generator. The keys of the session stand in TAPE.
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import struct
import sys
import tempfile
import termios
import time

import pyte

import svg

COLUMNS, ROWS = 120, 40
ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "target/release/invset"
OUT = ROOT / "docs/screens"
PATIENCE = 600  # seconds; the machine may be busy

# What is typed, what must stand on the screen before the tape goes on, how many samples must be there,
# pauses in seconds, and moments to keep.
DOWN, RIGHT = "\x1b[B", "\x1b[C"
TAPE = [
    ("wait", "200 labels"),
    ("type", "king penguin"),
    ("wait", "▸ [21]"),
    ("type", "\r"),
    ("wait", "p99.9 "),
    ("keep", "query"),
    # Further than any real photograph: the low end 20, the high end 30.
    ("type", "=", *"\x7f" * 12, "20\r"),
    ("type", " ", "=", *"\x7f" * 12, "30\r"),
    ("wait", "king penguin in 20..30"),
    # All 48 at once, each until it is where it should be.
    ("type", "\t\t", "=", *"\x7f" * 12, "joint\r"),
    ("wait", "method        joint"),
    ("type", DOWN, DOWN, DOWN, DOWN, RIGHT),
    ("wait", "--stop feasible"),
    ("type", "\x12"),
    ("wait", "steps/s"),
    ("samples", 14),
    # A checkpoint, so that the samples have scores.
    ("type", *"]" * 8, "c"),
    ("pause", 3),
    ("keep", "run"),
    ("samples", 48),
    ("pause", 3),
    ("type", "3"),
    ("pause", 2),
    ("keep", "gallery"),
    ("type", "q"),
]

# Strings for the terminal itself (graphics, names, titles), which pyte would show as text.
STRINGS = re.compile(rb"\x1b[_P\]][^\x1b\x07]*(?:\x1b\\|\x07)")


class Session:
    """The program in a terminal of its own."""

    def __init__(self):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            home = tempfile.mkdtemp()
            os.chdir(home)
            environment = {
                "HOME": home,
                "PATH": os.environ["PATH"],
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "LC_ALL": "C.UTF-8",
            }
            if library := os.environ.get("ORT_DYLIB_PATH"):
                environment["ORT_DYLIB_PATH"] = library
            os.execve(PROGRAM, [str(PROGRAM), "--graphics", "blocks"], environment)
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, size)

    def watch(self, seconds):
        """Takes in what the program writes for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.terminal], [], [], left)[0]:
                return
            try:
                output = os.read(self.terminal, 1 << 16)
            except OSError:
                return
            if b"\x1b[c" in output:
                os.write(self.terminal, b"\x1b[?62;22c")
            self.stream.feed(STRINGS.sub(b"", output))

    def text(self):
        return "\n".join(self.screen.display)

    def wait(self, what, is_there):
        end = time.monotonic() + PATIENCE
        while not is_there(self.text()):
            if time.monotonic() > end:
                sys.exit(f"{what} did not come:\n{self.text()}")
            self.watch(0.2)

    def play(self, kind, *what):
        if kind == "type":
            for keys in what:
                os.write(self.terminal, keys.encode())
                self.watch(0.15)
        elif kind == "wait":
            self.wait(what[0], lambda text: what[0] in text)
        elif kind == "samples":
            count = re.compile(r"(\d+) of 48 samples")
            found = lambda text: (match := count.search(text)) and int(match[1]) >= what[0]
            self.wait(f"{what[0]} samples", found)
        elif kind == "pause":
            self.watch(what[0])
        elif kind == "keep":
            self.watch(0.5)
            path = OUT / f"{what[0]}.svg"
            path.write_text(svg.picture(self.screen))
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} KB")


def main():
    OUT.mkdir(exist_ok=True)
    session = Session()
    for line in TAPE:
        session.play(*line)


if __name__ == "__main__":
    main()
