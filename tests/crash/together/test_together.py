"""The short form of the audit of two processes: a few files, one kill and one freeze at least."""

import subprocess
from pathlib import Path

import pytest

from tests.crash.together.audit_run import Plan, run
from tests.crash.together.database import Database
from tests.support.machine import postgres

FILES = 6


@pytest.mark.timeout(300)
async def test_two_processes_answer_once_whoever_is_killed_or_frozen(tmp_path: Path) -> None:
    with postgres.running_or_left_out() as (folder, home):
        subprocess.run([folder / "createdb", "-h", home, "-U", "postgres", "audit"], check=True)  # noqa: ASYNC221  # before all else
        course = await run(Plan(FILES, seed=3, socket=True), tmp_path, Database(folder, home, "audit"))
    assert course.verdict.faults == []
    assert course.verdict.files == FILES
    assert course.kills >= 1
    assert course.freezes >= 1
