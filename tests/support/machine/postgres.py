"""A private PostgreSQL server for tests, where its binaries are installed."""

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl, or None where there is no server."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return debian[-1].parent if debian else None


@contextmanager
def running(folder: Path) -> Iterator[Path]:
    """Run a server on a socket in the folder that is given back; it listens to nobody else."""
    owner = "postgres" if os.geteuid() == 0 else getpass.getuser()  # the server refuses to run as root
    home = Path(tempfile.mkdtemp(prefix="pg"))
    if os.geteuid() == 0:
        shutil.chown(home, owner)

    def run(program: str, *arguments: str) -> None:
        with (home / f"{program}.log").open("wb") as log:
            subprocess.run(
                [folder / program, "-D", home / "data", *arguments],
                check=True,
                cwd=home,
                user=owner if os.geteuid() == 0 else None,
                stdout=log,
                stderr=log,
            )

    try:
        run("initdb", "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale", "C")
        run("pg_ctl", "-w", "-o", f"-k {home} -c listen_addresses= -F", "start")
        try:
            yield home
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home)
