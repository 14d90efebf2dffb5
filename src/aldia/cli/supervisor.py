"""Keeping child processes alive: what dies is started again, and all of it stops together."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

import structlog

from aldia.cli import leash

GRACE_SECONDS = 20.0
SHORTEST_LIFE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 30.0

log = structlog.get_logger("aldia.serve")


@dataclass
class Part:
    """A child process: its command, and what the supervisor knows of it."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0
    not_before: float = 0.0

    def start(self) -> None:
        """Start it in a process group of its own, on a leash."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command, env={**os.environ, leash.VARIABLE: "1"}, stdin=subprocess.PIPE, start_new_session=True
        )

    def watch(self, now: float) -> None:
        """Start the process again if it has died; ever later if it dies at once."""
        if self.process is not None and (status := self.process.poll()) is not None:
            self.end_group(signal.SIGKILL)  # what it started may have survived it
            lived = now - self.started
            self.pause = 0.0 if lived > SHORTEST_LIFE_SECONDS else min(max(self.pause * 2, 0.5), LONGEST_PAUSE_SECONDS)
            self.not_before = now + self.pause
            self.process = None
            log.error("part_died", part=self.name, status=status, again_in=self.pause)
        if self.process is None and now >= self.not_before:
            self.start()

    def end_group(self, number: int) -> None:
        """Signal the process and whatever it started."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def stop(self, deadline: float) -> None:
        """Ask it to finish; kill it when it does not by the deadline."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            log.error("part_killed", part=self.name)
        self.end_group(signal.SIGKILL)
        self.process.wait()


class Supervisor:
    """Runs the parts until SIGTERM or SIGINT."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self.stopped = threading.Event()

    def run(self) -> int:
        """Watch over the parts until told to stop; return the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopped.set())
        while not self.stopped.wait(0.25):
            for part in self.parts:
                part.watch(time.monotonic())
        for part in self.parts:
            if part.process is not None and part.process.poll() is None:
                part.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for part in self.parts:
            part.stop(deadline)
        return 0
