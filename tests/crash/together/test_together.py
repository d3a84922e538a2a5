"""The short form of the audit of two processes: a few files, one kill and one freeze at least."""

import subprocess
from pathlib import Path

import pytest

from tests.crash.together.audit_run import LEASE_SECONDS, run
from tests.support.machine import postgres

FILES = 6


@pytest.mark.timeout(300)
async def test_two_processes_answer_once_whoever_is_killed_or_frozen(tmp_path: Path) -> None:
    folder = postgres.binaries()
    if folder is None:
        pytest.skip("PostgreSQL left out: its server is not installed here")
    with postgres.running(folder) as home:
        subprocess.run([folder / "createdb", "-h", home, "-U", "postgres", "audit"], check=True)  # noqa: ASYNC221  # before all else
        course = await run(FILES, 3, LEASE_SECONDS, 1, tmp_path, f"postgresql://postgres@/audit?host={home}")
    assert course.verdict.faults == []
    assert course.verdict.files == FILES
    assert course.kills >= 1
    assert course.freezes >= 1
