"""A confined child that tries what it should not be able to do: `python -m tests.subprocesses.probe_child FOLDER`."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.subprocesses.channel import Channel
from bot.subprocesses.confinement import confine
from bot.subprocesses.wire import Wire


@dataclass(frozen=True, slots=True)
class Attempt:
    """What to try."""

    what: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """Empty `error`: it was done."""

    error: str


TRIAL_WIRE = Wire(Attempt, Result)


def _read(target: str) -> object:
    with open(target, "rb") as file:
        return file.read(16)


def _connect(target: str) -> object:
    host, _, port = target.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=5)


ATTEMPTS: dict[str, Callable[[str], object]] = {
    "read": _read,
    "write": lambda target: Path(target).write_bytes(b"x" * 1024),
    "list": os.listdir,
    "connect": _connect,
    "udp": lambda target: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
    "run": lambda target: subprocess.run([target], check=True),
    "signal": lambda target: os.kill(int(target), 0),
    "memory": lambda target: bytearray(int(target)),
    "nothing": lambda target: None,
}


def main() -> None:
    """Serve until the parent hangs up."""
    confine(writable=[Path(folder) for folder in sys.argv[1:]], memory=256 * 1024 * 1024)
    channel = Channel(TRIAL_WIRE)
    for request in channel.requests():
        assert isinstance(request, Attempt)
        try:
            ATTEMPTS[request.what](request.target)
        except (OSError, MemoryError) as error:
            channel.send(Result(type(error).__name__))
        else:
            channel.send(Result(""))


if __name__ == "__main__":
    main()
