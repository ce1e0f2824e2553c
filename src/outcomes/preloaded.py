"""One process that has imported what nearly every step imports; the steps of a run on this machine are forks of it.

A step of a small clinic takes less time to compute than Python takes to import pandas and SciPy, and a run has some 25 of them.
Snakemake starts each step as ``python -m outcomes STEP`` as ever; where the environment names a socket, that process has the
step done by a fork of the one that listens there, in its own folder, with its own standard streams, and ends as the fork does.
What a step computes does not depend on it: where nobody answers, the step does its work itself.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from outcomes.__main__ import main
from outcomes.forked import BEGUN, STREAMS

APART = "OUTCOMES_APART"  # environment variable: each step imports for itself
# What most steps import. Loading more would not change what they compute.
MODULES = (
    "pandas",
    "pyarrow.parquet",
    "scipy.stats",
    "outcomes.settings",
    "outcomes.workflow",
    "outcomes.contracts.tables",
)


@dataclass(frozen=True)
class _Request:
    arguments: list[str]
    folder: str
    environment: dict[str, str]
    streams: list[int]


class Preloaded:
    """The process to fork steps from, as who runs them holds it: where it listens, and what keeps it.

    It ends with the last that holds ``alive`` open. Whoever calls before it has imported all waits.
    """

    def __init__(self, address: Path) -> None:
        self.address = address
        address.unlink(missing_ok=True)  # of a run that was killed
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(address))
            address.chmod(0o600)
            listener.listen()
            until, self.alive = os.pipe()
            command = [sys.executable, "-m", "outcomes.preloaded", str(listener.fileno()), str(until)]
            self.process = subprocess.Popen(command, pass_fds=[listener.fileno(), until])
            os.close(until)

    def end(self) -> None:
        """Let go of the process, and wait for it."""
        os.close(self.alive)
        self.address.unlink(missing_ok=True)
        self.process.wait()


@contextmanager
def preloaded(address: Path | None) -> Iterator[Preloaded | None]:
    """Have steps forked from one process, which listens at an address, while the block runs; None without one, or where it is not sure to work.

    Forks of a process that has loaded a linear algebra are safe on Linux, not on every other system.
    """
    with ExitStack() as held:
        process = None
        if address is not None and APART not in os.environ and sys.platform == "linux":
            with suppress(OSError):  # no room, a path longer than a socket's may be, a folder that holds no sockets
                process = Preloaded(address)
                held.callback(process.end)
        yield process


class _Server:
    """What listens: it forks a step for each that calls, and tells how the fork ended, until nobody is left who could call."""

    def __init__(self, listener: socket.socket, until: int) -> None:
        self.listener, self.until = listener, until
        self.running: dict[int, socket.socket] = {}  # process → who called
        self.ended, self.wake = os.pipe2(os.O_NONBLOCK)  # has something to read when a fork has ended
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ, self.answer)
        self.selector.register(until, selectors.EVENT_READ, self.leave)
        self.selector.register(self.ended, selectors.EVENT_READ, self.reap)

    def serve(self) -> _Request | None:
        """Return, in a fork, what it is to do; in the process itself nothing, when all is done."""
        signal.set_wakeup_fd(self.wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while self.until >= 0 or self.running:
            for key, _ in self.selector.select():
                request: _Request | None = key.data()
                if request is not None:
                    return request
        return None

    def answer(self) -> _Request | None:
        """Fork for one that calls; return in the fork what it is to do."""
        line, _ = self.listener.accept()
        try:
            _, streams, _, _ = socket.recv_fds(line, 1, len(STREAMS))
            request = _Request(**json.loads(line.makefile("rb").readline()), streams=streams)
            line.sendall(BEGUN)
        except (OSError, ValueError):  # who called is gone already
            line.close()
            return None
        process = os.fork()
        if process == 0:
            self.close(line)
            return request
        for stream in streams:
            os.close(stream)
        self.running[process] = line
        self.selector.register(line, selectors.EVENT_READ, partial(self.stop, process))
        return None

    def close(self, line: socket.socket) -> None:
        """Let go, in a fork, of what is the process's own."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.selector.close()
        for held in (self.listener, line, *self.running.values()):
            held.close()
        for end in (self.until, self.ended, self.wake):
            if end >= 0:
                os.close(end)

    def stop(self, process: int) -> None:
        """End a step whose caller is gone."""
        self.selector.unregister(self.running[process])
        os.kill(process, signal.SIGKILL)

    def leave(self) -> None:
        """Note that nobody is left who could call."""
        self.selector.unregister(self.until)
        os.close(self.until)
        self.until = -1

    def reap(self) -> None:
        """Tell those who called how their steps ended."""
        os.read(self.ended, 512)
        while self.running:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            line = self.running.pop(process)
            with suppress(KeyError):  # is gone, and the step with it
                self.selector.unregister(line)
            with suppress(OSError):
                line.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
            line.close()


def _do(request: _Request) -> int:
    """Do a step as the process that called would have done it."""
    for own, stream in zip(STREAMS, request.streams, strict=True):
        os.dup2(stream, own)
        os.close(stream)
    for name, own, mode in zip(("stdin", "stdout", "stderr"), STREAMS, "rww", strict=True):
        before: TextIO = getattr(sys, name)
        now = open(own, mode, buffering=1, encoding=before.encoding, errors=before.errors, closefd=False)  # noqa: SIM115
        setattr(sys, name, now)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    sys.argv = ["outcomes", *request.arguments]
    return main(request.arguments)


def _main(listener: int, until: int) -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted lets go of it
    for name in MODULES:
        importlib.import_module(name)
    gc.freeze()  # what is loaded stays shared with the forks
    request = _Server(socket.socket(fileno=listener), until).serve()
    return 0 if request is None else _do(request)


if __name__ == "__main__":
    sys.exit(_main(*map(int, sys.argv[1:])))
