"""A private PostgreSQL server for tests, where its binaries are installed."""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl, or None where there is no server."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return debian[-1].parent if debian else None


@contextmanager
def running(folder: Path) -> Iterator[Path]:
    """Run a server on a socket in the folder that is given back; it listens to nobody else."""
    home = Path(tempfile.mkdtemp(prefix="pg"))
    if os.geteuid() == 0:
        shutil.chown(home, _owner())
    try:
        # Texts are in the order of a language, as the images of PostgreSQL have it: there ";" comes before ":".
        language = ("--locale", "C.UTF-8", "--locale-provider", "icu", "--icu-locale", "en-US")
        _run(folder, home, "initdb", "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", *language)
        start(folder, home)
        try:
            yield home
        finally:
            stop(folder, home)
    finally:
        shutil.rmtree(home)


@contextmanager
def running_or_left_out() -> Iterator[tuple[Path, Path]]:
    """A server for a test, which is skipped where none is installed: its programs' folder, and its socket's."""
    folder = binaries()
    if folder is None:
        pytest.skip("PostgreSQL left out: its server is not installed here")
    with running(folder) as home:
        yield folder, home


def start(folder: Path, home: Path) -> None:
    """Start the server of `home`, again after a `stop`; it takes connections when this returns."""
    _run(folder, home, "pg_ctl", "-w", "-o", f"-k {home} -c listen_addresses= -F", "start")


def stop(folder: Path, home: Path, mode: str = "immediate") -> None:
    """Stop the server of `home`: `fast` ends sessions in order, `immediate` ends as in a crash."""
    _run(folder, home, "pg_ctl", "-w", "-m", mode, "stop")


def _owner() -> str:
    return "postgres" if os.geteuid() == 0 else getpass.getuser()  # the server refuses to run as root


def _run(folder: Path, home: Path, program: str, *arguments: str) -> None:
    with (home / f"{program}.log").open("wb") as log:
        subprocess.run(
            [folder / program, "-D", home / "data", *arguments],
            check=True,
            cwd=home,
            user=_owner() if os.geteuid() == 0 else None,
            stdout=log,
            stderr=log,
        )
