"""Each `threadscribe …` that the documents show runs as they show it, with its placeholders filled in."""

import re
import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import typer

from bot.cli import app
from bot.domain.job import FileFacts, Origin
from bot.ports.store import NewJob
from simulators.xosum import XosumSimulator
from storage import open_store
from tests.support.audio.recordings import record, tone
from tests.support.harnesses.bot import Place, fast_xosum, open_place
from tests.support.machine.bot_process import ROOT

COMMANDS = typer.main.get_group(app).commands
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
KEY = "A" * 43 + "="  # Base64 of 32 bytes
TEAM = "T0123ABCD"  # the workspace of the examples
# Commands that do not end by themselves: where they are run as documented.
ELSEWHERE = {"serve": "the five steps of README in test_first_steps", "try": "test_command_line"}


def documented() -> list[str]:
    """The arguments of every documented call, each once; with its [OPTIONAL] argument and without."""
    calls: set[str] = set()
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        fenced = re.findall(r"(?m)^\s*(?:\$ )?(?:\.venv/bin/)?threadscribe ([^#`\n]+?)\s*(?:#.*)?$", text)
        for call in re.findall(r"`(?:\.venv/bin/)?threadscribe ([^`]+)`", text) + fenced:
            calls |= {call.replace("[", "").replace("]", ""), re.sub(r"\s*\[\w+\]", "", call)}
    return sorted(call for call in calls if call.split()[0] in COMMANDS and _is_whole(call))


def _is_whole(call: str) -> bool:
    """False where a text only names a command that needs more."""
    name, *arguments = shlex.split(call)
    return bool(arguments) or not any(parameter.required for parameter in COMMANDS[name].params)


CALLS = [call for call in documented() if call.split()[0] not in ELSEWHERE and "postgresql://" not in call]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(tmp_path, fast_xosum()) as found:
        yield found
        assert isinstance(found.service, XosumSimulator)
        found.database.unlink(missing_ok=True)  # it may be sealed now, and holds nothing that was said
        found.service.ledger.clear()  # `doctor` tries the key with a document that does not exist


def test_every_command_is_documented_in_a_form_that_is_run() -> None:
    assert {call.split()[0] for call in CALLS} | ELSEWHERE.keys() == COMMANDS.keys()


@pytest.mark.parametrize("call", CALLS)
async def test_a_documented_command_runs_as_it_is_written(place: Place, call: str) -> None:
    recording = record(place.directory / "visit.mp3", tone(2.0), "mp3", "mp3")
    job = "" if call.startswith(("doctor", "transcribe")) else await _stored_job(place)  # those need no database
    filled = {
        "FILE": str(recording),
        "JOB": job,
        "URL": f"sqlite:///{place.directory}/copy.db",
        "COPY": str(place.directory / "backup.db"),
        "DIR": str(place.directory / "out"),
        "TEAM": TEAM,
        "NAME=VALUE": "RETENTION_DAYS=7",
    }
    if call.startswith("restore"):
        await place.run("backup", filled["COPY"])
    arguments = [filled.get(word, word) for word in shlex.split(call)]
    if call in ("rekey --plain", "purge --older-than-days 0") or call.startswith("erase"):
        arguments.append("--yes")  # they ask at a terminal, and there is none
    sealed = call == "rekey" or call.startswith("workspace ")
    given = {"STORAGE_KEY": KEY if sealed else "", "XOSUM2_API_KEY": "second" if "xosum2" in call else ""}
    done = await place.run(*arguments, PUBLIC_URL="", **given)
    no_bot = call.startswith("status")  # whose exit code says that no process runs
    assert done.process.returncode == int(no_bot), [*done.out, *done.lines]


async def _stored_job(place: Place) -> str:
    """The id of a job that waits in the database for a bot; the workspace of the examples is there, too."""
    store = await open_store(f"sqlite:///{place.database}")
    try:
        await store.note_workspace(TEAM, "", "Example", 1.0)
        job, _ = await store.add_job(NewJob(Origin("T1", "C1", "1.0", "1.0", "F1", "U1"), FileFacts("a.mp3")), 1.0)
    finally:
        await store.close()
    return job.id
