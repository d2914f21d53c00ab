#!/usr/bin/env python3
# Copyright the Cairn authors
# SPDX-License-Identifier: BSL-1.0
"""usage: check_prompt.py COMMAND DIRECTORY

What a person at a terminal types and pastes is what the shell reads; what is secret is not kept.
"""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import termios

command, directory = sys.argv[1:]
shutil.rmtree(directory, ignore_errors=True)
os.makedirs(directory)


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, arguments=("shell",), begin="cairn=> ", **variables):
        self.text = ""
        self.raw = b""
        self.is_prompt = arguments == ("shell",)
        self.pid, self.number = pty.fork()
        if self.pid == 0:
            environment = {"HOME": directory, "XDG_STATE_HOME": os.path.join(directory, "state"), "TERM": "xterm", "PATH": os.environ["PATH"], **variables}
            for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
                if name in os.environ: environment[name] = os.environ[name]
            os.execve(command, [command, *arguments], environment)
        self.expect(begin)

    def read(self):
        """False at the end."""
        if not select.select([self.number], [], [], 60)[0]: self.fail("nothing comes any more")
        try:
            piece = os.read(self.number, 65536)
        except OSError:
            return False
        self.raw += piece
        self.text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", self.raw.decode(errors="replace"))
        return bool(piece)

    def fail(self, reason):
        sys.exit(f"{reason}; the terminal shows\n{self.text}\n{self.raw!r}")

    def expect(self, words):
        """Waits for the words, and forgets what stands before and in them."""
        while words not in self.text:
            if not self.read(): self.fail(f"ended without {words!r}")
        self.raw = b""
        self.text = ""

    def type(self, keys):
        """The library shows a prompt before it takes keys as they are: until then some mean something to the terminal."""
        while self.is_prompt and termios.tcgetattr(self.number)[3] & termios.ICANON: pass
        os.write(self.number, keys.encode())

    def ask(self, typed, answer):
        """The answer is a line, and the next prompt follows it."""
        self.type(typed)
        self.expect(f"\n{answer}\ncairn=> ")

    def leave(self, typed, wanted=0):
        self.type(typed)
        while self.read(): pass
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.number)
        if status != wanted: self.fail(f"ended with {status}")


# Letters, whatever the locale says.
for locale in ("C", "C.UTF-8", "nonsense"):
    shell = Terminal(LC_ALL=locale)
    shell.ask('(def x "Zoë 東京 😀")\r', "#'x")
    shell.ask("x\r", '"Zoë 東京 😀"')
    shell.ask("(count x)\r", "9")
    shell.ask("2.5\r", "2.5")
    shell.leave("(exit)\r")

# Tabs: a key that completes, and white space in what is pasted, with the terminal's marks and without.
shell = Terminal()
shell.type("(d/conn\t")
shell.expect("ect")
shell.ask(" 1 2 3)\r", "(connect config) does not take 3 arguments. (:parser/query)")
shell.ask("\x1b[200~'[:find\t?e\x1b[201~ :marked]\r", "[:find ?e :marked]")
shell.ask("\x1b[200~'[:find\t?e\r\t:lines]\r\x1b[201~", "[:find ?e :lines]")
shell.ask('"a\tb"\r', '"a\\tb"')
shell.ask("'[:find\t?e :bare]\r", "[:find ?e :bare]")
shell.type("(d/conn\t")  # a paste is over when it is
shell.expect("ect")
shell.ask(" 1 2 3)\r", "(connect config) does not take 3 arguments. (:parser/query)")

# What a line of secrets is told is not what the next one may read in a file.
shell.ask('(def cfg {:password "hunter1"})\r', "#'cfg")
shell.type("(def cfg {:secret-key\r")
shell.expect("... ")
shell.ask('"hunter2"})\r', "#'cfg")
shell.ask('(def cfg "cairn:postgres://host/people?password=hunter3")\r', "#'cfg")
shell.ask("(def exit 1)\r", "#'exit")
shell.ask("exit\r", "1")
shell.leave("quit\r")
path = os.path.join(directory, "state", "cairn", "history")
with open(path, encoding="utf-8") as file:
    kept = file.read()
if "hunter" in kept or "quit" not in kept: sys.exit(f"the history is\n{kept}")
if os.stat(path).st_mode & 0o77: sys.exit("others may read the history")
Terminal().leave("\x04")

# Who is asked before a store goes.
store = os.path.join(directory, "store")
subprocess.run([command, "create", store], check=True)
question = ' for good, with its history and all branches? [y/N] '
for answer, status in (("\r", 1), ("n\r", 1), ("yes\r", 0)):
    if not os.path.exists(store): sys.exit("deleted without an answer")
    Terminal(("delete", store), question).leave(answer, status)
if os.path.exists(store): sys.exit("not deleted")
shutil.rmtree(directory)
