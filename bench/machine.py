"""The machine that the figures are of, and how busy it was."""

import os
import platform
import re
import subprocess
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("aiohttp", "httpx", "aiosqlite", "slack-bolt", "av", "lameenc")


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts for the head of the table."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    libraries: str
    revision: str
    at: str
    load: tuple[float, float, float]


def describe() -> Machine:
    """This machine, now."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    found = re.search(r"model name\s*:\s*(.+)", info)
    return Machine(
        processor=found.group(1).strip() if found else platform.processor() or "unknown",
        cores=os.cpu_count() or 1,
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        libraries=", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        revision=_revision(),
        at=time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC",
        load=os.getloadavg(),
    )


def _revision() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
